#include "simulated.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace host {

namespace {
constexpr double kDay_s = 86'400.0;
constexpr double kWarmest_s = 15.0 * 3'600.0;  // of the day
constexpr double kTurn = 6.283185307179586;    // a full one, in radians
}  // namespace

std::uint64_t PosixClock::uptime_ms() const {
  const auto passed = std::chrono::steady_clock::now() - start_;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

bool PosixClock::unix_seconds(std::int64_t& seconds) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  return true;
}

SeededRandom::SeededRandom(const std::string& name, std::uint32_t seed) {
  std::seed_seq sequence(name.begin(), name.end());
  std::uint32_t mixed[2];
  sequence.generate(std::begin(mixed), std::end(mixed));
  std::seed_seq both{mixed[0], mixed[1], seed};
  engine_.seed(both);
}

float SeededRandom::noise(float spread) { return std::normal_distribution<float>(0.0F, spread)(engine_); }

SimulatedSensor::SimulatedSensor(const node::Clock& clock, SeededRandom& random)
    : clock_(clock), random_(random), mean_(20.5F + random.noise(1.0F)) {}

bool SimulatedSensor::read(node::Sample& sample) {
  std::int64_t now = 0;
  clock_.unix_seconds(now);
  const double hour = (static_cast<double>(now) - kWarmest_s) / kDay_s;
  drift_ = 0.995F * drift_ + random_.noise(0.02F);
  const float temperature = mean_ + static_cast<float>(std::cos(hour * kTurn)) + drift_;
  // At the same vapour in the air, a room 1 °C warmer is about 6 % (relative) drier near 20 °C.
  const float humidity = 48.0F * std::exp(-0.06F * (temperature - 20.5F)) + random_.noise(0.2F);
  sample.temperature = std::round(temperature * 10.0F) / 10.0F;
  sample.humidity = std::round(std::clamp(humidity, 0.0F, 100.0F) * 10.0F) / 10.0F;
  return true;
}

int SimulatedNetwork::rssi() {
  if (!up_) return 0;
  rssi_ = std::clamp(rssi_ + random_.noise(0.5F), -85.0F, -40.0F);
  return static_cast<int>(std::lround(rssi_));
}

void PrintedLed::set(bool on, std::uint8_t brightness) {
  if (on == on_ && (!on || brightness == brightness_)) return;
  on_ = on;
  brightness_ = brightness;
  std::printf("{\"node_id\": \"%s\", \"led\": {\"state\": \"%s\", \"brightness\": %u}}\n", node_id_.c_str(),
              on ? "on" : "off", static_cast<unsigned>(brightness));
  std::fflush(stdout);
}

bool SimulatedSlots::commit(std::string_view version) {
  next_ = version;
  going_back_ = false;
  return true;
}

bool SimulatedSlots::rollback() {
  if (previous_.empty()) return false;
  next_ = previous_;
  going_back_ = true;
  return true;
}

void SimulatedSlots::boot() {
  if (next_.empty()) return;
  // What was left as bad is nothing to go back to.
  previous_ = going_back_ ? std::string() : running_;
  running_ = next_;
  next_.clear();
}

}  // namespace host
