# Wrong answers to exercise 3.2: plausible mistakes, each with the hint that it should earn.

# %% id=id-must-be-there hint=refuses-too-much
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
      {"id", &id, true}, {"command", &name, true}, {"params", &command.params, false}};
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

# %% id=knows-three-keys-only hint=refuses-too-much
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
  const Reason reason = read_members(root, fields, 3, OtherKeys::kRefuse);
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

# %% id=any-params hint=refuse-form
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
  const bool id_read = !has_id || (id.to(command.id) && !command.id.empty());
  const bool name_read = name.to(command.command) && !command.command.empty();
  if (!reason.empty()) return reason;
  if (!id_read) return because("id must be text of 1 to 32 bytes");
  if (!name_read) return because("command must be text of 1 to 24 bytes");
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

# %% id=an-id-of-any-kind hint=refuse-form
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
  static_cast<void>(id_read);
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

# %% id=refuses-before-it-reads hint=read-before-refusing
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
  if (!reason.empty()) return reason;
  // Both first: the acknowledgement names what could be read, whatever is wrong with the rest.
  const bool has_id = id.kind() != JsonValue::Kind::kNothing;
  const bool has_params = command.params.kind() != JsonValue::Kind::kNothing;
  const bool id_read = !has_id || (id.to(command.id) && !command.id.empty());
  const bool name_read = name.to(command.command) && !command.command.empty();
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

# %% id=left-overs hint=left-overs
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
  command.params = JsonValue();
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

# %% id=does-not-say-where hint=say-why
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
    return because("malformed JSON");
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

# %% id=does-not-say-which-name hint=say-why
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
    return because("unknown command");
  }
  return {};
}

}  // namespace node

# %% id=begins-with-set-led hint=action-names
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
  if (name.substr(0, 7) == "set_led") {
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

# %% id=unknown-is-restart hint=action-names
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
  } else {
    action = Action::kRestart;
  }
  return {};
}

}  // namespace node

# %% id=brightness-in-eight-bits hint=whole-number
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
  if (given && (!brightness_value.to(brightness) || static_cast<std::uint8_t>(brightness) > 255)) {
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

# %% id=below-255 hint=whole-number
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
  if (given && (!brightness_value.to(brightness) || brightness < 0 || brightness >= 255)) {
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

# %% id=all-else-is-off hint=on-or-off
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
  state_value.to(state);
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

# %% id=no-room-for-off hint=state-refused
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

  Text<2> state;
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

# %% id=a-row-too-many hint=rows
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
  const Reason reason = read_members(params, fields, 3, OtherKeys::kRefuse);
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

# %% id=full-brightness hint=kept-brightness
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
  std::int64_t brightness = 255;
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

# %% id=half-done hint=all-or-nothing
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
  led.on = state == "on";
  std::int64_t brightness = led.brightness;
  const bool given = brightness_value.kind() != JsonValue::Kind::kNothing;
  if (given && (!brightness_value.to(brightness) || brightness < 0 || brightness > 255)) {
    return because("brightness must be 0 to 255");
  }
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

# %% id=misspelt-keys hint=unknown-params
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
  const Reason reason = read_members(params, fields, 2, OtherKeys::kIgnore);
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

# %% id=params-of-a-copy hint=dangling
#include "command.hpp"

#include <string>

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
  const std::string copy(message);
  JsonValue root;
  std::size_t stopped_at = 0;
  if (!parse_json(copy, root, stopped_at)) {
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

# %% id=expects-a-zero-byte hint=out-of-bounds
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
  if (message.data()[message.size()] != '\0') return because("the message must end");
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

# %% id=follows-what-it-did-not-find hint=null-pointer
#include "command.hpp"

#include <cstring>

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
  const void* found = std::memchr(name.data(), '_', name.size());
  const char mark = *static_cast<const char*>(found);
  if (mark == '_' && name == "set_led") {
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

# %% id=throws hint=ends-program
#include "command.hpp"

#include <stdexcept>

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
  if (!root.is_object()) throw std::invalid_argument("a command must be a JSON object");

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

# %% id=accepts-everything hint=refuse-form
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
  JsonValue root;
  std::size_t stopped_at = 0;
  if (!parse_json(message, root, stopped_at)) {
    Reason reason = because("malformed JSON at byte ");
    append_number(reason, stopped_at);
    return reason;
  }
  JsonMembers members(root);
  while (members.next()) {
    if (members.key() == "id") members.value().to(command.id);
    if (members.key() == "command") members.value().to(command.command);
    if (members.key() == "params") command.params = members.value();
  }
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

# %% id=as-long-as-it-likes hint=too-long
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

# %% id=unknown-name hint=does-not-compile
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
  if (!state_value.get(state) || !(state == "on" || state == "off")) {
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
