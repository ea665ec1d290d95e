// Runs scripts of steps on the Backoff of exercise 3.3, with a clock and a chance that the check chooses.

#include "backoff.hpp"

#include <vector>

#include "wire.hpp"

namespace {

/// Gives the numbers of a list, again and again.
class Listed final : public node::Random {
 public:
  explicit Listed(std::vector<std::uint32_t> numbers) : numbers_(std::move(numbers)) {}
  std::uint32_t next() override { return numbers_[drawn_++ % numbers_.size()]; }

 private:
  std::vector<std::uint32_t> numbers_;
  std::size_t drawn_ = 0;
};

node::BackoffLimits read_limits(driver::Request& request) {
  node::BackoffLimits limits;
  limits.base_ms = static_cast<std::uint32_t>(request.natural());
  limits.cap_ms = static_cast<std::uint32_t>(request.natural());
  limits.hold_ms = static_cast<std::uint32_t>(request.natural());
  return limits;
}

Listed read_random(driver::Request& request) {
  std::vector<std::uint32_t> numbers(request.list());
  for (std::uint32_t& number : numbers) number = static_cast<std::uint32_t>(request.natural());
  return Listed(numbers);
}

// Each step is a name and the time; its trace is what it answered, and how the backoff is after it.
void run(driver::Request& request, driver::Answer& answer) {
  const node::BackoffLimits limits = read_limits(request);
  Listed random = read_random(request);
  node::Backoff backoff(limits, random);
  answer.begin_list();
  for (std::size_t left = request.list(); left > 0; --left) {
    request.list();
    const std::string step = request.text();
    const std::uint64_t now = request.natural();
    answer.begin_list();
    if (step == "may_try") {
      answer.boolean(backoff.may_try(now));
    } else {
      if (step == "connected") backoff.connected(now);
      if (step == "failed") backoff.failed(now);
      if (step == "tick") backoff.tick(now);
      answer.nothing();
    }
    answer.integer(static_cast<std::int64_t>(backoff.state())).natural(backoff.failures()).natural(backoff.due());
    answer.end_list();
  }
  answer.end_list();
}

void ceilings(driver::Request& request, driver::Answer& answer) {
  const node::BackoffLimits limits = read_limits(request);
  Listed random({0U});
  const node::Backoff backoff(limits, random);
  answer.begin_list();
  for (std::size_t left = request.list(); left > 0; --left) {
    answer.natural(backoff.ceiling_ms(static_cast<std::uint32_t>(request.natural())));
  }
  answer.end_list();
}

// One new backoff for each delay: what it waits after so many failures.
void delays(driver::Request& request, driver::Answer& answer) {
  const node::BackoffLimits limits = read_limits(request);
  Listed random = read_random(request);
  const std::size_t failures = request.natural();
  answer.begin_list();
  for (std::size_t left = request.natural(); left > 0; --left) {
    node::Backoff backoff(limits, random);
    std::uint64_t now = 1'000;
    std::uint64_t before = now;
    for (std::size_t i = 0; i < failures; ++i) {
      // A backoff that is late by a millisecond is told so elsewhere.
      if (!backoff.may_try(now) && !backoff.may_try(++now)) break;
      before = now;
      backoff.failed(now);
      now = backoff.due();
    }
    answer.natural(now - before);
  }
  answer.end_list();
}

}  // namespace

void answer(const std::string& name, driver::Request& request, driver::Answer& answer) {
  if (name == "ceilings") return ceilings(request, answer);
  if (name == "delays") return delays(request, answer);
  run(request, answer);
}
