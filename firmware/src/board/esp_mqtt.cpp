#include "esp_mqtt.hpp"

#include <algorithm>
#include <cstring>

namespace board {

namespace {

constexpr std::uint8_t kQos = 1;
constexpr std::uint16_t kKeepAlive_s = 15;
// After this time the library would send again within the same connection; the node gives a broker up long before.
constexpr std::uint16_t kLibraryRepeat_s = 60;
constexpr std::uint32_t kFarewell_ms = 500;

std::uint32_t now_ms() { return static_cast<std::uint32_t>(millis()); }

}  // namespace

#if defined(ARDUINO_ARCH_ESP32)
EspMqtt::EspMqtt(const char* host, std::uint16_t port, const char* username, const char* password)
    : client_(espMqttClientTypes::UseInternalTask::NO) {
#else
EspMqtt::EspMqtt(const char* host, std::uint16_t port, const char* username, const char* password) {
#endif
  client_.setServer(host, port).setKeepAlive(kKeepAlive_s).setCleanSession(true).setTimeout(kLibraryRepeat_s);
  if (username[0] != '\0') client_.setCredentials(username, password);
  client_.onConnect([this](bool) { events_->on_connected(); });
  client_.onDisconnect([this](espMqttClientTypes::DisconnectReason) {
    if (!told_) events_->on_disconnected();
    told_ = true;
  });
  client_.onPublish([this](std::uint16_t packet_id) { events_->on_acknowledged(packet_id); });
  client_.onMessage([this](const espMqttClientTypes::MessageProperties& properties, const char*,
                           const std::uint8_t* payload, std::size_t size, std::size_t at, std::size_t full_size) {
    take(payload, size, at, full_size, properties.retain);
  });
}

void EspMqtt::take(const std::uint8_t* piece, std::size_t size, std::size_t at, std::size_t full_size, bool retained) {
  if (at < message_.size()) std::memcpy(message_.data() + at, piece, std::min(size, message_.size() - at));
  if (at + size < full_size) return;
  events_->on_message({message_.data(), std::min(full_size, message_.size())}, full_size, retained);
}

bool EspMqtt::connect(const node::Session& session) {
  client_id_.assign(session.client_id);
  will_topic_.assign(session.will_topic);
  will_payload_.assign(session.will_payload);
  client_.setClientId(client_id_.c_str());
  client_.setWill(will_topic_.c_str(), kQos, true, will_payload_.c_str());
  client_.clearQueue(true);  // what to repeat is the node's decision
  told_ = !client_.connect();
  return !told_;
}

std::uint16_t EspMqtt::publish(std::string_view topic, std::string_view payload, bool retained) {
  node::Text<63> name;
  if (!name.assign(topic)) return 0;
  return client_.publish(name.c_str(), kQos, retained, reinterpret_cast<const std::uint8_t*>(payload.data()),
                         payload.size());
}

bool EspMqtt::subscribe(std::string_view topic) {
  node::Text<63> name;
  return name.assign(topic) && client_.subscribe(name.c_str(), kQos) != 0;
}

void EspMqtt::disconnect() {
  told_ = true;
  client_.disconnect();
  const std::uint32_t start = now_ms();
  while (!client_.disconnected() && now_ms() - start < kFarewell_ms) client_.loop();
}

void EspMqtt::drop() {
  told_ = true;
  client_.disconnect(true);
}

}  // namespace board
