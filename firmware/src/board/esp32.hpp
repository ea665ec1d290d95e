#pragma once

#include <Arduino.h>
#include <HTTPClient.h>
#include <Update.h>
#include <WiFi.h>
#include <esp_ota_ops.h>
#include <esp_timer.h>

#include <ctime>

#include "clock.hpp"
#include "led.hpp"
#include "network.hpp"
#include "ota.hpp"
#include "random.hpp"
#include "system.hpp"
#include "text.hpp"

namespace board {

/// The chip's timer, and the time of day by NTP.
class EspClock final : public node::Clock {
 public:
  std::uint64_t uptime_ms() const override { return static_cast<std::uint64_t>(esp_timer_get_time()) / 1'000U; }

  bool unix_seconds(std::int64_t& seconds) const override {
    // Until NTP has answered the clock counts from 1970.
    constexpr std::int64_t kYear2024 = 1'704'067'200;
    seconds = static_cast<std::int64_t>(std::time(nullptr));
    return seconds >= kYear2024;
  }
};

/// Noise of the radio; true chance while Wi-Fi is on.
class EspRandom final : public node::Random {
 public:
  std::uint32_t next() override { return esp_random(); }
};

/// The Arduino core joins the network again by itself.
class Wifi final : public node::Network {
 public:
  bool is_up() override { return WiFi.status() == WL_CONNECTED; }
  int rssi() override { return is_up() ? WiFi.RSSI() : 0; }
};

/// A lamp on a pin that can be dimmed by pulse width.
class PwmLed final : public node::Led {
 public:
  explicit PwmLed(std::uint8_t pin) : pin_(pin) {}
  void set(bool on, std::uint8_t brightness) override { analogWrite(pin_, on ? brightness : 0); }

 private:
  std::uint8_t pin_;
};

class EspSystem final : public node::System {
 public:
  void restart() override { ESP.restart(); }
};

/// A file by HTTP, without TLS. `open` waits for the head of the answer.
class HttpDownload final : public node::Download {
 public:
  bool open(std::string_view url) override {
    node::Text<191> address;
    // With this client the library would speak plain HTTP to the port of https.
    if (url.substr(0, 7) != "http://") return false;
    if (!address.assign(url) || !http_.begin(client_, address.c_str())) return false;
    http_.useHTTP10(true);  // no chunks: the bytes of the stream are those of the file
    if (http_.GET() != HTTP_CODE_OK) return false;
    left_ = http_.getSize();
    return left_ > 0;  // a server that does not say how much it sends cannot be told from one that broke off
  }

  int read(std::uint8_t* out, std::size_t capacity) override {
    if (left_ == 0) return kEnd;
    const int ready = client_.available();
    if (ready <= 0) return client_.connected() ? 0 : kFailed;
    const int most = static_cast<int>(capacity) < left_ ? static_cast<int>(capacity) : left_;
    const int count = client_.read(out, static_cast<std::size_t>(ready < most ? ready : most));
    if (count <= 0) return count == 0 ? 0 : kFailed;
    left_ -= count;
    return count;
  }

  void close() override { http_.end(); }

 private:
  WiFiClient client_;
  HTTPClient http_;
  int left_ = 0;  // bytes
};

/// The two app partitions of the flash memory.
class FlashSlots final : public node::OtaSlot {
 public:
  std::uint32_t capacity() const override {
    const esp_partition_t* next = esp_ota_get_next_update_partition(nullptr);
    return next == nullptr ? 0 : next->size;
  }
  bool begin(std::uint32_t size) override { return Update.begin(size, U_FLASH); }
  bool write(const std::uint8_t* data, std::size_t size) override {
    return Update.write(const_cast<std::uint8_t*>(data), size) == size;  // the library does not change it
  }
  bool commit(std::string_view) override { return Update.end(); }
  void abort() override { Update.abort(); }
  bool rollback() override { return Update.canRollBack() && Update.rollBack(); }
  void confirm() override { esp_ota_mark_app_valid_cancel_rollback(); }
};

}  // namespace board
