#include "command.hpp"

#include <utility>

namespace node {

namespace {

using Kind = JsonValue::Kind;

Reason malformed(std::size_t stopped_at) {
  Reason reason = because("malformed JSON at byte ");
  append_number(reason, stopped_at);
  return reason;
}

}  // namespace

Reason parse_command(std::string_view message, Command& command) {
  command = Command();
  if (message.size() > kCommandSize) return because(kTooLong);
  JsonValue root;
  std::size_t stopped_at = 0;
  if (!parse_json(message, root, stopped_at)) return malformed(stopped_at);
  if (!root.is_object()) return because("a command must be a JSON object");

  JsonValue id;
  JsonValue name;
  const JsonField fields[] = {{"id", &id, false}, {"command", &name, true}, {"params", &command.params, false}};
  const Reason reason = read_members(root, fields, 3, OtherKeys::kIgnore);
  // What can be read is read before anything is refused: the acknowledgement names it.
  const bool id_read = id.to(command.id) && !command.id.empty();
  const bool name_read = name.to(command.command) && !command.command.empty();
  if (!reason.empty()) return reason;
  if (id.kind() != Kind::kNothing && !id_read) return because("id must be text of 1 to 32 bytes");
  if (!name_read) return because("command must be text of 1 to 24 bytes");
  if (command.params.kind() != Kind::kNothing && !command.params.is_object()) {
    return because("params must be a JSON object");
  }
  return {};
}

Reason find_action(std::string_view name, Action& action) {
  constexpr std::pair<std::string_view, Action> kActions[] = {{"set_led", Action::kSetLed},
                                                              {"set_interval", Action::kSetInterval},
                                                              {"update_firmware", Action::kUpdateFirmware},
                                                              {"rollback_firmware", Action::kRollbackFirmware},
                                                              {"restart", Action::kRestart}};
  for (const auto& [known, meaning] : kActions) {
    if (name != known) continue;
    action = meaning;
    return {};
  }
  return because("unknown command '", name, "'");
}

Reason parse_set_led(const JsonValue& params, LedCommand& led) {
  JsonValue state_value;
  JsonValue brightness_value;
  const JsonField fields[] = {{"state", &state_value, true}, {"brightness", &brightness_value, false}};
  if (Reason reason = read_members(params, fields, 2, OtherKeys::kRefuse); !reason.empty()) return reason;

  Text<3> state;
  if (!state_value.to(state) || !(state == "on" || state == "off")) return because("state must be on or off");
  std::int64_t brightness = led.brightness;
  if (brightness_value.kind() != Kind::kNothing &&
      (!brightness_value.to(brightness) || brightness < 0 || brightness > 255)) {
    return because("brightness must be 0 to 255");
  }
  led.on = state == "on";
  led.brightness = static_cast<std::uint8_t>(brightness);
  return {};
}

Reason parse_set_interval(const JsonValue& params, std::uint32_t least, std::uint32_t most, std::uint32_t& seconds) {
  JsonValue value;
  const JsonField fields[] = {{"seconds", &value, true}};
  if (Reason reason = read_members(params, fields, 1, OtherKeys::kRefuse); !reason.empty()) return reason;
  std::int64_t number = 0;
  if (!value.to(number) || number < least || number > most) {
    Reason reason = because("seconds must be a whole number from ");
    append_number(reason, least);
    reason.append(" to ");
    append_number(reason, most);
    return reason;
  }
  seconds = static_cast<std::uint32_t>(number);
  return {};
}

Reason parse_nothing(const JsonValue& params) { return read_members(params, nullptr, 0, OtherKeys::kRefuse); }

}  // namespace node
