#pragma once

// Stand-ins for the headers that the board layer uses, with the signatures of arduino-esp32 2.0.17 and espMqttClient
// 1.7.3 and no behaviour. `make board` compiles src/board against them, so a change of a port cannot break the board
// unnoticed. They prove nothing about the hardware.

#include <cstddef>
#include <cstdint>

#define LOW 0x0
#define HIGH 0x1
#define INPUT_PULLUP 0x05
#define OUTPUT 0x03

void pinMode(std::uint8_t pin, std::uint8_t mode);
void digitalWrite(std::uint8_t pin, std::uint8_t value);
int digitalRead(std::uint8_t pin);
void analogWrite(std::uint8_t pin, int value);
unsigned long micros();
unsigned long millis();
void delay(std::uint32_t milliseconds);
void delayMicroseconds(std::uint32_t microseconds);
void configTime(long offset_s, int daylight_s, const char* server1, const char* server2 = nullptr,
                const char* server3 = nullptr);
std::uint32_t esp_random();

struct portMUX_TYPE {
  std::uint32_t owner;
};
#define portMUX_INITIALIZER_UNLOCKED {0}
void vPortEnterCritical(portMUX_TYPE* lock);
void vPortExitCritical(portMUX_TYPE* lock);
#define portENTER_CRITICAL(lock) vPortEnterCritical(lock)
#define portEXIT_CRITICAL(lock) vPortExitCritical(lock)

class String {
 public:
  String(const char* text = "");
};

class EspClass {
 public:
  void restart();
};
extern EspClass ESP;

class HardwareSerial {
 public:
  void begin(unsigned long baud);
  std::size_t println(const char* text);
};
extern HardwareSerial Serial;
