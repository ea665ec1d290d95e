#pragma once

#include <espMqttClient.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "command.hpp"
#include "mqtt_transport.hpp"
#include "text.hpp"

namespace board {

/// MQTT by espMqttClient, without its own task: everything happens in `poll`, so the node needs no lock. One thing
/// blocks: the TCP connection to a broker that does not answer, for as long as the library waits for it.
class EspMqtt final : public node::MqttTransport {
 public:
  /// @param host, username, password outlive the transport; an empty username logs in without one.
  EspMqtt(const char* host, std::uint16_t port, const char* username, const char* password);

  void listen(node::MqttEvents& events) override { events_ = &events; }
  bool connect(const node::Session& session) override;
  std::uint16_t publish(std::string_view topic, std::string_view payload, bool retained) override;
  bool subscribe(std::string_view topic) override;
  void disconnect() override;
  void drop() override;
  void poll() override { client_.loop(); }

 private:
  void take(const std::uint8_t* piece, std::size_t size, std::size_t at, std::size_t full_size, bool retained);

  espMqttClient client_;
  node::MqttEvents* events_ = nullptr;
  bool told_ = true;  // whether the node knows that there is no connection

  // The library keeps pointers to what it was given.
  node::Text<63> client_id_;
  node::Text<63> will_topic_;
  node::Text<95> will_payload_;
  std::array<char, node::kCommandSize> message_{};  // a long message comes in pieces
};

}  // namespace board
