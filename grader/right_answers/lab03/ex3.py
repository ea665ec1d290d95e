# Right answers to exercise 3.3 that differ from the reference.

# %% id=remainder-and-loop
#include "backoff.hpp"

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  std::uint64_t wait = limits_.base_ms;
  while (failures > 0 && wait > 0 && wait < limits_.cap_ms) {
    wait *= 2;
    --failures;
  }
  return static_cast<std::uint32_t>(wait > limits_.cap_ms ? limits_.cap_ms : wait);
}

bool Backoff::may_try(std::uint64_t now) {
  tick(now);
  const bool yes = state_ == State::kReady;
  if (yes) state_ = State::kTrying;
  return yes;
}

void Backoff::connected(std::uint64_t now) {
  tick(now);
  if (state_ == State::kTrying) {
    due_ = now + limits_.hold_ms;
    state_ = State::kOnTrial;
  }
}

void Backoff::failed(std::uint64_t now) {
  tick(now);
  switch (state_) {
    case State::kTrying:
    case State::kOnTrial:
    case State::kHolding:
      due_ = now + random_.next() % (static_cast<std::uint64_t>(ceiling_ms(failures_)) + 1);
      failures_ += failures_ < 0xFFFFFFFFU ? 1 : 0;
      state_ = State::kWaiting;
      break;
    case State::kReady:
    case State::kWaiting: break;
  }
}

void Backoff::tick(std::uint64_t now) {
  if (state_ == State::kWaiting && now >= due_) {
    state_ = State::kReady;
  } else if (state_ == State::kOnTrial && now >= due_) {
    failures_ = 0;
    state_ = State::kHolding;
  }
}

std::uint64_t Backoff::due() const {
  if (state_ == State::kReady) return 0;
  return state_ == State::kWaiting || state_ == State::kOnTrial ? due_ : UINT64_MAX;
}

}  // namespace node

# %% id=standard-distribution
#include "backoff.hpp"

#include <limits>
#include <random>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  if (failures > 31 || (static_cast<std::uint64_t>(limits_.base_ms) << failures) > limits_.cap_ms) return limits_.cap_ms;
  return limits_.base_ms << failures;
}

bool Backoff::may_try(std::uint64_t now) {
  tick(now);
  if (state_ != State::kReady) return false;
  state_ = State::kTrying;
  return true;
}

void Backoff::connected(std::uint64_t now) {
  if (state_ != State::kTrying) return;
  state_ = State::kOnTrial;
  due_ = now + limits_.hold_ms;
}

void Backoff::failed(std::uint64_t now) {
  tick(now);
  if (state_ == State::kReady || state_ == State::kWaiting) return;
  // Each of 0 … ceiling is as likely as the others: 32 random bits × choices, the upper half.
  struct Source {
    using result_type = std::uint32_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xFFFFFFFFU; }
    result_type operator()() { return random.next(); }
    Random& random;
  } source{random_};
  due_ = now + std::uniform_int_distribution<std::uint32_t>(0, ceiling_ms(failures_))(source);
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  state_ = State::kWaiting;
}

void Backoff::tick(std::uint64_t now) {
  if (now < due_) return;
  if (state_ == State::kWaiting) state_ = State::kReady;
  if (state_ == State::kOnTrial) {
    state_ = State::kHolding;
    failures_ = 0;
  }
}

std::uint64_t Backoff::due() const {
  if (state_ == State::kReady) return 0;
  const bool timed = state_ == State::kWaiting || state_ == State::kOnTrial;
  return timed ? due_ : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace node
