#pragma once

#include <cstdint>

namespace board {

// DOIT ESP32 DevKit V1. (Espressif's own DevKitC has no lamp on GPIO2.)
constexpr std::uint8_t kLedPin = 2;    // the blue lamp on the board; also a strapping pin, so nothing else hangs there
constexpr std::uint8_t kDht22Pin = 4;  // data, with 4.7 to 10 kΩ to 3.3 V

// DHT22: at most one measurement in two seconds (data sheet).
constexpr std::uint32_t kDht22Interval_s = 2;

}  // namespace board
