#pragma once

#include <cstdint>
#include <string_view>

#include "backoff.hpp"
#include "node_id.hpp"

namespace node {

/// The longest time between two readings, in seconds.
constexpr std::uint32_t kMostInterval_s = 3'600;

/// What makes one node different from the next.
struct Settings {
  NodeId id;
  std::string_view firmware;            ///< The version that runs; outlives the node.
  std::uint32_t interval_s = 5;         ///< Seconds between two readings.
  std::uint32_t least_interval_s = 1;   ///< The sensor's limit: a DHT22 takes two seconds.
  BackoffLimits backoff;
};

/// What a node has done since it started. At any moment, measured = acknowledged + lost + those in the buffer.
struct Counters {
  std::uint32_t measured = 0;
  std::uint32_t sensor_failures = 0;  ///< The sensor did not answer, or with something that is no number.
  std::uint32_t acknowledged = 0;     ///< Readings that the broker has.
  std::uint32_t lost = 0;             ///< Readings given up: a full buffer made room for newer ones.
  std::uint32_t repeated = 0;         ///< Readings sent again because a connection ended before the acknowledgement.

  Counters operator+(const Counters& more) const {
    return {measured + more.measured, sensor_failures + more.sensor_failures, acknowledged + more.acknowledged,
            lost + more.lost, repeated + more.repeated};
  }
};

}  // namespace node
