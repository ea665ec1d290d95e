#pragma once

#include <mosquitto.h>

#include <cstdint>
#include <string>

#include "mqtt_transport.hpp"

namespace host {

/// Where the broker is, and how to log in.
struct Broker {
  std::string host = "127.0.0.1";
  int port = 1883;
  std::string username;  ///< Empty for a broker that asks for none.
  std::string password;
};

/// MQTT by libmosquitto, in the thread of the caller.
class MosquittoTransport final : public node::MqttTransport {
 public:
  explicit MosquittoTransport(const Broker& broker);
  ~MosquittoTransport() override;
  MosquittoTransport(const MosquittoTransport&) = delete;
  MosquittoTransport& operator=(const MosquittoTransport&) = delete;

  void listen(node::MqttEvents& events) override { events_ = &events; }
  bool connect(const node::Session& session) override;
  std::uint16_t publish(std::string_view topic, std::string_view payload, bool retained) override;
  bool subscribe(std::string_view topic) override;
  void disconnect() override;
  void drop() override;
  void poll() override;

  /// The socket to wait for, -1 while there is none.
  int socket() const;

  /// Whether bytes wait to be written.
  bool wants_to_write() const;

  /// Why the last connection failed, for the log.
  const std::string& problem() const { return problem_; }

 private:
  void close();

  const Broker& broker_;
  node::MqttEvents* events_ = nullptr;
  mosquitto* client_ = nullptr;
  std::string problem_;
};

}  // namespace host
