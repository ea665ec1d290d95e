#pragma once

// Hardware for tests: time stands still until a test moves it, chance comes from a list, the broker is the test.

#include <cstdint>
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node.hpp"

namespace fakes {

class ManualClock final : public node::Clock {
 public:
  std::uint64_t uptime_ms() const override { return now_ms; }
  bool unix_seconds(std::int64_t& seconds) const override {
    if (boot_time == 0) return false;
    seconds = boot_time + static_cast<std::int64_t>(now_ms / 1'000U);
    return true;
  }

  std::uint64_t now_ms = 0;
  std::int64_t boot_time = 1'704'844'800;  // 0: nobody has set the clock
};

/// Gives what it was told, again and again.
class FixedRandom final : public node::Random {
 public:
  std::uint32_t next() override { return value; }
  std::uint32_t value = 0;
};

class FakeNetwork final : public node::Network {
 public:
  bool is_up() override { return up; }
  int rssi() override { return up ? -65 : 0; }
  bool up = true;
};

class FakeSensor final : public node::Sensor {
 public:
  bool read(node::Sample& sample) override {
    sample = next;
    return answers;
  }
  node::Sample next{22.5F, 45.2F};
  bool answers = true;
};

class FakeLed final : public node::Led {
 public:
  void set(bool on, std::uint8_t brightness) override { state = on ? brightness : -1; }
  int state = -2;  // -1 for off, else the brightness
};

class FakeDownload final : public node::Download {
 public:
  bool open(std::string_view address) override {
    url = address;
    at = 0;
    return reachable;
  }
  int read(std::uint8_t* out, std::size_t capacity) override {
    if (silent) return 0;
    if (at >= breaks_at) return kFailed;
    if (at == file.size()) return kEnd;
    const std::size_t count = std::min({capacity, piece, file.size() - at});
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), count, out);
    at += count;
    return static_cast<int>(count);
  }
  void close() override { ++closed; }

  std::vector<std::uint8_t> file;
  std::string url;
  std::size_t at = 0;
  std::size_t piece = 1'000'000;
  std::size_t breaks_at = SIZE_MAX;
  bool reachable = true;
  bool silent = false;
  int closed = 0;
};

class FakeSlot final : public node::OtaSlot {
 public:
  std::uint32_t capacity() const override { return 1'000'000; }
  bool begin(std::uint32_t) override {
    image.clear();
    return true;
  }
  bool write(const std::uint8_t* data, std::size_t size) override {
    image.insert(image.end(), data, data + size);
    return writable;
  }
  bool commit(std::string_view version) override {
    next_version = version;
    return true;
  }
  void abort() override { ++aborted; }
  bool rollback() override { return has_previous; }
  void confirm() override { ++confirmed; }

  std::vector<std::uint8_t> image;
  std::string next_version;
  bool writable = true;
  bool has_previous = false;
  int aborted = 0;
  int confirmed = 0;
};

class FakeSystem final : public node::System {
 public:
  void restart() override { ++restarts; }
  int restarts = 0;
};

/// The broker and the way to it. Events wait in a list until the node polls, as they do on real hardware.
class FakeMqtt final : public node::MqttTransport {
 public:
  struct Sent {
    std::string topic;
    std::string payload;
    bool retained = false;
    std::uint16_t id = 0;
  };

  void listen(node::MqttEvents& events) override { events_ = &events; }
  bool connect(const node::Session& session) override {
    ++attempts;
    will_topic = session.will_topic;
    will_payload = session.will_payload;
    client_id = session.client_id;
    if (answer == Answer::kRefuse) events_due_.push_back({Event::kLost, 0, {}, false, 0});
    if (answer == Answer::kAccept) events_due_.push_back({Event::kConnected, 0, {}, false, 0});
    return answer != Answer::kUnreachable;
  }
  std::uint16_t publish(std::string_view topic, std::string_view payload, bool retained) override {
    if (full) return 0;
    if (++last_id_ == 0) ++last_id_;
    sent.push_back({std::string(topic), std::string(payload), retained, last_id_});
    if (acknowledges) acknowledge(last_id_);
    return last_id_;
  }
  bool subscribe(std::string_view topic) override {
    subscribed = topic;
    return subscribes;
  }
  void disconnect() override { ++disconnects; }
  void drop() override {
    ++drops;
    events_due_.clear();
  }
  void poll() override {
    const std::vector<Due> due = std::exchange(events_due_, {});
    for (const Due& event : due) {
      switch (event.what) {
        case Event::kConnected: events_->on_connected(); break;
        case Event::kLost: events_->on_disconnected(); break;
        case Event::kAcknowledged: events_->on_acknowledged(event.id); break;
        case Event::kMessage: events_->on_message(event.payload, event.full_size, event.retained); break;
      }
    }
  }

  void acknowledge(std::uint16_t id) { events_due_.push_back({Event::kAcknowledged, id, {}, false, 0}); }
  void lose() { events_due_.push_back({Event::kLost, 0, {}, false, 0}); }
  void deliver(const std::string& payload, bool retained = false) {
    events_due_.push_back({Event::kMessage, 0, payload, retained, payload.size()});
  }
  void deliver_part(const std::string& payload, std::size_t full_size) {
    events_due_.push_back({Event::kMessage, 0, payload, false, full_size});
  }

  /// The payloads sent on topics that end with `kind`.
  std::vector<std::string> payloads(const std::string& kind) const {
    std::vector<std::string> found;
    for (const Sent& one : sent) {
      const bool match = one.topic.size() >= kind.size() &&
                         one.topic.compare(one.topic.size() - kind.size(), kind.size(), kind) == 0;
      if (match) found.push_back(one.payload);
    }
    return found;
  }

  enum class Answer : std::uint8_t { kAccept, kRefuse, kUnreachable, kSilence };
  Answer answer = Answer::kAccept;
  bool acknowledges = true;
  bool subscribes = true;
  bool full = false;
  std::vector<Sent> sent;
  std::string subscribed, will_topic, will_payload, client_id;
  int attempts = 0;
  int disconnects = 0;
  int drops = 0;

 private:
  enum class Event : std::uint8_t { kConnected, kLost, kAcknowledged, kMessage };
  struct Due {
    Event what;
    std::uint16_t id;
    std::string payload;
    bool retained;
    std::size_t full_size;
  };

  node::MqttEvents* events_ = nullptr;
  std::vector<Due> events_due_;
  std::uint16_t last_id_ = 0;
};

/// A whole node on fake hardware.
class Bench {
 public:
  explicit Bench(std::uint32_t interval_s = 1) { build(interval_s); }

  node::Node& node() { return *node_; }

  /// Lets time pass in steps, with a turn of the node after each.
  void run(std::uint64_t milliseconds, std::uint64_t step = 10) {
    for (std::uint64_t passed = 0; passed < milliseconds; passed += step) {
      clock.now_ms += step;
      node_->poll();
    }
  }

  ManualClock clock;
  FixedRandom random;
  FakeNetwork network;
  FakeMqtt mqtt;
  FakeSensor sensor;
  FakeLed led;
  FakeDownload download;
  FakeSlot slot;
  FakeSystem system;

 private:
  void build(std::uint32_t interval_s) {
    node::Settings settings;
    settings.id.assign("01");
    settings.firmware = "1.0.0";
    settings.interval_s = interval_s;
    const node::Ports ports{clock, random, network, mqtt, sensor, led, download, slot, system};
    node_ = std::make_unique<node::Node>(ports, settings);
  }

  std::unique_ptr<node::Node> node_;
};

}  // namespace fakes
