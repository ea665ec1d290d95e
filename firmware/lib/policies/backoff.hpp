#pragma once

#include <cstdint>

#include "random.hpp"

namespace node {

/// How long to wait between attempts.
struct BackoffLimits {
  std::uint32_t base_ms = 1'000;   ///< The longest wait after the first failure.
  std::uint32_t cap_ms = 60'000;   ///< The longest wait of all.
  std::uint32_t hold_ms = 10'000;  ///< A session counts as good once it has held this long.
};

/// When to try again: exponential backoff with full jitter, as a state machine. It has no clock of its own; each call
/// says what time it is, in milliseconds that never go back.
///
///                 may_try             connected              tick, hold_ms later
///      READY ---------------> TRYING -----------> ON TRIAL ----------------------> HOLDING
///        ^                      |                    |                                |
///        | tick, delay over     | failed             | failed (the count goes on)     | failed (counted anew)
///        +------- WAITING <-----+--------------------+--------------------------------+
///
/// After failure number n (from 0) it waits for a time between 0 and min(cap, base × 2ⁿ), each as likely as the
/// others: were all nodes of a house to wait the same time, they would all come back in the same moment. A session
/// must hold for a while before the count starts anew: a broker that accepts and then throws out is not well.
class Backoff {
 public:
  enum class State : std::uint8_t { kReady, kTrying, kOnTrial, kHolding, kWaiting };

  Backoff(const BackoffLimits& limits, Random& random) : limits_(limits), random_(random) {}

  /// Whether an attempt starts now. True once: the attempt is then under way.
  bool may_try(std::uint64_t now);

  /// The attempt succeeded.
  void connected(std::uint64_t now);

  /// The attempt failed, or the session ended.
  void failed(std::uint64_t now);

  /// Lets time pass; call it as often as you like.
  void tick(std::uint64_t now);

  State state() const { return state_; }

  /// When `tick` or `may_try` has something to do next, far in the future if nothing is due.
  std::uint64_t due() const;

  /// Failures since the last session that held.
  std::uint32_t failures() const { return failures_; }

  /// The longest wait after this many failures.
  std::uint32_t ceiling_ms(std::uint32_t failures) const;

 private:
  BackoffLimits limits_;
  Random& random_;
  State state_ = State::kReady;
  std::uint32_t failures_ = 0;
  std::uint64_t due_ = 0;
};

}  // namespace node
