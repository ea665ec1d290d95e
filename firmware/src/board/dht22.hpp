#pragma once

#include <Arduino.h>

#include "dht22_frame.hpp"
#include "sensor.hpp"

namespace board {

/// A DHT22 on one wire. The sensor answers a pull to ground with 40 bits; how long the wire is high is the bit.
class Dht22 final : public node::Sensor {
 public:
  explicit Dht22(std::uint8_t pin) : pin_(pin) {}

  bool read(node::Sample& sample) override {
    node::Dht22Frame frame{};
    return receive(frame) && node::decode_dht22(frame, sample.temperature, sample.humidity);
  }

 private:
  // Data sheet, in microseconds: the host pulls for at least 1,000; the sensor answers with 80 low and 80 high; a bit
  // is 50 low and then 26 to 28 (zero) or 70 (one) high.
  static constexpr unsigned kStart_us = 1'100;
  static constexpr unsigned long kLongest_us = 100;
  static constexpr unsigned long kOne_us = 48;

  // How long the wire stays at a level, 0 if longer than anything in a frame.
  unsigned long length_of(int level) const {
    const unsigned long start = micros();
    while (digitalRead(pin_) == level) {
      if (micros() - start > kLongest_us) return 0;
    }
    const unsigned long length = micros() - start;
    return length == 0 ? 1 : length;
  }

  bool receive(node::Dht22Frame& frame) {
    pinMode(pin_, OUTPUT);
    digitalWrite(pin_, LOW);
    delayMicroseconds(kStart_us);
    pinMode(pin_, INPUT_PULLUP);
    // Five milliseconds without interrupts: a bit that one of them stretches is read wrong.
    portENTER_CRITICAL(&lock_);
    bool good = length_of(HIGH) != 0 && length_of(LOW) != 0 && length_of(HIGH) != 0;
    for (int bit = 0; good && bit < 40; ++bit) {
      good = length_of(LOW) != 0;
      const unsigned long high = good ? length_of(HIGH) : 0;
      good = good && high != 0;
      frame[static_cast<std::size_t>(bit / 8)] =
          static_cast<std::uint8_t>(frame[static_cast<std::size_t>(bit / 8)] * 2 + (high > kOne_us ? 1 : 0));
    }
    portEXIT_CRITICAL(&lock_);
    return good;
  }

  std::uint8_t pin_;
  portMUX_TYPE lock_ = portMUX_INITIALIZER_UNLOCKED;
};

}  // namespace board
