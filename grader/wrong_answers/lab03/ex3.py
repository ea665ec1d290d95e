# Wrong answers to exercise 3.3: plausible mistakes, each with the hint that it should earn.

# %% id=no-cap hint=capped
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint32_t doublings = failures < 31U ? failures : 31U;
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms) << doublings;
  return static_cast<std::uint32_t>(grown);
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

# %% id=shifts-too-far hint=overflow
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms) << failures;
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

# %% id=doubles-an-int hint=overflow
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  int grown_ms = static_cast<int>(limits_.base_ms);
  for (std::uint32_t i = 0; i < failures && i < 40; ++i) grown_ms = grown_ms * 2;
  const auto grown = static_cast<std::uint64_t>(grown_ms);
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

# %% id=shifts-32-bits hint=capped
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint32_t doublings = failures < 31U ? failures : 31U;
  const std::uint64_t grown = limits_.base_ms << doublings;
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

# %% id=no-jitter hint=full-jitter
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
  due_ = now + choices - 1U;
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

# %% id=half-of-it-is-fixed hint=full-jitter
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
  due_ = now + choices / 2U + random_.next() % (choices - choices / 2U);
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

# %% id=never-the-ceiling hint=full-jitter
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
  due_ = now + (choices > 1U ? random_.next() % (choices - 1U) : 0U);
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

# %% id=counts-anew-at-once hint=counts-on
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
  failures_ = 0;
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

# %% id=never-counts-anew hint=counted-anew
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
  }
}

std::uint64_t Backoff::due() const {
  if (state_ == State::kReady) return 0;
  const bool timed = state_ == State::kWaiting || state_ == State::kOnTrial;
  return timed ? due_ : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace node

# %% id=yes-and-yes-again hint=may-try-once
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

# %% id=a-millisecond-late hint=time-handed-in
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
  if (now <= due_) return;
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

# %% id=waits-for-tick hint=time-handed-in
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint32_t doublings = failures < 31U ? failures : 31U;
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms) << doublings;
  return grown < limits_.cap_ms ? static_cast<std::uint32_t>(grown) : limits_.cap_ms;
}

bool Backoff::may_try(std::uint64_t) {
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

# %% id=counts-twice hint=states
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

# %% id=connected-at-any-time hint=states
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

# %% id=straight-to-holding hint=states
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
  state_ = State::kHolding;
  due_ = now + limits_.hold_ms;
  failures_ = 0;
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

# %% id=unsigned-is-never-below-zero hint=endless-loop
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  std::uint64_t grown = limits_.base_ms;
  for (std::uint32_t i = failures; i >= 0; --i) grown = grown < limits_.cap_ms ? grown * 2 : limits_.cap_ms;
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

# %% id=a-turn-for-each-failure hint=too-many-turns
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  std::uint64_t grown = limits_.base_ms;
  for (std::uint32_t i = 0; i < failures; ++i) grown = grown < limits_.cap_ms ? grown * 2 : limits_.cap_ms;
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

# %% id=no-such-state hint=does-not-compile
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
  state_ = State::kConnected;
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
