# Right answers to exercise 3.1 that differ from the reference.

# %% id=formatted
#include "telemetry.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  if (!(std::fabs(reading.temperature) <= 1e6F) || !(std::fabs(reading.humidity) <= 1e6F)) return {};
  char message[512];
  const int length = std::snprintf(
      message, sizeof message,
      "{\"node_id\": \"%.*s\", \"timestamp\": %lld, \"sensors\": {\"temperature\": %.1f, "
      "\"humidity\": %.1f}, \"wifi_rssi\": %d, \"uptime\": %u}",
      static_cast<int>(node_id.size()), node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, reading.uptime);
  if (length < 0 || static_cast<std::size_t>(length) > capacity) return {};
  std::memcpy(out, message, static_cast<std::size_t>(length));
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=pieces
#include "telemetry.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  std::size_t size = 0;
  bool fits = true;
  const auto put = [&](std::string_view piece) {
    fits = fits && piece.size() <= capacity - size;
    if (!fits) return;
    if (!piece.empty()) std::memcpy(out + size, piece.data(), piece.size());
    size += piece.size();
  };
  const auto put_number = [&](auto number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    put({digits, static_cast<std::size_t>(end - digits)});
  };
  const auto put_tenths = [&](float value) {
    if (!std::isfinite(value) || std::fabs(value) > 1'000'000.0F) {
      fits = false;
      return;
    }
    long tenths = std::lround(static_cast<double>(value) * 10.0);
    if (tenths < 0) put("-");
    if (tenths < 0) tenths = -tenths;
    put_number(tenths / 10);
    put(".");
    put_number(tenths % 10);
  };
  put("{\"node_id\": \"");
  put(node_id);
  put("\", \"timestamp\": ");
  put_number(reading.timestamp);
  put(", \"sensors\": {\"temperature\": ");
  put_tenths(reading.temperature);
  put(", \"humidity\": ");
  put_tenths(reading.humidity);
  put("}, \"wifi_rssi\": ");
  put_number(reading.wifi_rssi);
  put(", \"uptime\": ");
  put_number(reading.uptime);
  put("}");
  return fits ? std::string_view(out, size) : std::string_view();
}

}  // namespace node
