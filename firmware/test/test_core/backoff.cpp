#include "backoff.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "fakes.hpp"

using node::Backoff;

namespace {

const node::BackoffLimits kLimits{1'000, 60'000, 10'000};

/// Chance that always takes the longest wait.
fakes::FixedRandom longest() {
  fakes::FixedRandom random;
  random.value = UINT32_MAX;
  return random;
}

}  // namespace

TEST_CASE("the first attempt starts at once, and once") {
  fakes::FixedRandom random;
  Backoff backoff(kLimits, random);
  CHECK(backoff.state() == Backoff::State::kReady);
  CHECK(backoff.due() == 0);
  CHECK(backoff.may_try(0));
  CHECK_FALSE(backoff.may_try(0));
  CHECK(backoff.state() == Backoff::State::kTrying);
}

TEST_CASE("the ceiling doubles with each failure up to the cap") {
  auto random = longest();
  Backoff backoff(kLimits, random);
  std::uint64_t now = 0;
  for (const std::uint64_t wait : {1'000U, 2'000U, 4'000U, 8'000U, 16'000U, 32'000U, 60'000U, 60'000U}) {
    REQUIRE(backoff.may_try(now));
    backoff.failed(now);
    CHECK(backoff.state() == Backoff::State::kWaiting);
    CHECK(backoff.due() == now + wait);
    CHECK_FALSE(backoff.may_try(now + wait - 1));
    now += wait;
  }
}

TEST_CASE("a thousand failures do not overflow the ceiling") {
  fakes::FixedRandom random;
  const Backoff backoff({UINT32_MAX, UINT32_MAX, 1}, random);
  for (std::uint32_t failures : {0U, 1U, 31U, 32U, 63U, 64U, 1'000U, UINT32_MAX}) {
    CHECK(backoff.ceiling_ms(failures) == UINT32_MAX);
  }
  const Backoff usual(kLimits, random);
  CHECK(usual.ceiling_ms(6) == 60'000);
  CHECK(usual.ceiling_ms(1'000'000) == 60'000);
}

TEST_CASE("full jitter: every wait from nothing to the ceiling can come") {
  fakes::FixedRandom random;
  const std::vector<std::pair<std::uint32_t, std::uint64_t>> cases = {
      {0U, 0U}, {UINT32_MAX / 4U, 250U}, {UINT32_MAX / 2U, 500U}, {UINT32_MAX, 1'000U}};
  for (const auto& [chance, wait] : cases) {
    Backoff backoff(kLimits, random);
    random.value = chance;
    REQUIRE(backoff.may_try(7));
    backoff.failed(7);
    CHECK(backoff.due() == 7 + wait);
  }
}

TEST_CASE("a session that ends early goes on with the count") {
  auto random = longest();
  Backoff backoff(kLimits, random);
  std::uint64_t now = 0;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(backoff.may_try(now));
    backoff.connected(now);
    CHECK(backoff.state() == Backoff::State::kOnTrial);
    now += 9'999;
    backoff.failed(now);
    now = backoff.due();
  }
  CHECK(backoff.failures() == 3);
}

TEST_CASE("a session that has held starts the count anew") {
  auto random = longest();
  Backoff backoff(kLimits, random);
  REQUIRE(backoff.may_try(0));
  backoff.failed(0);
  REQUIRE(backoff.may_try(1'000));
  backoff.connected(1'000);
  backoff.tick(10'999);
  CHECK(backoff.failures() == 1);
  backoff.tick(11'000);
  CHECK(backoff.state() == Backoff::State::kHolding);
  CHECK(backoff.failures() == 0);
  backoff.failed(20'000);
  CHECK(backoff.due() == 21'000);
}

TEST_CASE("a session that held counts as held even if nobody ticked meanwhile") {
  auto random = longest();
  Backoff backoff(kLimits, random);
  REQUIRE(backoff.may_try(0));
  backoff.failed(0);
  REQUIRE(backoff.may_try(1'000));
  backoff.connected(1'000);
  backoff.failed(60'000);
  CHECK(backoff.due() == 61'000);
}

TEST_CASE("events that do not belong to the state change nothing") {
  fakes::FixedRandom random;
  Backoff backoff(kLimits, random);
  backoff.failed(0);
  backoff.connected(0);
  CHECK(backoff.state() == Backoff::State::kReady);
  REQUIRE(backoff.may_try(0));
  random.value = UINT32_MAX;
  backoff.failed(0);
  backoff.failed(500);
  backoff.connected(500);
  CHECK(backoff.failures() == 1);
  CHECK(backoff.due() == 1'000);
}
