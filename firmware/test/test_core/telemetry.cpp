#include "telemetry.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include "json_writer.hpp"
#include "node_id.hpp"

namespace {

node::Reading seed_reading() { return {1'704'844'800, 22.5F, 45.2F, 3'600, -65}; }

std::string written(const node::Reading& reading, std::size_t capacity = node::kTelemetrySize) {
  std::string memory(capacity, '?');
  return std::string(node::write_telemetry("node_01", reading, memory.data(), capacity));
}

std::string decimal(float value) {
  char memory[64];
  return std::string(node::JsonWriter(memory, sizeof memory).begin().decimal("x", value).end().view());
}

}  // namespace

TEST_CASE("telemetry is the contract's sample to the byte") {
  std::ifstream file(CONTRACTS "/telemetry.json");
  std::string sample;
  REQUIRE(std::getline(file, sample));
  CHECK(written(seed_reading()) == sample);
}

TEST_CASE("decimals have one digit behind the point and never an exponent") {
  CHECK(decimal(22.5F) == R"({"x": 22.5})");
  CHECK(decimal(22.0F) == R"({"x": 22.0})");
  CHECK(decimal(-0.4F) == R"({"x": -0.4})");
  CHECK(decimal(-0.04F) == R"({"x": 0.0})");
  CHECK(decimal(-10.1F) == R"({"x": -10.1})");
  CHECK(decimal(0.05F) == R"({"x": 0.1})");
  CHECK(decimal(99.96F) == R"({"x": 100.0})");
  CHECK(decimal(1e-30F) == R"({"x": 0.0})");
  CHECK(decimal(1e6F) == R"({"x": 1000000.0})");
}

TEST_CASE("what is no number is refused, and nothing of the message is given out") {
  for (const float bad : {NAN, -NAN, INFINITY, -INFINITY, 1.1e6F, std::numeric_limits<float>::lowest()}) {
    CHECK(decimal(bad).empty());
    node::Reading reading = seed_reading();
    reading.temperature = bad;
    CHECK(written(reading).empty());
    reading = seed_reading();
    reading.humidity = bad;
    CHECK(written(reading).empty());
  }
}

TEST_CASE("a reading without a time stamp is not written") {
  node::Reading reading = seed_reading();
  reading.timestamp = node::kUnknownTime;
  CHECK(written(reading).empty());
}

TEST_CASE("a message is written whole or not at all, whatever the memory") {
  const std::string whole = written(seed_reading());
  for (std::size_t capacity = 0; capacity < node::kTelemetrySize; ++capacity) {
    CHECK(written(seed_reading(), capacity) == (capacity < whole.size() ? "" : whole));
  }
}

TEST_CASE("the longest reading fits the memory that is set aside for it") {
  const node::Reading longest{std::numeric_limits<std::int64_t>::min(), -999'999.9F, -999'999.9F, UINT32_MAX, INT16_MIN};
  char memory[node::kTelemetrySize];
  node::NodeId id;
  REQUIRE(id.assign("abcdefghijklmnopqrstuvwx"));
  CHECK_FALSE(node::write_telemetry(id.name(), longest, memory, sizeof memory).empty());
}

TEST_CASE("text is escaped") {
  char memory[128];
  const std::string_view text("a\"b\\c\n\x1f ü", 10);
  CHECK(node::JsonWriter(memory, sizeof memory).begin().text("k", text).end().view() ==
        "{\"k\": \"a\\\"b\\\\c\\u000a\\u001f ü\"}");
}

TEST_CASE("whole numbers of every size are written") {
  char memory[128];
  node::JsonWriter json(memory, sizeof memory);
  json.begin().integer("a", 0).integer("b", std::numeric_limits<std::int64_t>::min());
  json.integer("c", std::numeric_limits<std::int64_t>::max()).end();
  CHECK(json.view() == R"({"a": 0, "b": -9223372036854775808, "c": 9223372036854775807})");
}

TEST_CASE("01 and node_01 are one node on two topics") {
  node::NodeId id;
  REQUIRE(id.assign("01"));
  CHECK(id.name() == "node_01");
  CHECK(id.topic("telemetry") == "iot/node/01/telemetry");
  REQUIRE(id.assign("node_01"));
  CHECK(id.name() == "node_01");
  CHECK(id.topic("status") == "iot/node/node_01/status");
}

TEST_CASE("an id that would change the topic is refused") {
  node::NodeId id;
  for (const std::string_view bad : {"", "a/b", "+", "#", "node 1", "ü", "abcdefghijklmnopqrstuvwxy"}) {
    CHECK_FALSE(id.assign(bad));
  }
  CHECK_FALSE(id.assign(std::string_view("a\0b", 3)));
}
