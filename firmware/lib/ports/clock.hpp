#pragma once

#include <cstdint>

namespace node {

/// Port: what the node knows about time. Two clocks, because one of them may jump.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Milliseconds since the board started. Never goes back and does not wrap in the life of a board.
  virtual std::uint64_t uptime_ms() const = 0;

  /// Seconds since 1970, UTC; false while nobody has told the board what time it is (a board has no battery for its
  /// clock: it asks the network, by NTP). May jump in either direction when it is corrected.
  virtual bool unix_seconds(std::int64_t& seconds) const = 0;
};

}  // namespace node
