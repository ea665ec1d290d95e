#include "status.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

char memory[node::kStatusSize];

std::string acknowledgement(const char* id, const char* command, const char* reason) {
  node::Acknowledgement ack;
  ack.id.assign(id);
  ack.command.assign(command);
  ack.reason.assign(reason);
  return std::string(node::write_acknowledgement("node_01", ack, memory, sizeof memory));
}

}  // namespace

TEST_CASE("the status says how the node is") {
  CHECK(node::write_online("node_01", {3'600, -65, "1.0.0"}, memory, sizeof memory) ==
        R"({"node_id": "node_01", "status": "online", "uptime": 3600, "wifi_rssi": -65, "firmware": "1.0.0"})");
  CHECK(node::write_offline("node_01", memory, sizeof memory) == R"({"node_id": "node_01", "status": "offline"})");
}

TEST_CASE("an acknowledgement repeats id and command, and says why not") {
  CHECK(acknowledgement("c-17", "set_led", "") ==
        R"({"node_id": "node_01", "ack": {"id": "c-17", "command": "set_led", "ok": true}})");
  CHECK(acknowledgement("c-17", "set_led", "brightness must be 0 to 255") ==
        R"({"node_id": "node_01", "ack": {"id": "c-17", "command": "set_led", "ok": false, "reason": "brightness must be 0 to 255"}})");
  CHECK(acknowledgement("", "", "malformed JSON at byte 0") ==
        R"({"node_id": "node_01", "ack": {"ok": false, "reason": "malformed JSON at byte 0"}})");
}

TEST_CASE("the longest acknowledgement fits the memory that is set aside for it") {
  node::Acknowledgement ack;
  REQUIRE(ack.id.assign(std::string(32, '\x01')));
  REQUIRE(ack.command.assign(std::string(24, '\x01')));
  REQUIRE(ack.reason.assign(std::string(95, '\x01')));
  CHECK_FALSE(node::write_acknowledgement("node_abcdefghijklmnopqrstuvwx", ack, memory, sizeof memory).empty());
}

TEST_CASE("a reason is made of whole pieces only") {
  CHECK(node::because("a", "b", "c") == "abc");
  const std::string long_piece(95, 'x');
  CHECK(node::because("a", long_piece, "c") == "ac");
}
