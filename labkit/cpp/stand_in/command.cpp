// Stands in for a command.cpp that an exercise is not about: it refuses every command.

#include "command.hpp"

namespace node {

namespace {
Reason refuse() { return because("this firmware takes no commands"); }
}  // namespace

Reason parse_command(std::string_view, Command&) { return refuse(); }
Reason find_action(std::string_view, Action&) { return refuse(); }
Reason parse_set_led(const JsonValue&, LedCommand&) { return refuse(); }
Reason parse_set_interval(const JsonValue&, std::uint32_t, std::uint32_t, std::uint32_t&) { return refuse(); }
Reason parse_nothing(const JsonValue&) { return refuse(); }

}  // namespace node
