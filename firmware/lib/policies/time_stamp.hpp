#pragma once

#include <cstdint>

#include "telemetry.hpp"

namespace node {

/// Gives readings their time stamps: seconds since 1970, UTC, and never the same one twice, since a node and a time
/// stamp are the key under which a reading is stored.
///
/// - Readings are stamped with the moment they were measured, not the one at which they are stamped. So a reading
///   from before the clock was set gets its time as soon as it is: now, less its age.
/// - While the clock agrees to a second, time stamps keep the beat of the measurements (14, 15, 16, not 14, 16, 16:
///   both clocks are cut to whole seconds, at different moments).
/// - If the clock is put forward, time stamps follow. If it is put back, they go on by one second a reading until
///   the clock has caught up.
class TimeStamper {
 public:
  /// @param reading gets its time stamp; its uptime says when it was measured.
  /// @param unix_now the clock, seconds since 1970.
  /// @param uptime_now seconds since the node started, at the same moment.
  void stamp(Reading& reading, std::int64_t unix_now, std::uint32_t uptime_now) {
    std::int64_t moment = unix_now - (static_cast<std::int64_t>(uptime_now) - reading.uptime);
    if (last_ != kUnknownTime) {
      const std::int64_t on_the_beat = last_ + (static_cast<std::int64_t>(reading.uptime) - last_uptime_);
      if (moment >= on_the_beat - 1 && moment <= on_the_beat + 1) moment = on_the_beat;
      if (moment <= last_) moment = last_ + 1;
    }
    last_ = moment;
    last_uptime_ = reading.uptime;
    reading.timestamp = moment;
  }

 private:
  std::int64_t last_ = kUnknownTime;
  std::uint32_t last_uptime_ = 0;
};

}  // namespace node
