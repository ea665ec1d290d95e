// Stands in for a backoff.cpp that an exercise is not about: it tries again after a fifth of a second, whatever happened.

#include "backoff.hpp"

#include <limits>

namespace node {

namespace {
constexpr std::uint64_t kPause_ms = 200;
}  // namespace

std::uint32_t Backoff::ceiling_ms(std::uint32_t) const { return kPause_ms; }

bool Backoff::may_try(std::uint64_t now) {
  if (state_ != State::kReady || now < due_) return false;
  state_ = State::kTrying;
  return true;
}

void Backoff::connected(std::uint64_t) { state_ = State::kHolding; }

void Backoff::failed(std::uint64_t now) {
  state_ = State::kReady;
  due_ = now + kPause_ms;
}

void Backoff::tick(std::uint64_t) {}

std::uint64_t Backoff::due() const {
  return state_ == State::kReady ? due_ : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace node
