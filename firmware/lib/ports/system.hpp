#pragma once

namespace node {

/// Port: the board itself.
class System {
 public:
  virtual ~System() = default;

  /// Starts the board anew. On hardware this call does not return.
  virtual void restart() = 0;
};

}  // namespace node
