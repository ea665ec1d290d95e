#pragma once

#include <cstdint>

namespace node {

/// Port: a lamp whose brightness can be set.
class Led {
 public:
  virtual ~Led() = default;

  /// Sets the lamp; brightness from 0 (dark) to 255. A lamp that is off is dark whatever its brightness.
  virtual void set(bool on, std::uint8_t brightness) = 0;
};

}  // namespace node
