#include "fixed_hardware.hpp"

#include "node.hpp"

namespace fixed {

namespace {

constexpr std::uint64_t kDay_ms = 86'400'000;

constexpr std::string_view kCommands[] = {
    R"({"id":"1","command":"set_led","params":{"state":"on","brightness":128}})",
    R"({"id":"2","command":"set_led","params":{"state":"on","brightness":999}})",
    R"({"id":"3","command":"set_interval","params":{"seconds":5}})",
    R"({"id":"4","command":"dance","params":{"\u0061":[1,2,{"b":null}]}})",
    R"({"id":"5","command":)",
    R"({"id":"6","command":"rollback_firmware"})",
    R"({"id":"7","command":"update_firmware","params":{"name":"esp32-node","version":"1.1.0","size":2048,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","url":"http://h/x","min_version":"0.1.0"}})"};

struct Hardware final : node::Clock, node::Random, node::Network, node::Sensor, node::Led, node::Download,
                        node::OtaSlot, node::System, node::MqttTransport {
  // Clock, Random, Network, Sensor, Led, System
  std::uint64_t uptime_ms() const override { return now; }
  bool unix_seconds(std::int64_t& seconds) const override {
    seconds = 1'704'844'800 + static_cast<std::int64_t>(now / 1'000U);
    return now > 60'000;
  }
  std::uint32_t next() override { return chance = chance * 1'664'525U + 1'013'904'223U; }
  bool is_up() override { return now % 7'200'000U > 60'000; }
  int rssi() override { return -65; }
  bool read(node::Sample& sample) override {
    sample = {22.5F, 45.2F};
    return true;
  }
  void set(bool, std::uint8_t) override {}
  void restart() override {}

  // Download, OtaSlot
  bool open(std::string_view) override {
    left = 2'048;
    return true;
  }
  int read(std::uint8_t* out, std::size_t size) override {
    if (left == 0) return kEnd;
    const std::size_t count = left < size ? left : size;
    for (std::size_t i = 0; i < count; ++i) out[i] = 0;
    left -= count;
    return static_cast<int>(count);
  }
  void close() override {}
  std::uint32_t capacity() const override { return 1'000'000; }
  bool begin(std::uint32_t) override { return true; }
  bool write(const std::uint8_t*, std::size_t) override { return true; }
  bool commit(std::string_view) override { return true; }
  void abort() override {}
  bool rollback() override { return false; }
  void confirm() override {}

  // MqttTransport: accepts, acknowledges in the next turn, loses the connection now and then
  void listen(node::MqttEvents& who) override { events = &who; }
  bool connect(const node::Session&) override { return connecting = true; }
  std::uint16_t publish(std::string_view, std::string_view, bool) override {
    ++messages;
    return to_acknowledge = static_cast<std::uint16_t>(messages % 65'535U + 1U);
  }
  bool subscribe(std::string_view) override { return true; }
  void disconnect() override {}
  void drop() override { to_acknowledge = 0; }
  void poll() override {
    ++turns;
    if (connecting) {
      connecting = false;
      online = true;
      events->on_connected();
    } else if (online && turns % 50'021U == 0) {
      online = false;
      to_acknowledge = 0;
      events->on_disconnected();
    } else if (to_acknowledge != 0) {
      const std::uint16_t id = to_acknowledge;
      to_acknowledge = 0;
      events->on_acknowledged(id);
    } else if (online && turns % 997U == 0) {
      const std::string_view command = kCommands[turns / 997U % (sizeof kCommands / sizeof kCommands[0])];
      events->on_message(command, command.size(), false);
    }
  }

  std::uint64_t now = 0;
  std::uint32_t chance = 1;
  std::size_t left = 0;
  unsigned long messages = 0;
  std::uint64_t turns = 0;
  std::uint16_t to_acknowledge = 0;
  bool connecting = false;
  bool online = false;
  node::MqttEvents* events = nullptr;
};

}  // namespace

unsigned long run_a_day() {
  static Hardware hardware;
  node::Settings settings;
  settings.id.assign("01");
  settings.firmware = "1.0.0";
  static node::Node node({hardware, hardware, hardware, hardware, hardware, hardware, hardware, hardware, hardware},
                         settings);
  for (; hardware.now < kDay_ms; hardware.now += 100) node.poll();
  return hardware.messages;
}

}  // namespace fixed
