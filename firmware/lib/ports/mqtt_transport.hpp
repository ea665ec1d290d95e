#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace node {

/// What a client tells the broker when it connects. The views stay valid as long as the node lives.
struct Session {
  std::string_view client_id;
  std::string_view will_topic;    ///< The last will is retained, with QoS 1.
  std::string_view will_payload;
};

/// What comes from the broker. A transport calls it from `poll` only, never from another thread or an interrupt.
class MqttEvents {
 public:
  virtual ~MqttEvents() = default;

  /// The broker accepted the session (CONNACK with code 0).
  virtual void on_connected() = 0;

  /// The connection ended, or was refused. Nothing that was in flight will be acknowledged.
  virtual void on_disconnected() = 0;

  /// The broker has taken over a message (PUBACK).
  virtual void on_acknowledged(std::uint16_t packet_id) = 0;

  /// A message has arrived. `payload` holds what the transport could keep of the `full_size` bytes that were sent.
  virtual void on_message(std::string_view payload, std::size_t full_size, bool retained) = 0;
};

/// Port: an MQTT 3.1.1 client, clean session, QoS 1 in both directions.
///
/// A transport does not connect again by itself, and sends nothing again after a new connection: what has been
/// acknowledged is known to the node alone, so it alone decides what to repeat.
class MqttTransport {
 public:
  virtual ~MqttTransport() = default;

  /// Who is told. Set once, before the first `connect`.
  virtual void listen(MqttEvents& events) = 0;

  /// Starts to connect; the outcome is `on_connected` or `on_disconnected`. False when it cannot even start.
  virtual bool connect(const Session& session) = 0;

  /// Sends with QoS 1. Returns the packet id by which it will be acknowledged, 0 when the message was not taken.
  virtual std::uint16_t publish(std::string_view topic, std::string_view payload, bool retained) = 0;

  /// Asks for the messages of one topic, QoS 1.
  virtual bool subscribe(std::string_view topic) = 0;

  /// Ends the session in the regular way (DISCONNECT): the broker drops the last will.
  virtual void disconnect() = 0;

  /// Lets go of the connection without a word: the broker will publish the last will. Causes no event.
  virtual void drop() = 0;

  /// Moves bytes in both directions without blocking, and calls the events.
  virtual void poll() = 0;
};

}  // namespace node
