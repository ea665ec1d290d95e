#pragma once

namespace node {

/// Port: the radio link under MQTT. Joining and re-joining the network is the adapter's business.
class Network {
 public:
  virtual ~Network() = default;

  /// Whether the board has an address on the network now.
  virtual bool is_up() = 0;

  /// Strength of the access point's signal in dBm, such as -65; 0 while the link is down.
  virtual int rssi() = 0;
};

}  // namespace node
