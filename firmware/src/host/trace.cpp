#include "trace.hpp"

#include <algorithm>
#include <cstdio>

namespace host {

namespace {

const char* name_of(node::Backoff::State state) {
  switch (state) {
    case node::Backoff::State::kReady: return "READY";
    case node::Backoff::State::kTrying: return "TRYING";
    case node::Backoff::State::kOnTrial: return "ON TRIAL";
    case node::Backoff::State::kHolding: return "HOLDING";
    case node::Backoff::State::kWaiting: return "WAITING";
  }
  return "UNKNOWN";
}

const char* word(bool value) { return value ? "true" : "false"; }

std::string describe(const Board& board) {
  const node::Counters counters = board.counters();
  char text[512];
  std::snprintf(text, sizeof text,
                "\"connection\": \"%s\", \"failures\": %u, \"wifi\": %s, \"online\": %s, \"led_on\": %s, "
                "\"brightness\": %u, \"measured\": %u, \"acknowledged\": %u, \"buffered\": %zu, \"capacity\": %zu, "
                "\"lost\": %u, \"repeated\": %u, \"interval\": %u, \"uptime\": %llu",
                name_of(board.connection().state()), board.connection().failures(), word(board.wifi()),
                word(board.online()), word(board.led().on), static_cast<unsigned>(board.led().brightness),
                counters.measured, counters.acknowledged, board.buffered(), Board::capacity(), counters.lost,
                counters.repeated, board.interval_s(),
                static_cast<unsigned long long>(board.uptime_ms() / 1'000U));
  return text;
}

std::string due(const Board& board) {
  const std::uint64_t at = board.connection().due();
  const std::uint64_t now = board.uptime_ms();
  if (at == 0 || at == UINT64_MAX) return "null";
  return std::to_string(at > now ? at - now : 0);
}

}  // namespace

void Trace::tell(std::size_t index, const Board& board) {
  Told& told = told_[index];
  std::string what = describe(board);
  told.waits = what != told.what;
  if (!told.waits) return;
  const std::uint64_t now = clock_.uptime_ms();
  told.allowance = std::min(kBurst, told.allowance + static_cast<double>(now - told.counted_at) / kEach_ms);
  told.counted_at = now;
  if (told.allowance < 1.0) return;
  told.allowance -= 1.0;
  told.waits = false;
  told.what = std::move(what);
  std::printf("{\"trace\": \"%s\", \"t\": %.3f, %s, \"due_ms\": %s}\n", board.name().c_str(),
              static_cast<double>(now) / 1'000.0, told.what.c_str(), due(board).c_str());
  std::fflush(stdout);
}

int Trace::patience_ms() const {
  const bool waits = std::any_of(told_.begin(), told_.end(), [](const Told& told) { return told.waits; });
  return waits ? static_cast<int>(kEach_ms) : 1'000;
}

}  // namespace host
