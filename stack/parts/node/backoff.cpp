#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // 2ⁿ leaves 64 bits long after it has passed any cap.
  constexpr std::uint32_t kMostDoublings = 31;
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms)
                              << (failures < kMostDoublings ? failures : kMostDoublings);
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
  // Uniform in 0..ceiling without the bias of a remainder: the upper half of a 64-bit product.
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
