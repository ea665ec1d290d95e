#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace node {

/// A time stamp that is not known yet.
constexpr std::int64_t kUnknownTime = 0;

/// One reading: what was measured, when, and how the node was at that moment. It is kept until the broker has it, so
/// it holds all that its message needs: a message that is sent twice is the same to the byte.
struct Reading {
  std::int64_t timestamp = kUnknownTime;  ///< Seconds since 1970, UTC.
  float temperature = 0.0F;               ///< °C
  float humidity = 0.0F;                  ///< % relative humidity
  std::uint32_t uptime = 0;               ///< Seconds since the node started.
  std::int16_t wifi_rssi = 0;             ///< dBm
};

/// Bytes that the message of one reading needs at most.
constexpr std::size_t kTelemetrySize = 224;

/// Writes the telemetry message (stack/contracts/telemetry.md):
///
///     {"node_id": "node_01", "timestamp": 1704844800, "sensors": {"temperature": 22.5, "humidity": 45.2},
///      "wifi_rssi": -65, "uptime": 3600}
///
/// in one line, with the keys in this order.
///
/// @return the message inside `out`; empty if a value is not a number or beyond ±1,000,000, if the time stamp is not
///     known, or if the message does not fit.
std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out, std::size_t capacity);

}  // namespace node
