#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "board.hpp"

namespace host {

/// Tells in lines of JSON how a board is, for whoever draws it: a line at each change, and one a second at least. At
/// most 20 in a second; what changes faster is told when the next line may come. See README.md, "What it tells".
class Trace {
 public:
  explicit Trace(std::size_t boards) : told_(boards) {}

  /// Prints a line if the board is not as it was told, and a line may come.
  void tell(std::size_t index, const Board& board);

  /// Milliseconds until a line may come that has to wait; a long time if none waits.
  int patience_ms() const;

 private:
  struct Told {
    std::string what;              // as printed
    double allowance = kBurst;     // lines that may come at once
    std::uint64_t counted_at = 0;  // when the allowance was reckoned up
    bool waits = false;
  };

  static constexpr double kBurst = 20.0;
  static constexpr double kEach_ms = 50.0;  // a line may come again

  PosixClock clock_;
  std::vector<Told> told_;
};

}  // namespace host
