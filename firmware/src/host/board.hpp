#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backoff.hpp"
#include "command.hpp"
#include "http_download.hpp"
#include "mosquitto_transport.hpp"
#include "settings.hpp"
#include "simulated.hpp"
#include "system.hpp"

namespace node {
class Node;
}

namespace host {

/// A virtual board: the real node on simulated hardware. It can be restarted.
class Board final : private node::System {
 public:
  /// @param settings `firmware` is what it starts with.
  /// @param broker outlives the board.
  Board(const node::Settings& settings, const Broker& broker, std::uint32_t seed);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// One turn of the node; starts it anew, a second later, if it asked for that.
  void poll();

  /// Milliseconds until `poll` has something to do, if nothing arrives before.
  int patience_ms() const;

  void set_network(bool up) { network_.set_up(up); }
  void stop();
  bool stopped() const;
  bool is(std::string_view id) const { return id == level_ || id == settings_.id.name(); }

  const std::string& name() const { return name_; }
  const MosquittoTransport& transport() const { return *transport_; }
  bool online() const;
  bool announced() const;
  std::size_t buffered() const;
  const node::Backoff& connection() const;
  const node::LedCommand& led() const;
  std::uint32_t interval_s() const;

  /// Readings that a board keeps.
  static std::size_t capacity();

  bool wifi() const { return network_.up(); }

  /// Milliseconds since its last start.
  std::uint64_t uptime_ms() const { return clock_->uptime_ms(); }

  /// What it has done, restarts included.
  node::Counters counters() const;

 private:
  void restart() override;
  void boot();

  node::Settings settings_;
  const Broker& broker_;
  std::string name_;
  std::string level_;  // the id as in the topic
  SeededRandom random_;
  SimulatedNetwork network_;
  PrintedLed led_;
  SimulatedSlots slots_;
  PosixClock outside_;  // runs on while the board restarts
  SimulatedSensor sensor_;
  // What a restart wipes.
  std::unique_ptr<PosixClock> clock_;
  std::unique_ptr<HttpDownload> download_;
  std::unique_ptr<MosquittoTransport> transport_;
  std::unique_ptr<node::Node> node_;
  node::Counters before_restarts_;
  bool restarting_ = false;
  std::uint64_t boot_at_ = 0;  // by the clock outside
  std::uint64_t wake_at_ = 0;  // likewise: the next turn, even if the node needs none
};

}  // namespace host
