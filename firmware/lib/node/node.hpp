#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backoff.hpp"
#include "clock.hpp"
#include "command.hpp"
#include "led.hpp"
#include "limits.hpp"
#include "manifest.hpp"
#include "mqtt_transport.hpp"
#include "network.hpp"
#include "node_id.hpp"
#include "ota.hpp"
#include "random.hpp"
#include "ring_buffer.hpp"
#include "sensor.hpp"
#include "settings.hpp"
#include "status.hpp"
#include "system.hpp"
#include "telemetry.hpp"
#include "time_stamp.hpp"
#include "updater.hpp"

namespace node {

/// The product's name in OTA manifests.
constexpr std::string_view kProduct = "esp32-node";

/// All that a node needs of the world. The objects outlive the node.
struct Ports {
  Clock& clock;
  Random& random;
  Network& network;
  MqttTransport& mqtt;
  Sensor& sensor;
  Led& led;
  Download& download;
  OtaSlot& slot;
  System& system;
};

/// The node: measures at fixed times, keeps what it measured until the broker has acknowledged it, obeys commands.
///
/// One message is on its way at a time, and the next follows its acknowledgement: that keeps the readings in order,
/// and tells exactly what must be repeated when a connection ends. A repeated reading is the same to the byte, so who
/// stores it under its node and time stamp stores it once.
///
/// It never blocks and never asks for memory: call `poll` from the main loop for ever.
class Node final : private MqttEvents {
 public:
  Node(const Ports& ports, const Settings& settings);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// One turn.
  void poll();

  /// When `poll` has something to do even if nothing arrives, by the clock's `uptime_ms`; the past means now. For a
  /// host that wants to sleep until then.
  std::uint64_t due() const;

  /// Sends what it has, says goodbye and ends the session; 3 s later it does so in any case. Then `stopped` is true.
  void stop() { leave(Leaving::kStop); }
  bool stopped() const { return stopped_; }

  const Counters& counters() const { return counters_; }
  std::size_t buffered() const { return readings_.size(); }
  static constexpr std::size_t capacity() { return NODE_BUFFERED_READINGS; }
  bool online() const { return online_; }

  /// Whether the broker has taken over the node's status in this session. It came behind the subscription, so from
  /// here on commands arrive.
  bool announced() const { return announced_; }

  /// How the connection is, for whoever watches a board.
  const Backoff& connection() const { return backoff_; }
  const LedCommand& led() const { return led_; }
  std::uint32_t interval_s() const { return settings_.interval_s; }

 private:
  enum class Cargo : std::uint8_t { kNothing, kAcknowledgement, kStatus, kReading, kFarewell };
  enum class Leaving : std::uint8_t { kNo, kStop, kRestart };

  void on_connected() override;
  void on_disconnected() override;
  void on_acknowledged(std::uint16_t packet_id) override;
  void on_message(std::string_view payload, std::size_t full_size, bool retained) override;

  void measure(std::uint64_t now);
  void follow_clock();
  void connect(std::uint64_t now);
  void connection_lost(std::uint64_t now);
  void send(std::uint64_t now);
  Cargo next_cargo(std::uint64_t now) const;
  std::string_view write(Cargo cargo, std::uint64_t now);
  void update(std::uint64_t now);
  void leave(Leaving why);
  void finish_leaving(std::uint64_t now);

  bool execute(const Command& command, Reason& reason);
  Reason set_led(const JsonValue& params);
  Reason set_interval(const JsonValue& params);
  Reason start_update(const JsonValue& params);

  Ports ports_;
  Settings settings_;
  Backoff backoff_;
  TimeStamper stamper_;
  Updater updater_;
  Counters counters_;

  Topic telemetry_topic_;
  Topic status_topic_;
  Topic command_topic_;
  Text<95> will_;

  RingBuffer<Reading, NODE_BUFFERED_READINGS> readings_;
  std::size_t unstamped_ = 0;  // readings at the end of the buffer that wait for the clock
  RingBuffer<Acknowledgement, 4> answers_;
  Acknowledgement last_answer_;    // a command that comes twice is answered twice and done once
  Acknowledgement update_answer_;  // held back until the update has succeeded or failed

  std::uint64_t reading_due_ = 0;
  std::uint64_t status_due_ = 0;
  std::uint64_t attempt_ends_ = 0;
  std::uint64_t leave_by_ = 0;
  LedCommand led_;

  struct InFlight {
    Cargo cargo = Cargo::kNothing;
    std::uint16_t packet_id = 0;
    std::uint32_t number = 0;  // of the item in its buffer
    std::uint64_t give_up_at = 0;
  } in_flight_;
  std::uint32_t last_sent_reading_ = UINT32_MAX;

  bool online_ = false;
  bool announced_ = false;
  bool confirmed_ = false;
  bool farewell_done_ = false;
  bool stopped_ = false;
  Leaving leaving_ = Leaving::kNo;
  char message_[kStatusSize > kTelemetrySize ? kStatusSize : kTelemetrySize];  // the one that is being written
};

}  // namespace node
