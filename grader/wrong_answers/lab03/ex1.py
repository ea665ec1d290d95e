# Wrong answers to exercise 3.1: plausible mistakes, each with the hint that it should earn.

# %% id=six-digits hint=one-digit
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
      "{\"node_id\": \"%.*s\", \"timestamp\": %lld, \"sensors\": {\"temperature\": %f, "
      "\"humidity\": %f}, \"wifi_rssi\": %d, \"uptime\": %u}",
      static_cast<int>(node_id.size()), node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, reading.uptime);
  if (length < 0 || static_cast<std::size_t>(length) > capacity) return {};
  std::memcpy(out, message, static_cast<std::size_t>(length));
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=cuts-instead-of-rounding hint=one-digit
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  if (!JsonWriter::can_write(reading.temperature)) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", static_cast<float>(static_cast<int>(reading.temperature * 10)) / 10)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=another-order hint=exact-bytes
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("uptime", reading.uptime).integer("wifi_rssi", reading.wifi_rssi).end();
  return json.view();
}

}  // namespace node

# %% id=no-spaces hint=exact-bytes
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
      "{\"node_id\":\"%.*s\",\"timestamp\":%lld,\"sensors\":{\"temperature\":%.1f,"
      "\"humidity\":%.1f},\"wifi_rssi\":%d,\"uptime\":%u}",
      static_cast<int>(node_id.size()), node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, reading.uptime);
  if (length < 0 || static_cast<std::size_t>(length) > capacity) return {};
  std::memcpy(out, message, static_cast<std::size_t>(length));
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=values-as-text hint=exact-bytes
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.decimal("temperature", reading.temperature).decimal("humidity", reading.humidity);
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=nan-is-written hint=not-a-number
#include "telemetry.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
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

# %% id=compares-with-nan hint=not-a-number
#include "telemetry.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  if (reading.temperature > 1e6F || reading.temperature < -1e6F) return {};
  if (reading.humidity > 1e6F || reading.humidity < -1e6F) return {};
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

# %% id=time-of-1970 hint=unknown-time
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=uptime-as-int hint=number-types
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
      "\"humidity\": %.1f}, \"wifi_rssi\": %d, \"uptime\": %d}",
      static_cast<int>(node_id.size()), node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, static_cast<int>(reading.uptime));
  if (length < 0 || static_cast<std::size_t>(length) > capacity) return {};
  std::memcpy(out, message, static_cast<std::size_t>(length));
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=time-in-32-bits hint=number-types
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", static_cast<std::int32_t>(reading.timestamp));
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=static-buffer hint=outside-memory
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  static char message[kTelemetrySize];
  JsonWriter json(message, capacity < sizeof message ? capacity : sizeof message);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=view-of-a-local-array hint=outside-memory
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
  const std::string_view made(message, static_cast<std::size_t>(length));
  return made;
}

}  // namespace node

# %% id=half-a-message hint=half-message
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
  auto size = static_cast<std::size_t>(length);
  if (size > capacity) size = capacity;
  std::memcpy(out, message, size);
  return {out, size};
}

}  // namespace node

# %% id=needs-a-zero-byte hint=exact-fit
#include "telemetry.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  if (!(std::fabs(reading.temperature) <= 1e6F) || !(std::fabs(reading.humidity) <= 1e6F)) return {};
  const int length = std::snprintf(
      out, capacity,
      "{\"node_id\": \"%.*s\", \"timestamp\": %lld, \"sensors\": {\"temperature\": %.1f, "
      "\"humidity\": %.1f}, \"wifi_rssi\": %d, \"uptime\": %u}",
      static_cast<int>(node_id.size()), node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, reading.uptime);
  if (length < 0 || static_cast<std::size_t>(length) >= capacity) return {};
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=never-looks-at-the-capacity hint=out-of-bounds
#include "telemetry.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  static_cast<void>(capacity);
  if (reading.timestamp == kUnknownTime) return {};
  if (!(std::fabs(reading.temperature) <= 1e6F) || !(std::fabs(reading.humidity) <= 1e6F)) return {};
  const int length = std::sprintf(
      out,
      "{\"node_id\": \"%.*s\", \"timestamp\": %lld, \"sensors\": {\"temperature\": %.1f, "
      "\"humidity\": %.1f}, \"wifi_rssi\": %d, \"uptime\": %u}",
      static_cast<int>(node_id.size()), node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, reading.uptime);
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=reads-the-id-to-a-zero-byte hint=out-of-bounds
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
      "{\"node_id\": \"%s\", \"timestamp\": %lld, \"sensors\": {\"temperature\": %.1f, "
      "\"humidity\": %.1f}, \"wifi_rssi\": %d, \"uptime\": %u}",
      node_id.data(),
      static_cast<long long>(reading.timestamp), static_cast<double>(reading.temperature),
      static_cast<double>(reading.humidity), reading.wifi_rssi, reading.uptime);
  if (length < 0 || static_cast<std::size_t>(length) > capacity) return {};
  std::memcpy(out, message, static_cast<std::size_t>(length));
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node

# %% id=size-of-a-pointer hint=empty-view
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, sizeof out);
  static_cast<void>(capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=returns-nullptr hint=null-pointer
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return nullptr;
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=an-end-too-few hint=exact-bytes
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      ;
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=no-semicolon hint=does-not-compile
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity)
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=no-return hint=does-not-compile
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
}

}  // namespace node

# %% id=leaves-when-a-sensor-fails hint=ends-program
#include "telemetry.hpp"

#include <cstdlib>

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  if (!JsonWriter::can_write(reading.temperature)) std::exit(1);
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
}

}  // namespace node

# %% id=leaves-as-if-all-were-well hint=ends-program most=0
#include "telemetry.hpp"

#include <cstdlib>

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  static_cast<void>(node_id);
  static_cast<void>(reading);
  static_cast<void>(out);
  static_cast<void>(capacity);
  std::exit(0);
}

}  // namespace node

# %% id=prints-the-message hint=empty-view most=0
#include "telemetry.hpp"

#include <cstdio>

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  std::printf("%.*s\n", static_cast<int>(json.view().size()), json.view().data());
  return {};
}

}  // namespace node
