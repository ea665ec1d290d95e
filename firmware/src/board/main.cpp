// An ESP32 (DOIT DevKit V1) with a DHT22: the node of lib/ on real hardware.

#include <Arduino.h>
#include <WiFi.h>

#include "dht22.hpp"
#include "esp32.hpp"
#include "esp_mqtt.hpp"
#include "node.hpp"
#include "pins.hpp"

// From the environment, by platformio.ini; see README.md.
#ifndef NODE_FIRMWARE_VERSION
#error "NODE_FIRMWARE_VERSION is not set: build with PlatformIO (README.md)"
#endif
static_assert(sizeof(NODE_WIFI_SSID) > 1, "set the environment variable NODE_WIFI_SSID to the name of your network");
static_assert(sizeof(NODE_MQTT_HOST) > 1, "set the environment variable NODE_MQTT_HOST to the address of your broker");
static_assert(sizeof(NODE_ID) > 1, "set the environment variable NODE_ID, such as 01");

namespace {

board::EspClock board_clock;
board::EspRandom chance;
board::Wifi wifi;
board::EspMqtt mqtt(NODE_MQTT_HOST, 1883, NODE_MQTT_USERNAME, NODE_MQTT_PASSWORD);
board::Dht22 sensor(board::kDht22Pin);
board::PwmLed led(board::kLedPin);
board::HttpDownload download;
board::FlashSlots slots;
board::EspSystem restarter;

node::Settings settings() {
  node::Settings settings;
  if (!settings.id.assign(NODE_ID)) {
    Serial.println("NODE_ID takes 1 to 24 letters, digits, '-' and '_'; going on as node_00");
    settings.id.assign("00");
  }
  settings.firmware = NODE_FIRMWARE_VERSION;
  settings.least_interval_s = board::kDht22Interval_s;
  return settings;
}

node::Node& the_node() {
  // Made at its first use, after setup() has started what it needs; it stays for ever.
  static node::Node node({board_clock, chance, wifi, mqtt, sensor, led, download, slots, restarter}, settings());
  return node;
}

}  // namespace

void setup() {
  Serial.begin(115'200);
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.begin(NODE_WIFI_SSID, NODE_WIFI_PASSWORD);
  configTime(0, 0, "pool.ntp.org");  // UTC
}

void loop() {
  the_node().poll();
  delay(1);  // gives the system's own tasks, the watchdog's among them, their turn
}
