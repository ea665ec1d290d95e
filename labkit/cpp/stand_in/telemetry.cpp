// Stands in for a telemetry.cpp that an exercise is not about: a message that says which reading it is, and no more.

#include "telemetry.hpp"

#include <cstdio>

namespace node {

std::string_view write_telemetry(std::string_view, const Reading& reading, char* out, std::size_t capacity) {
  const int length = std::snprintf(out, capacity, "{\"number\": %lld}", static_cast<long long>(reading.timestamp));
  return {out, static_cast<std::size_t>(length)};
}

}  // namespace node
