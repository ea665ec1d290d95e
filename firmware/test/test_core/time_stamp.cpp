#include "time_stamp.hpp"

#include <doctest/doctest.h>

namespace {

constexpr std::int64_t kNow = 1'704'844'800;

std::int64_t stamp(node::TimeStamper& stamper, std::uint32_t uptime, std::int64_t unix_now, std::uint32_t uptime_now) {
  node::Reading reading;
  reading.uptime = uptime;
  stamper.stamp(reading, unix_now, uptime_now);
  return reading.timestamp;
}

}  // namespace

TEST_CASE("a reading is stamped with the moment at which it was measured") {
  node::TimeStamper stamper;
  CHECK(stamp(stamper, 100, kNow, 100) == kNow);
  CHECK(stamp(stamper, 105, kNow + 9, 109) == kNow + 5);
}

TEST_CASE("readings from before the clock was set get their time when it is") {
  node::TimeStamper stamper;
  CHECK(stamp(stamper, 0, kNow, 60) == kNow - 60);
  CHECK(stamp(stamper, 5, kNow, 60) == kNow - 55);
  CHECK(stamp(stamper, 60, kNow, 60) == kNow);
}

TEST_CASE("time stamps keep the beat while the clock agrees to a second") {
  node::TimeStamper stamper;
  CHECK(stamp(stamper, 1, kNow, 1) == kNow);
  CHECK(stamp(stamper, 2, kNow + 2, 2) == kNow + 1);
  CHECK(stamp(stamper, 3, kNow + 2, 3) == kNow + 2);
  CHECK(stamp(stamper, 4, kNow + 2, 4) == kNow + 3);
}

TEST_CASE("time stamps follow a clock that is put forward") {
  node::TimeStamper stamper;
  CHECK(stamp(stamper, 1, kNow, 1) == kNow);
  CHECK(stamp(stamper, 2, kNow + 3'600, 2) == kNow + 3'600);
  CHECK(stamp(stamper, 3, kNow + 3'601, 3) == kNow + 3'601);
}

TEST_CASE("no time stamp comes twice when the clock is put back") {
  node::TimeStamper stamper;
  CHECK(stamp(stamper, 10, kNow, 10) == kNow);
  CHECK(stamp(stamper, 15, kNow - 7, 15) == kNow + 1);
  CHECK(stamp(stamper, 20, kNow - 2, 20) == kNow + 2);
  CHECK(stamp(stamper, 25, kNow + 3, 25) == kNow + 3);
  CHECK(stamp(stamper, 30, kNow + 8, 30) == kNow + 8);
}
