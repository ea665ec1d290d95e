# Right answers to exercise 3.2 that differ from the reference.

# %% id=member-by-member
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
  LedCommand wanted = led;
  unsigned states = 0;
  unsigned brightnesses = 0;
  JsonMembers members(params);
  while (members.next()) {
    if (members.key() == "state") {
      Text<8> word;
      if (++states > 1 || !members.value().to(word)) return because("state must be on or off");
      if (word.view() != "on" && word.view() != "off") return because("state must be on or off");
      wanted.on = word.view() == "on";
    } else if (members.key() == "brightness") {
      std::int64_t number = -1;
      if (++brightnesses > 1 || !members.value().to(number) || number < 0 || number > 255) {
        return because("brightness must be 0 to 255, once");
      }
      wanted.brightness = static_cast<std::uint8_t>(number);
    } else {
      return because("unknown key ", members.key());
    }
  }
  if (states == 0) return because("state is missing");
  led = wanted;
  return {};
}

Reason parse_command(std::string_view message, Command& command) {
  command = Command();
  JsonValue root;
  std::size_t at = 0;
  if (message.size() > kCommandSize) return because("a command has at most 1024 bytes");
  if (!parse_json(message, root, at)) {
    Reason reason = because("no JSON from byte ");
    append_number(reason, at);
    return reason;
  }
  if (!root.is_object()) return because("that is no object");
  Reason reason;
  unsigned ids = 0;
  unsigned names = 0;
  unsigned params = 0;
  JsonMembers members(root);
  while (members.next()) {
    const JsonValue& value = members.value();
    Reason found;
    if (members.key() == "id") {
      if (++ids > 1 || !value.to(command.id) || command.id.empty()) found = because("id must be 1 to 32 bytes, once");
    } else if (members.key() == "command") {
      const bool read = value.to(command.command) && !command.command.empty();
      if (++names > 1 || !read) found = because("command must be 1 to 24 bytes, once");
    } else if (members.key() == "params") {
      command.params = value;
      if (++params > 1 || !value.is_object()) found = because("params must be one object");
    }
    if (reason.empty()) reason = found;
  }
  if (reason.empty() && names == 0) reason = because("command is missing");
  return reason;
}

Reason find_action(std::string_view name, Action& action) {
  constexpr std::string_view names[] = {"set_led", "set_interval", "update_firmware", "rollback_firmware", "restart"};
  for (std::size_t i = 0; i < 5; ++i) {
    if (names[i] != name) continue;
    action = static_cast<Action>(i);
    return {};
  }
  return because("unknown command ", name);
}

}  // namespace node

# %% id=table-of-actions
#include "command.hpp"

#include <algorithm>
#include <iterator>

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
  if (!id_read) return because("the id cannot be used");
  if (!name_read) return because("the command's name cannot be used");
  return has_params && !command.params.is_object() ? because("the params are no object") : Reason();
}

Reason find_action(std::string_view name, Action& action) {
  static constexpr struct {
    std::string_view name;
    Action action;
  } kActions[] = {{"restart", Action::kRestart},
                  {"rollback_firmware", Action::kRollbackFirmware},
                  {"set_interval", Action::kSetInterval},
                  {"set_led", Action::kSetLed},
                  {"update_firmware", Action::kUpdateFirmware}};
  const auto* found = std::find_if(std::begin(kActions), std::end(kActions),
                                   [name](const auto& known) { return known.name == name; });
  if (found == std::end(kActions)) return because("there is no command '", name, "': it is unknown");
  action = found->action;
  return {};
}

}  // namespace node
