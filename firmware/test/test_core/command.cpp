#include "command.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

std::string refusal(const std::string& message) {
  node::Command command;
  return std::string(node::parse_command(message, command).view());
}

std::string led_refusal(const std::string& params, node::LedCommand& led) {
  node::Command command;
  const std::string message = R"({"command":"set_led","params":)" + params + "}";
  REQUIRE(node::parse_command(message, command).empty());
  return std::string(node::parse_set_led(command.params, led).view());
}

std::string interval_refusal(const std::string& params, std::uint32_t& seconds) {
  node::Command command;
  const std::string message = R"({"command":"set_interval","params":)" + params + "}";
  REQUIRE(node::parse_command(message, command).empty());
  return std::string(node::parse_set_interval(command.params, 2, 3'600, seconds).view());
}

}  // namespace

TEST_CASE("the seed's command is read") {
  node::Command command;
  const std::string message = "{\n  \"command\": \"set_led\",\n  \"params\": {\n    \"state\": \"on\",\n    \"brightness\": 128\n  }\n}\n";
  REQUIRE(node::parse_command(message, command).empty());
  CHECK(command.command == "set_led");
  CHECK(command.id.empty());
  node::LedCommand led;
  CHECK(node::parse_set_led(command.params, led).empty());
  CHECK(led.on);
  CHECK(led.brightness == 128);
}

TEST_CASE("id, command and params are read, other keys are passed over") {
  node::Command command;
  CHECK(node::parse_command(R"({"sent":1.5,"id":"c-17","command":"restart","params":{}})", command).empty());
  CHECK(command.id == "c-17");
  CHECK(command.command == "restart");
  CHECK(command.params.is_object());
}

TEST_CASE("a command is refused with a reason that says what is wrong") {
  const std::string long_id(33, 'x');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "malformed JSON at byte 0"},
      {"on", "malformed JSON at byte 0"},
      {R"({"command":"set_led")", "malformed JSON at byte 20"},
      {"[]", "a command must be a JSON object"},
      {"null", "a command must be a JSON object"},
      {R"({"id":"1"})", "key 'command' is missing"},
      {R"({"command":1})", "command must be text of 1 to 24 bytes"},
      {R"({"command":""})", "command must be text of 1 to 24 bytes"},
      {R"({"command":"abcdefghijklmnopqrstuvwxy"})", "command must be text of 1 to 24 bytes"},
      {R"({"command":"x","command":"y"})", "key 'command' is given twice"},
      {R"({"id":17,"command":"x"})", "id must be text of 1 to 32 bytes"},
      {R"({"id":"","command":"x"})", "id must be text of 1 to 32 bytes"},
      {R"({"id":")" + long_id + R"(","command":"x"})", "id must be text of 1 to 32 bytes"},
      {R"({"command":"x","params":[1]})", "params must be a JSON object"},
      {R"({"command":"x","params":null})", "params must be a JSON object"},
      {"\"" + std::string(node::kCommandSize, 'x') + "\"", "message is longer than 1024 bytes"}};
  for (const auto& [message, reason] : cases) {
    CAPTURE(message);
    CHECK(refusal(message) == reason);
  }
}

TEST_CASE("the id of a refused command is kept for the acknowledgement") {
  node::Command command;
  CHECK_FALSE(node::parse_command(R"({"id":"c-1","command":"x","params":7})", command).empty());
  CHECK(command.id == "c-1");
  CHECK(command.command == "x");
  CHECK_FALSE(node::parse_command("{", command).empty());
  CHECK(command.id.empty());
}

TEST_CASE("set_led takes the whole range and nothing beyond") {
  node::LedCommand led;
  for (int brightness : {0, 1, 128, 255}) {
    CHECK(led_refusal(R"({"state":"on","brightness":)" + std::to_string(brightness) + "}", led).empty());
    CHECK(led.brightness == brightness);
  }
  for (const char* bad : {"-1", "256", "128.0", "1e2", "\"128\"", "null", "true", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(led_refusal(std::string(R"({"state":"off","brightness":)") + bad + "}", led) == "brightness must be 0 to 255");
  }
  // What was refused has changed nothing.
  CHECK(led.on);
  CHECK(led.brightness == 255);
}

TEST_CASE("set_led keeps the brightness if none is given") {
  node::LedCommand led{false, 40};
  CHECK(led_refusal(R"({"state":"on"})", led).empty());
  CHECK(led.on);
  CHECK(led.brightness == 40);
}

TEST_CASE("set_led refuses other states, other keys and none") {
  node::LedCommand led;
  for (const char* bad : {R"("ON")", R"("blink")", R"("")", "1", "true", "null"}) {
    CAPTURE(bad);
    CHECK(led_refusal(std::string(R"({"state":)") + bad + "}", led) == "state must be on or off");
  }
  CHECK(led_refusal("{}", led) == "key 'state' is missing");
  CHECK(led_refusal(R"({"state":"on","colour":"red"})", led) == "unknown key 'colour'");
  CHECK(node::parse_set_led(node::JsonValue(), led) == "key 'state' is missing");
}

TEST_CASE("set_interval takes whole seconds within the sensor's limits") {
  std::uint32_t seconds = 5;
  CHECK(interval_refusal(R"({"seconds":2})", seconds).empty());
  CHECK(interval_refusal(R"({"seconds":3600})", seconds).empty());
  CHECK(seconds == 3'600);
  for (const char* bad : {"1", "3601", "-5", "2.5", "\"5\"", "4294967300"}) {
    CAPTURE(bad);
    CHECK(interval_refusal(std::string(R"({"seconds":)") + bad + "}", seconds) ==
          "seconds must be a whole number from 2 to 3600");
  }
  CHECK(seconds == 3'600);
}

TEST_CASE("a command without params takes none") {
  node::Command command;
  REQUIRE(node::parse_command(R"({"command":"restart","params":{"now":true}})", command).empty());
  CHECK(node::parse_nothing(command.params) == "unknown key 'now'");
  CHECK(node::parse_nothing(node::JsonValue()).empty());
}

TEST_CASE("random bytes are refused and never crash the parsers") {
  std::mt19937 random(2);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> bytes(random() % 200);
    for (char& byte : bytes) byte = static_cast<char>(random() % 256);
    node::Command command;
    CHECK_FALSE(node::parse_command({bytes.data(), bytes.size()}, command).empty());
  }
}

TEST_CASE("a command's name says what to do, and an unknown one is named in the refusal") {
  node::Action action = node::Action::kRestart;
  CHECK(node::find_action("set_led", action).empty());
  CHECK(action == node::Action::kSetLed);
  CHECK(node::find_action("rollback_firmware", action).empty());
  CHECK(action == node::Action::kRollbackFirmware);
  CHECK(node::find_action("dance", action) == "unknown command 'dance'");
  CHECK(node::find_action("", action) == "unknown command ''");
  CHECK(node::find_action("set_le", action) == "unknown command 'set_le'");
}
