// Calls write_telemetry of exercise 3.1.

#include "telemetry.hpp"

#include "wire.hpp"

void answer(const std::string&, driver::Request& request, driver::Answer& answer) {
  const driver::Exact node_id(request.text());
  node::Reading reading;
  reading.timestamp = request.integer();
  reading.temperature = request.real();
  reading.humidity = request.real();
  reading.wifi_rssi = static_cast<std::int16_t>(request.integer());
  reading.uptime = static_cast<std::uint32_t>(request.natural());
  driver::Memory memory(request.natural());
  memory.say(node::write_telemetry(node_id.view(), reading, memory.out(), memory.size()), answer);
}
