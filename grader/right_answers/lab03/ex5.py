# Right answers to exercise 3.5 that differ from the reference.

# %% id=one-writer
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

namespace {

template <typename Fill>
std::string_view say(std::string_view node_id, char* out, std::size_t capacity, Fill fill) {
  JsonWriter json(out, capacity);
  json.begin();
  json.text("node_id", node_id);
  fill(json);
  json.end();
  return json.ok() ? json.view() : std::string_view();
}

}  // namespace

std::string_view write_online(std::string_view node_id, const Status& status, char* out, std::size_t capacity) {
  return say(node_id, out, capacity, [&](JsonWriter& json) {
    json.text("status", "online");
    json.integer("uptime", static_cast<std::int64_t>(status.uptime));
    json.integer("wifi_rssi", status.wifi_rssi);
    json.text("firmware", status.firmware);
  });
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  return say(node_id, out, capacity, [](JsonWriter& json) { json.text("status", "offline"); });
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack, char* out,
                                       std::size_t capacity) {
  return say(node_id, out, capacity, [&](JsonWriter& json) {
    const bool refused = !ack.reason.empty();
    json.begin("ack");
    const auto known = [&json](std::string_view key, std::string_view value) {
      if (!value.empty()) json.text(key, value);
    };
    known("id", ack.id.view());
    known("command", ack.command.view());
    json.boolean("ok", !refused);
    known("reason", ack.reason.view());
    json.end();
  });
}

}  // namespace node

# %% id=escaped-by-hand
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
  std::size_t size = 0;
  bool room = true;
  const auto raw = [&](std::string_view piece) {
    room = room && piece.size() <= capacity - size;
    if (room) size += piece.copy(out + size, piece.size());
  };
  const auto member = [&](std::string_view key, std::string_view value, std::string_view behind) {
    if (value.empty()) return;
    raw("\"");
    raw(key);
    raw("\": \"");
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto code = static_cast<unsigned char>(value[i]);
      if (code < 0x20) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", code);
        raw(escape);
        continue;
      }
      if (code == '"' || code == '\\') raw("\\");
      raw(value.substr(i, 1));
    }
    raw("\"");
    raw(behind);
  };
  raw("{");
  member("node_id", node_id, ", ");
  raw("\"ack\": {");
  member("id", ack.id.view(), ", ");
  member("command", ack.command.view(), ", ");
  raw(ack.reason.empty() ? "\"ok\": true" : "\"ok\": false, ");
  member("reason", ack.reason.view(), "");
  raw("}}");
  return room ? std::string_view(out, size) : std::string_view();
}

}  // namespace node
