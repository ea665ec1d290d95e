#pragma once

#include <cstdint>

namespace node {

/// Port: chance. On the board it comes from the radio's noise, in a test from a list.
class Random {
 public:
  virtual ~Random() = default;

  /// Any 32 bits, each value as likely as the others.
  virtual std::uint32_t next() = 0;
};

}  // namespace node
