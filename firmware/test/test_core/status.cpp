#include "status.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

namespace {

std::string sample(const char* name) {
  std::ifstream file(std::string(CONTRACTS "/esp32.") + name + ".json");
  std::string line;
  REQUIRE(std::getline(file, line));
  return line;
}

char memory[node::kStatusSize];

std::string acknowledgement(const char* id, const char* command, const char* reason) {
  node::Acknowledgement ack;
  ack.id.assign(id);
  ack.command.assign(command);
  ack.reason.assign(reason);
  return std::string(node::write_acknowledgement("node_01", ack, memory, sizeof memory));
}

}  // namespace

TEST_CASE("status and last will are the contract's samples to the byte") {
  CHECK(node::write_online("node_01", {3'600, -65, "1.0.0"}, memory, sizeof memory) == sample("status"));
  CHECK(node::write_offline("node_01", memory, sizeof memory) == sample("will"));
}

TEST_CASE("acknowledgements are the contract's samples to the byte") {
  CHECK(acknowledgement("c-17", "set_led", "") == sample("ack"));
  CHECK(acknowledgement("c-17", "set_led", "brightness must be 0 to 255") == sample("refused"));
}

TEST_CASE("what could not be read of a command is left out of its acknowledgement") {
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
