#include "dht22_frame.hpp"

#include <doctest/doctest.h>

namespace {

bool decode(node::Dht22Frame frame, float& temperature, float& humidity) {
  frame[4] = static_cast<std::uint8_t>(frame[0] + frame[1] + frame[2] + frame[3]);
  return node::decode_dht22(frame, temperature, humidity);
}

}  // namespace

TEST_CASE("a frame of the data sheet is read") {
  float temperature = 0.0F;
  float humidity = 0.0F;
  REQUIRE(node::decode_dht22({0x02, 0x8C, 0x01, 0x5F, 0xEE}, temperature, humidity));
  CHECK(humidity == doctest::Approx(65.2));
  CHECK(temperature == doctest::Approx(35.1));
}

TEST_CASE("cold is a sign bit, not a complement") {
  float temperature = 0.0F;
  float humidity = 0.0F;
  REQUIRE(decode({0x02, 0x92, 0x80, 0x65, 0}, temperature, humidity));
  CHECK(temperature == doctest::Approx(-10.1));
}

TEST_CASE("a wrong checksum, a loose wire and what no DHT22 can measure are refused") {
  float temperature = 1.5F;
  float humidity = 2.5F;
  CHECK_FALSE(node::decode_dht22({0x02, 0x8C, 0x01, 0x5F, 0xEF}, temperature, humidity));
  CHECK_FALSE(decode({0, 0, 0, 0, 0}, temperature, humidity));
  CHECK_FALSE(decode({0xFF, 0xFF, 0xFF, 0xFF, 0}, temperature, humidity));
  CHECK_FALSE(decode({0x03, 0xE9, 0x00, 0xC8, 0}, temperature, humidity));
  CHECK_FALSE(decode({0x01, 0xF4, 0x03, 0x21, 0}, temperature, humidity));
  CHECK_FALSE(decode({0x01, 0xF4, 0x81, 0x91, 0}, temperature, humidity));
  CHECK(temperature == 1.5F);
  CHECK(humidity == 2.5F);
}
