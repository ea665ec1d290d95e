#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "clock.hpp"
#include "led.hpp"
#include "network.hpp"
#include "ota.hpp"
#include "random.hpp"
#include "sensor.hpp"

namespace host {

/// The computer's clocks; the uptime begins with this object.
class PosixClock final : public node::Clock {
 public:
  std::uint64_t uptime_ms() const override;
  bool unix_seconds(std::int64_t& seconds) const override;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Chance that a seed repeats: the same board, the same story.
class SeededRandom final : public node::Random {
 public:
  SeededRandom(const std::string& name, std::uint32_t seed);
  std::uint32_t next() override { return static_cast<std::uint32_t>(engine_()); }

  /// A number around 0, in the shape of measurement noise.
  float noise(float spread);

 private:
  std::mt19937 engine_;
};

/// A room as a DHT22 sees it: warm in the afternoon, drier when warmer, steps of 0.1.
class SimulatedSensor final : public node::Sensor {
 public:
  SimulatedSensor(const node::Clock& clock, SeededRandom& random);
  bool read(node::Sample& sample) override;

 private:
  const node::Clock& clock_;
  SeededRandom& random_;
  float mean_;         // °C, of this room
  float drift_ = 0.0F;  // what people and windows do, slowly
};

/// A radio whose signal wanders, and that can be taken away.
class SimulatedNetwork final : public node::Network {
 public:
  explicit SimulatedNetwork(SeededRandom& random) : random_(random) {}
  bool is_up() override { return up_; }
  bool up() const { return up_; }
  int rssi() override;
  void set_up(bool up) { up_ = up; }

 private:
  SeededRandom& random_;
  float rssi_ = -60.0F;
  bool up_ = true;
};

/// A lamp that prints each change as one line of JSON on standard output.
class PrintedLed final : public node::Led {
 public:
  explicit PrintedLed(std::string node_id) : node_id_(std::move(node_id)) {}
  void set(bool on, std::uint8_t brightness) override;

 private:
  std::string node_id_;
  bool on_ = false;  // as at power-up
  std::uint8_t brightness_ = 0;
};

/// The two firmware slots of a board. An image's bytes are weighed, not kept: no computer could run them.
class SimulatedSlots final : public node::OtaSlot {
 public:
  explicit SimulatedSlots(std::string version) : running_(std::move(version)) {}

  /// What one slot holds with the partition table of platformio.ini, min_spiffs.csv, on 4 MB of flash.
  std::uint32_t capacity() const override { return 0x1E0000; }
  bool begin(std::uint32_t) override { return true; }
  bool write(const std::uint8_t*, std::size_t) override { return true; }
  bool commit(std::string_view version) override;
  void abort() override {}
  bool rollback() override;
  void confirm() override {}

  /// Starts the board from the slot that was chosen for its next start.
  void boot();
  const std::string& version() const { return running_; }

 private:
  std::string running_;
  std::string next_;
  std::string previous_;
  bool going_back_ = false;
};

}  // namespace host
