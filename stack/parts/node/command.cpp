// Part 'node' of the house: the cell `%%cpp command.cpp` of solutions/03-esp32-firmware.
// Made by `grader release`. Edit it there, not here.

#include "command.hpp"

namespace node {

Reason parse_nothing(const JsonValue& params) {
  return read_members(params, nullptr, 0, OtherKeys::kRefuse);
}

Reason parse_set_interval(const JsonValue& params, std::uint32_t least, std::uint32_t most,
                          std::uint32_t& seconds) {
  JsonValue value;
  const JsonField fields[] = {{"seconds", &value, true}};
  const Reason reason = read_members(params, fields, 1, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;
  std::int64_t number = 0;
  if (!value.to(number) || number < least || number > most) {
    Reason out_of_range = because("seconds must be a whole number from ");
    append_number(out_of_range, least);
    out_of_range.append(" to ");
    append_number(out_of_range, most);
    return out_of_range;
  }
  seconds = static_cast<std::uint32_t>(number);
  return {};
}

Reason parse_set_led(const JsonValue& params, LedCommand& led) {
  JsonValue state_value;
  JsonValue brightness_value;
  const JsonField fields[] = {{"state", &state_value, true},
                              {"brightness", &brightness_value, false}};
  const Reason reason = read_members(params, fields, 2, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;

  Text<3> state;
  if (!state_value.to(state) || !(state == "on" || state == "off")) {
    return because("state must be on or off");
  }
  std::int64_t brightness = led.brightness;
  const bool given = brightness_value.kind() != JsonValue::Kind::kNothing;
  if (given && (!brightness_value.to(brightness) || brightness < 0 || brightness > 255)) {
    return because("brightness must be 0 to 255");
  }
  led.on = state == "on";
  led.brightness = static_cast<std::uint8_t>(brightness);
  return {};
}

Reason parse_command(std::string_view message, Command& command) {
  command = Command();
  if (message.size() > kCommandSize) return because(kTooLong);
  JsonValue root;
  std::size_t stopped_at = 0;
  if (!parse_json(message, root, stopped_at)) {
    Reason reason = because("malformed JSON at byte ");
    append_number(reason, stopped_at);
    return reason;
  }
  if (!root.is_object()) return because("a command must be a JSON object");

  JsonValue id;
  JsonValue name;
  const JsonField fields[] = {
      {"id", &id, false}, {"command", &name, true}, {"params", &command.params, false}};
  const Reason reason = read_members(root, fields, 3, OtherKeys::kIgnore);
  // Both first: the acknowledgement names what could be read, whatever is wrong with the rest.
  const bool has_id = id.kind() != JsonValue::Kind::kNothing;
  const bool has_params = command.params.kind() != JsonValue::Kind::kNothing;
  const bool id_read = !has_id || (id.to(command.id) && !command.id.empty());
  const bool name_read = name.to(command.command) && !command.command.empty();
  if (!reason.empty()) return reason;
  if (!id_read) return because("id must be text of 1 to 32 bytes");
  if (!name_read) return because("command must be text of 1 to 24 bytes");
  if (has_params && !command.params.is_object()) return because("params must be a JSON object");
  return {};
}

Reason find_action(std::string_view name, Action& action) {
  if (name == "set_led") {
    action = Action::kSetLed;
  } else if (name == "set_interval") {
    action = Action::kSetInterval;
  } else if (name == "update_firmware") {
    action = Action::kUpdateFirmware;
  } else if (name == "rollback_firmware") {
    action = Action::kRollbackFirmware;
  } else if (name == "restart") {
    action = Action::kRestart;
  } else {
    return because("unknown command '", name, "'");
  }
  return {};
}

}  // namespace node
