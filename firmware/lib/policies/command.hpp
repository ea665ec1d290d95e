#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json_reader.hpp"
#include "text.hpp"

namespace node {

/// The longest command that a node reads, in bytes.
constexpr std::size_t kCommandSize = 1024;

/// Why a longer one is refused.
constexpr std::string_view kTooLong = "message is longer than 1024 bytes";

/// What a node answers to a command. An empty reason means that it was done.
struct Acknowledgement {
  Text<32> id;       ///< As in the command; empty if it had none that could be read.
  Text<24> command;  ///< Likewise.
  Reason reason;
};

/// A command taken apart: `{"id": "c-17", "command": "set_led", "params": {"state": "on", "brightness": 128}}`.
struct Command {
  Text<32> id;       ///< Joins the acknowledgement to the command. Seed 001 has commands without: empty then.
  Text<24> command;  ///< Its name.
  JsonValue params;  ///< A view into the message, nothing if there are none.
};

/// Reads a command. What can be read of the id and the name is filled in even if the command is refused, for the
/// acknowledgement.
///
/// Refused: what is no JSON (the reason names the byte), no object, has a key twice, no name, an id that is no text of
/// 1 to 32 bytes, params that are no object. Unknown keys beside the three are passed over.
///
/// @return why it is refused; empty if it is not.
Reason parse_command(std::string_view message, Command& command);

/// What a node can be told to do.
enum class Action : std::uint8_t { kSetLed, kSetInterval, kUpdateFirmware, kRollbackFirmware, kRestart };

/// Finds what a command's name means: `set_led`, `set_interval`, `update_firmware`, `rollback_firmware`, `restart`.
///
/// @return why it is refused, with the name (`unknown command 'dance'`); empty if it is known.
Reason find_action(std::string_view name, Action& action);

/// `set_led`: a lamp and its brightness.
struct LedCommand {
  bool on = false;
  std::uint8_t brightness = 255;
};

/// Reads `{"state": "on", "brightness": 128}`. `state` is `on` or `off`; `brightness` is a whole number from 0 to 255
/// and may be missing, which means the brightness that `led` came with. Any other key is refused. A command that is
/// refused leaves `led` as it was.
Reason parse_set_led(const JsonValue& params, LedCommand& led);

/// Reads `{"seconds": 10}`: a whole number from `least` to `most`.
Reason parse_set_interval(const JsonValue& params, std::uint32_t least, std::uint32_t most, std::uint32_t& seconds);

/// For commands that take no params.
Reason parse_nothing(const JsonValue& params);

}  // namespace node
