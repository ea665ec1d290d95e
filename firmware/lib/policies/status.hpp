#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "command.hpp"

namespace node {

/// How a node is, for whoever asks later: the message is retained.
struct Status {
  std::uint32_t uptime = 0;    ///< Seconds since the node started.
  int wifi_rssi = 0;           ///< dBm
  std::string_view firmware;   ///< Its version.
};

/// Bytes that a message of this file needs at most: of an acknowledgement in which every byte of the id, the command
/// and the reason must be escaped (`\u0007`: six bytes for one).
constexpr std::size_t kStatusSize = 6 * (32 + 24 + 95) + 192;

/// `{"node_id": "node_01", "status": "online", "uptime": 3600, "wifi_rssi": -65, "firmware": "1.0.0"}`
std::string_view write_online(std::string_view node_id, const Status& status, char* out, std::size_t capacity);

/// `{"node_id": "node_01", "status": "offline"}`: the last will, and the farewell of a node that stops by itself.
std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity);

/// `{"node_id": "node_01", "ack": {"id": "c-17", "command": "set_led", "ok": true}}`, or `"ok": false, "reason": "…"`.
/// What the node could not read (the id, the command) is left out. Not retained: it answers one question.
std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack, char* out,
                                       std::size_t capacity);

}  // namespace node
