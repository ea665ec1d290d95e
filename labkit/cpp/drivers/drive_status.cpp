// Calls the writers of exercise 3.5.

#include "status.hpp"

#include "wire.hpp"

void answer(const std::string& name, driver::Request& request, driver::Answer& answer) {
  const driver::Exact node_id(request.text());
  if (name == "write_offline") {
    driver::Memory memory(request.natural());
    memory.say(node::write_offline(node_id.view(), memory.out(), memory.size()), answer);
  } else if (name == "write_online") {
    node::Status status;
    status.uptime = static_cast<std::uint32_t>(request.natural());
    status.wifi_rssi = static_cast<int>(request.integer());
    const driver::Exact firmware(request.text());
    status.firmware = firmware.view();
    driver::Memory memory(request.natural());
    memory.say(node::write_online(node_id.view(), status, memory.out(), memory.size()), answer);
  } else {
    node::Acknowledgement ack;
    ack.id.assign(request.text());
    ack.command.assign(request.text());
    ack.reason.assign(request.text());
    driver::Memory memory(request.natural());
    memory.say(node::write_acknowledgement(node_id.view(), ack, memory.out(), memory.size()), answer);
  }
}
