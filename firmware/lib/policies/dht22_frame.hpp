#pragma once

#include <array>
#include <cstdint>

namespace node {

/// The 40 bits that a DHT22 (AM2302) sends: humidity, temperature, checksum.
///
/// | bytes | meaning                                                                 |
/// |-------|-------------------------------------------------------------------------|
/// | 0, 1  | humidity in tenths of a percent                                         |
/// | 2, 3  | temperature in tenths of °C: bit 15 is the sign, the others are the size |
/// | 4     | the low byte of the sum of the other four                               |
///
/// Source: the sensor's data sheet (Aosong, AM2302). The sign is no two's complement: 0x8065 is -10.1 °C.
using Dht22Frame = std::array<std::uint8_t, 5>;

/// Reads a frame. False if the checksum is wrong, or if the values are beyond what the sensor measures (0 to 100 %,
/// -40 to 80 °C): five bytes of zero or of one have a right checksum, or nearly, and come from a loose wire.
inline bool decode_dht22(const Dht22Frame& frame, float& temperature, float& humidity) {
  const auto sum = static_cast<std::uint8_t>(frame[0] + frame[1] + frame[2] + frame[3]);
  if (sum != frame[4]) return false;
  const int wet = frame[0] * 256 + frame[1];
  const int size = (frame[2] & 0x7F) * 256 + frame[3];
  const int warm = (frame[2] & 0x80) != 0 ? -size : size;
  if ((wet == 0 && size == 0) || wet > 1'000 || warm < -400 || warm > 800) return false;
  temperature = static_cast<float>(warm) / 10.0F;
  humidity = static_cast<float>(wet) / 10.0F;
  return true;
}

}  // namespace node
