#pragma once

#include "Arduino.h"

#define U_FLASH 0

class UpdateClass {
 public:
  bool begin(std::size_t size, int command = U_FLASH);
  std::size_t write(std::uint8_t* data, std::size_t size);
  bool end(bool even_if_remaining = false);
  void abort();
  bool canRollBack();
  bool rollBack();
};
extern UpdateClass Update;
