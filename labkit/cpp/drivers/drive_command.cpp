// Calls parse_command, find_action and parse_set_led of exercise 3.2.

#include "command.hpp"

#include "wire.hpp"

namespace {

void read_command(driver::Request& request, driver::Answer& answer) {
  const driver::Exact message(request.text());
  node::Command command;
  if (request.boolean()) {  // as if it had held an earlier message
    command.id.assign("left-over");
    command.command.assign("left-over");
  }
  const node::Reason reason = node::parse_command(message.view(), command);
  answer.begin().key("reason").text(reason.view());
  answer.key("id").text(command.id.view()).key("command").text(command.command.view());
  answer.key("params").text(command.params.raw()).end();
}

void find(driver::Request& request, driver::Answer& answer) {
  const driver::Exact name(request.text());
  // Each start value is one that the function must overwrite, or leave as it is when it refuses.
  auto action = static_cast<node::Action>(request.natural());
  const node::Reason reason = node::find_action(name.view(), action);
  answer.begin().key("reason").text(reason.view()).key("action").natural(static_cast<std::uint64_t>(action)).end();
}

void read_set_led(driver::Request& request, driver::Answer& answer) {
  const driver::Exact text(request.text());
  node::LedCommand led;
  led.on = request.boolean();
  led.brightness = static_cast<std::uint8_t>(request.natural());
  node::JsonValue params;
  std::size_t stopped_at = 0;
  if (!text.view().empty()) node::parse_json(text.view(), params, stopped_at);
  const node::Reason reason = node::parse_set_led(params, led);
  answer.begin().key("reason").text(reason.view()).key("on").boolean(led.on);
  answer.key("brightness").natural(led.brightness).end();
}

}  // namespace

void answer(const std::string& name, driver::Request& request, driver::Answer& answer) {
  if (name == "parse_set_led") return read_set_led(request, answer);
  if (name == "find_action") return find(request, answer);
  read_command(request, answer);
}
