# Wrong answers to exercise 3.5: plausible mistakes, each with the hint that it should earn.

# %% id=text-put-together-by-hand hint=escapes
#include "status.hpp"

#include <cstdio>
#include <cstring>

namespace node {

namespace {

std::string_view fit(const char* text, int length, char* out, std::size_t capacity) {
  const auto size = static_cast<std::size_t>(length);
  if (length < 0 || size > capacity) return {};
  std::memcpy(out, text, size);
  return {out, size};
}

}  // namespace

std::string_view write_online(std::string_view node_id, const Status& status, char* out, std::size_t capacity) {
  char text[kStatusSize + 1];
  const int length = std::snprintf(
      text, sizeof text, "{\"node_id\": \"%.*s\", \"status\": \"online\", \"uptime\": %u, \"wifi_rssi\": %d, "
      "\"firmware\": \"%.*s\"}", static_cast<int>(node_id.size()), node_id.data(), status.uptime, status.wifi_rssi,
      static_cast<int>(status.firmware.size()), status.firmware.data());
  return fit(text, length, out, capacity);
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  char text[kStatusSize + 1];
  const int length = std::snprintf(text, sizeof text, "{\"node_id\": \"%.*s\", \"status\": \"offline\"}",
                                   static_cast<int>(node_id.size()), node_id.data());
  return fit(text, length, out, capacity);
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack, char* out,
                                       std::size_t capacity) {
  char text[kStatusSize + 1];
  int length = std::snprintf(text, sizeof text, "{\"node_id\": \"%.*s\", \"ack\": {",
                             static_cast<int>(node_id.size()), node_id.data());
  const auto put = [&](const char* format, const char* value) {
    length += std::snprintf(text + length, sizeof text - static_cast<std::size_t>(length), format, value);
  };
  if (!ack.id.empty()) put("\"id\": \"%s\", ", ack.id.c_str());
  if (!ack.command.empty()) put("\"command\": \"%s\", ", ack.command.c_str());
  put("\"ok\": %s", ack.reason.empty() ? "true" : "false");
  if (!ack.reason.empty()) put(", \"reason\": \"%s\"", ack.reason.c_str());
  put("%s", "}}");
  return fit(text, length, out, capacity);
}

}  // namespace node

# %% id=another-order hint=status-bytes
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("wifi_rssi", status.wifi_rssi).integer("uptime", status.uptime);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=uptime-as-int hint=status-bytes
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", static_cast<int>(status.uptime)).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=an-empty-id hint=left-out
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=always-a-reason hint=left-out
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=ok-as-text hint=ok-or-reason
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.text("ok", ack.reason.empty() ? "true" : "false");
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=ok-the-wrong-way-round hint=ok-or-reason
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", !ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=no-last-will hint=will
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  static_cast<void>(node_id);
  static_cast<void>(out);
  static_cast<void>(capacity);
  return {};
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=the-will-says-online hint=will
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=a-will-without-a-name hint=will
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  static_cast<void>(node_id);
  JsonWriter json(out, capacity);
  json.begin().text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=one-buffer-for-all hint=outside-memory
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  static char message[96];
  JsonWriter json(message, capacity < sizeof message ? capacity : sizeof message);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=cuts-off hint=half-message
#include "status.hpp"

#include <algorithm>
#include <cstdio>

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  char text[128];
  const int length = std::snprintf(text, sizeof text, "{\"node_id\": \"%.*s\", \"status\": \"offline\"}",
                                   static_cast<int>(node_id.size()), node_id.data());
  const std::size_t size = std::min(static_cast<std::size_t>(length), capacity);
  std::copy_n(text, size, out);
  return {out, size};
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=wants-one-byte-more hint=exact-fit
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  if (json.view().size() + 1 > capacity) return {};
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=a-name-that-is-not-there hint=does-not-compile
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.why.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node

# %% id=asserts hint=ends-program
#include "status.hpp"

#include <cassert>

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  assert(!ack.id.empty());
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node
