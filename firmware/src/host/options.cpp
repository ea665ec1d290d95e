#include "options.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "version.hpp"

namespace host {

const char* const kUsage =
    "Virtual ESP32 boards: the node of lib/ over MQTT.\n"
    "\n"
    "  --host NAME          broker (MQTT_HOST, 127.0.0.1)\n"
    "  --port N             its port (MQTT_PORT, 1883)\n"
    "  --username NAME      (MQTT_USERNAME)\n"
    "  --password TEXT      (MQTT_PASSWORD, or MQTT_PASSWORD_FILE; seen by all users of the machine if given here)\n"
    "  --id ID              id of the first board (01)\n"
    "  --count N            boards in this process (1); their ids count up from the first\n"
    "  --interval S         seconds between two readings (5)\n"
    "  --seed N             makes the signals and the chances (1)\n"
    "  --for S              end after S seconds (0: run on)\n"
    "  --firmware VERSION   version that the boards start with (1.0.0)\n"
    "  --backoff-base S     longest wait after the first failed connection (1)\n"
    "  --backoff-cap S      longest wait of all (60)\n"
    "  --hold S             time after which a connection counts as good (10)\n"
    "  --trace              tell how the boards are: a line of JSON at each change\n"
    "  --tied               end when standard input ends: with the process that holds the other end\n"
    "\n"
    "Lines on standard input: `wifi off`, `wifi on`, each with an id if one board is meant.\n";

namespace {

using Values = std::map<std::string, std::string>;

const Values kDefaults = {{"--host", "127.0.0.1"}, {"--port", "1883"},    {"--username", ""},
                          {"--password", ""},      {"--id", "01"},        {"--count", "1"},
                          {"--interval", "5"},     {"--seed", "1"},       {"--for", "0"},
                          {"--firmware", "1.0.0"}, {"--backoff-base", "1"}, {"--backoff-cap", "60"},
                          {"--hold", "10"}};

std::uint32_t whole(const Values& values, const std::string& name, std::uint32_t least, std::uint32_t most) {
  const std::string& text = values.at(name);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    throw BadOption(name + " is '" + text + "': it takes a whole number from " + std::to_string(least) + " to " +
                    std::to_string(most));
  }
  return number;
}

std::uint32_t milliseconds(const Values& values, const std::string& name) {
  constexpr double kMost_s = 3'600.0;
  const std::string& text = values.at(name);
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(seconds > 0.0 && seconds <= kMost_s)) {
    throw BadOption(name + " is '" + text + "': it takes seconds, more than 0, at most 3600");
  }
  return static_cast<std::uint32_t>(std::lround(seconds * 1'000.0));
}

void take(Values& values, const char* variable, const std::string& name) {
  if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') values[name] = value;
}

void take_file(Values& values, const char* variable, const std::string& name) {
  const char* path = std::getenv(variable);
  if (path == nullptr || *path == '\0') return;
  std::ifstream file(path);
  std::string secret;
  if (!std::getline(file, secret)) throw BadOption(std::string(variable) + ": " + path + " cannot be read");
  values[name] = secret;
}

/// `01` and 3 boards: 01, 02, 03. What stands before the digits at the end stays.
std::vector<node::NodeId> count_up(const std::string& first, std::uint32_t count) {
  const std::size_t digits_at = first.find_last_not_of("0123456789") + 1;
  const std::string head = first.substr(0, digits_at);
  const std::string digits = first.substr(digits_at);
  if (count > 1 && (digits.empty() || digits.size() > 9)) {
    throw BadOption("--id is '" + first + "': with --count it ends with one to nine digits, to count up from");
  }
  std::vector<node::NodeId> ids;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string id = first;
    if (i > 0) {
      const std::string number = std::to_string(std::stoul(digits) + i);
      id = head + std::string(digits.size() > number.size() ? digits.size() - number.size() : 0, '0') + number;
    }
    node::NodeId node_id;
    if (!node_id.assign(id)) {
      throw BadOption("--id is '" + id + "': it takes 1 to 24 letters, digits, '-' and '_'");
    }
    ids.push_back(node_id);
  }
  return ids;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  Values values = kDefaults;
  take(values, "MQTT_HOST", "--host");
  take(values, "MQTT_PORT", "--port");
  take(values, "MQTT_USERNAME", "--username");
  take(values, "MQTT_PASSWORD", "--password");
  take_file(values, "MQTT_USERNAME_FILE", "--username");
  take_file(values, "MQTT_PASSWORD_FILE", "--password");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--help" || arguments[i] == "-h") {
      options.help = true;
      return options;
    }
    if (arguments[i] == "--trace" || arguments[i] == "--tied") {
      (arguments[i] == "--trace" ? options.trace : options.tied) = true;
      continue;
    }
    if (values.count(arguments[i]) == 0) throw BadOption("unknown option " + arguments[i] + "; --help lists them");
    if (i + 1 == arguments.size()) throw BadOption(arguments[i] + " takes a value");
    values[arguments[i]] = arguments[i + 1];
    ++i;
  }

  options.broker.host = values["--host"];
  if (options.broker.host.empty()) throw BadOption("--host is empty: it takes the broker's name or address");
  options.broker.port = static_cast<int>(whole(values, "--port", 1, 65'535));
  options.broker.username = values["--username"];
  options.broker.password = values["--password"];
  options.ids = count_up(values["--id"], whole(values, "--count", 1, 1'000));
  options.interval_s = whole(values, "--interval", 1, node::kMostInterval_s);
  options.seed = whole(values, "--seed", 0, UINT32_MAX);
  options.run_s = whole(values, "--for", 0, 1'000'000);
  options.backoff.base_ms = milliseconds(values, "--backoff-base");
  options.backoff.cap_ms = milliseconds(values, "--backoff-cap");
  options.backoff.hold_ms = milliseconds(values, "--hold");
  options.firmware = values["--firmware"];
  if (node::Version version; !node::parse_version(options.firmware, version)) {
    throw BadOption("--firmware is '" + options.firmware + "': it takes a version like 1.2.3");
  }
  return options;
}

}  // namespace host
