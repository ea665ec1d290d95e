// Part 'node' of the house: the cell `%%cpp status.cpp` of solutions/03-esp32-firmware.
// Made by `grader release`. Edit it there, not here.

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
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
}

}  // namespace node
