// Part 'node' of the house: the cell `%%cpp backoff.cpp` of solutions/03-esp32-firmware.
// Made by `grader release`. Edit it there, not here.

#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint32_t doublings = failures < 31U ? failures : 31U;
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms) << doublings;
  return grown < limits_.cap_ms ? static_cast<std::uint32_t>(grown) : limits_.cap_ms;
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
  const std::uint64_t choices = static_cast<std::uint64_t>(ceiling_ms(failures_)) + 1U;
  due_ = now + ((random_.next() * choices) >> 32U);
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
