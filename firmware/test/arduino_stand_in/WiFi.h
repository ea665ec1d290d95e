#pragma once

#include "Arduino.h"

enum wl_status_t { WL_IDLE_STATUS = 0, WL_CONNECTED = 3, WL_DISCONNECTED = 6 };
enum wifi_mode_t { WIFI_MODE_STA = 1 };
#define WIFI_STA WIFI_MODE_STA

class WiFiClass {
 public:
  bool mode(wifi_mode_t mode);
  bool setAutoReconnect(bool on);
  wl_status_t begin(const char* ssid, const char* password = nullptr);
  wl_status_t status();
  std::int8_t RSSI();
};
extern WiFiClass WiFi;

class WiFiClient {
 public:
  int available();
  int read(std::uint8_t* out, std::size_t size);
  std::uint8_t connected();
};
