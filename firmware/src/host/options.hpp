#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "mosquitto_transport.hpp"
#include "settings.hpp"

namespace host {

/// What the command line and the environment say; the command line wins.
struct Options {
  Broker broker;
  std::vector<node::NodeId> ids;  ///< One for each board.
  std::uint32_t interval_s = 5;
  std::uint32_t seed = 1;
  std::uint32_t run_s = 0;  ///< 0: until a signal comes.
  std::string firmware = "1.0.0";
  node::BackoffLimits backoff;
  bool trace = false;  ///< Tell how the boards are, at each change.
  bool tied = false;   ///< End with standard input.
  bool help = false;
};

/// A setting that cannot be used; the text names it and says what would be right.
class BadOption : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

extern const char* const kUsage;

/// Reads the settings.
/// @throws BadOption
Options read_options(const std::vector<std::string>& arguments);

}  // namespace host
