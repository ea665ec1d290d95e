#pragma once

#include <functional>

#include "Arduino.h"

namespace espMqttClientTypes {

enum class UseInternalTask { NO = 0, YES = 1 };
enum class DisconnectReason : std::uint8_t { USER_OK = 0 };
struct MessageProperties {
  std::uint8_t qos;
  bool dup;
  bool retain;
  std::uint16_t packetId;
};

}  // namespace espMqttClientTypes

class espMqttClient {
 public:
  explicit espMqttClient(espMqttClientTypes::UseInternalTask task);

  espMqttClient& setServer(const char* host, std::uint16_t port);
  espMqttClient& setKeepAlive(std::uint16_t seconds);
  espMqttClient& setCleanSession(bool clean);
  espMqttClient& setTimeout(std::uint16_t seconds);
  espMqttClient& setClientId(const char* id);
  espMqttClient& setCredentials(const char* username, const char* password);
  espMqttClient& setWill(const char* topic, std::uint8_t qos, bool retain, const char* payload);
  espMqttClient& onConnect(std::function<void(bool)> callback);
  espMqttClient& onDisconnect(std::function<void(espMqttClientTypes::DisconnectReason)> callback);
  espMqttClient& onPublish(std::function<void(std::uint16_t)> callback);
  espMqttClient& onMessage(std::function<void(const espMqttClientTypes::MessageProperties&, const char*,
                                              const std::uint8_t*, std::size_t, std::size_t, std::size_t)>
                               callback);

  bool connect();
  bool disconnect(bool force = false);
  bool disconnected() const;
  std::uint16_t publish(const char* topic, std::uint8_t qos, bool retain, const std::uint8_t* payload,
                        std::size_t length);
  std::uint16_t subscribe(const char* topic, std::uint8_t qos);
  void clearQueue(bool with_session = false);
  void loop();
};
