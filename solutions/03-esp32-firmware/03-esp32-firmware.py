# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 03: ESP32 firmware

# %%
from labkit import check, hint, house_plan, start

services = start("mqtt")
broker = services.mqtt

# %% nbgrader={"grade": false, "grade_id": "ex-03-1", "locked": false, "schema_version": 3, "solution": true}
%%cpp telemetry.cpp
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  // ### BEGIN SOLUTION
  if (reading.timestamp == kUnknownTime) return {};
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
  // ### END SOLUTION
}

}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-03-1", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("03.1")

# %% nbgrader={"grade": false, "grade_id": "ex-03-2", "locked": false, "schema_version": 3, "solution": true}
%%cpp command.cpp
#include "command.hpp"

namespace node {

Reason parse_nothing(const JsonValue& params) {
  return read_members(params, nullptr, 0, OtherKeys::kRefuse);
}

Reason parse_set_interval(const JsonValue& params, std::uint32_t least, std::uint32_t most,
                          std::uint32_t& seconds) {
  JsonValue value;
  const JsonField fields[] = {{"seconds", &value, true}};
  const Reason reason = read_members(params, fields, 1, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;
  std::int64_t number = 0;
  if (!value.to(number) || number < least || number > most) {
    Reason out_of_range = because("seconds must be a whole number from ");
    append_number(out_of_range, least);
    out_of_range.append(" to ");
    append_number(out_of_range, most);
    return out_of_range;
  }
  seconds = static_cast<std::uint32_t>(number);
  return {};
}

Reason parse_set_led(const JsonValue& params, LedCommand& led) {
  // ### BEGIN SOLUTION
  JsonValue state_value;
  JsonValue brightness_value;
  const JsonField fields[] = {{"state", &state_value, true},
                              {"brightness", &brightness_value, false}};
  const Reason reason = read_members(params, fields, 2, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;

  Text<3> state;
  if (!state_value.to(state) || !(state == "on" || state == "off")) {
    return because("state must be on or off");
  }
  std::int64_t brightness = led.brightness;
  const bool given = brightness_value.kind() != JsonValue::Kind::kNothing;
  if (given && (!brightness_value.to(brightness) || brightness < 0 || brightness > 255)) {
    return because("brightness must be 0 to 255");
  }
  led.on = state == "on";
  led.brightness = static_cast<std::uint8_t>(brightness);
  return {};
  // ### END SOLUTION
}

Reason parse_command(std::string_view message, Command& command) {
  // ### BEGIN SOLUTION
  command = Command();
  if (message.size() > kCommandSize) {
    Reason reason = because("message is longer than ");
    append_number(reason, kCommandSize);
    reason.append(" bytes");
    return reason;
  }
  JsonValue root;
  std::size_t stopped_at = 0;
  if (!parse_json(message, root, stopped_at)) {
    Reason reason = because("malformed JSON at byte ");
    append_number(reason, stopped_at);
    return reason;
  }
  if (!root.is_object()) return because("a command must be a JSON object");

  JsonValue id;
  JsonValue name;
  const JsonField fields[] = {
      {"id", &id, false}, {"command", &name, true}, {"params", &command.params, false}};
  const Reason reason = read_members(root, fields, 3, OtherKeys::kIgnore);
  // Both first: the acknowledgement names what could be read, whatever is wrong with the rest.
  const bool has_id = id.kind() != JsonValue::Kind::kNothing;
  const bool has_params = command.params.kind() != JsonValue::Kind::kNothing;
  const bool id_read = !has_id || (id.to(command.id) && !command.id.empty());
  const bool name_read = name.to(command.command) && !command.command.empty();
  if (!reason.empty()) return reason;
  if (!id_read) return because("id must be text of 1 to 32 bytes");
  if (!name_read) return because("command must be text of 1 to 24 bytes");
  if (has_params && !command.params.is_object()) return because("params must be a JSON object");
  return {};
  // ### END SOLUTION
}

}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-03-2", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("03.2")

# %% nbgrader={"grade": false, "grade_id": "ex-03-3", "locked": false, "schema_version": 3, "solution": true}
%%cpp backoff.cpp
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // ### BEGIN SOLUTION
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint32_t doublings = failures < 31U ? failures : 31U;
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms) << doublings;
  return grown < limits_.cap_ms ? static_cast<std::uint32_t>(grown) : limits_.cap_ms;
  // ### END SOLUTION
}

bool Backoff::may_try(std::uint64_t now) {
  // ### BEGIN SOLUTION
  tick(now);
  if (state_ != State::kReady) return false;
  state_ = State::kTrying;
  return true;
  // ### END SOLUTION
}

void Backoff::connected(std::uint64_t now) {
  // ### BEGIN SOLUTION
  if (state_ != State::kTrying) return;
  state_ = State::kOnTrial;
  due_ = now + limits_.hold_ms;
  // ### END SOLUTION
}

void Backoff::failed(std::uint64_t now) {
  // ### BEGIN SOLUTION
  tick(now);
  if (state_ == State::kReady || state_ == State::kWaiting) return;
  // Each of 0 … ceiling is as likely as the others: 32 random bits × choices, the upper half.
  const std::uint64_t choices = static_cast<std::uint64_t>(ceiling_ms(failures_)) + 1U;
  due_ = now + ((random_.next() * choices) >> 32U);
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  state_ = State::kWaiting;
  // ### END SOLUTION
}

void Backoff::tick(std::uint64_t now) {
  // ### BEGIN SOLUTION
  if (now < due_) return;
  if (state_ == State::kWaiting) state_ = State::kReady;
  if (state_ == State::kOnTrial) {
    state_ = State::kHolding;
    failures_ = 0;
  }
  // ### END SOLUTION
}

std::uint64_t Backoff::due() const {
  if (state_ == State::kReady) return 0;
  const bool timed = state_ == State::kWaiting || state_ == State::kOnTrial;
  return timed ? due_ : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-03-3", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("03.3")

# %% nbgrader={"grade": false, "grade_id": "ex-03-4", "locked": false, "schema_version": 3, "solution": true}
%%cpp ring_buffer.hpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace node {

/// A queue of fixed size that keeps the newest `Capacity` items: when it is full, a new item takes
/// the place of the oldest.
///
/// Every item has a number, counted from 0 since the start. Whoever sends an item away remembers
/// its number and says with it what may be removed: by then the item may have been pushed out, and
/// another one be the oldest.
template <typename Item, std::size_t Capacity>
class RingBuffer {
  static_assert(Capacity > 0, "a buffer holds something");

 public:
  /// Appends an item. The answer is false if that pushed out the oldest one.
  bool push(const Item& item) {
    // ### BEGIN SOLUTION
    const bool room = size_ < Capacity;
    if (!room) remove_oldest();
    items_[(first_ + size_) % Capacity] = item;
    ++size_;
    return room;
    // ### END SOLUTION
  }

  /// Removes the oldest item if it still has this number; otherwise nothing happens, and the
  /// answer is false.
  bool remove(std::uint32_t number) {
    // ### BEGIN SOLUTION
    if (empty() || number != oldest_number_) return false;
    remove_oldest();
    return true;
    // ### END SOLUTION
  }

  /// Item `index`, counted from the oldest one, which is 0.
  Item& at(std::size_t index) {
    // ### BEGIN SOLUTION
    return items_[(first_ + index) % Capacity];
    // ### END SOLUTION
  }

  /// The oldest item; only while the buffer is not empty.
  const Item& oldest() const { return items_[first_]; }

  /// The number of the oldest item.
  std::uint32_t oldest_number() const { return oldest_number_; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  static constexpr std::size_t capacity() { return Capacity; }

 private:
  void remove_oldest() {
    // ### BEGIN SOLUTION
    first_ = (first_ + 1) % Capacity;
    --size_;
    ++oldest_number_;
    // ### END SOLUTION
  }

  std::array<Item, Capacity> items_{};  // the cells
  std::size_t first_ = 0;               // cell of the oldest item
  std::size_t size_ = 0;                // items in the buffer
  std::uint32_t oldest_number_ = 0;
};

}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-03-4", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("03.4")

# %% nbgrader={"grade": false, "grade_id": "ex-03-5", "locked": false, "schema_version": 3, "solution": true}
%%cpp status.cpp
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  // ### BEGIN SOLUTION
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
  // ### END SOLUTION
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  // ### BEGIN SOLUTION
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
  // ### END SOLUTION
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  // ### BEGIN SOLUTION
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  json.end().end();
  return json.view();
  // ### END SOLUTION
}

}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-03-5", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("03.5")

# %% nbgrader={"grade": false, "grade_id": "ex-03-6", "locked": false, "schema_version": 3, "solution": true}
%%cpp manifest.cpp
#include "manifest.hpp"

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  // ### BEGIN SOLUTION
  if (left.major != right.major) return left.major < right.major ? -1 : 1;
  if (left.minor != right.minor) return left.minor < right.minor ? -1 : 1;
  if (left.patch != right.patch) return left.patch < right.patch ? -1 : 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
  return compare_pre_release(left.pre_release.view(), right.pre_release.view());
  // ### END SOLUTION
}

Reason check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& manifest) {
  JsonValue name_value;
  JsonValue version_value;
  JsonValue size_value;
  JsonValue digest_value;
  JsonValue url_value;
  JsonValue least_value;
  const JsonField fields[] = {{"name", &name_value, true},     {"version", &version_value, true},
                              {"size", &size_value, true},     {"sha256", &digest_value, true},
                              {"url", &url_value, true},       {"min_version", &least_value, false}};
  const Reason reason = read_members(params, fields, 6, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;
  // ### BEGIN SOLUTION
  Name name;
  if (!name_value.to(name) || !(name == running.name)) {
    return because("name must be ", running.name);
  }
  Version present;
  if (!parse_version(running.version, present)) {
    return because("the running version cannot be read");
  }
  if (!version_value.to(manifest.version_text) ||
      !parse_version(manifest.version_text.view(), manifest.version)) {
    return because("version must be like 1.2.3");
  }
  if (compare(manifest.version, present) <= 0) {
    return because("version must be newer than ", running.version);
  }
  if (least_value.kind() != JsonValue::Kind::kNothing) {
    Text<63> least_text;
    Version least;
    if (!least_value.to(least_text) || !parse_version(least_text.view(), least)) {
      return because("min_version must be like 1.2.3");
    }
    if (compare(present, least) < 0) {
      return because("this step needs at least version ", least_text.view());
    }
  }
  std::int64_t size = 0;
  if (!size_value.to(size) || size < 1 || size > running.slot_size) {
    Reason wrong_size = because("size must be 1 to ");
    append_number(wrong_size, running.slot_size);
    return wrong_size;
  }
  manifest.size = static_cast<std::uint32_t>(size);
  Text<64> digest;
  if (!digest_value.to(digest) || !parse_digest(digest.view(), manifest.sha256)) {
    return because("sha256 must be 64 hexadecimal digits");
  }
  if (!url_value.to(manifest.url) || !is_web_address(manifest.url.view())) {
    return because("url must be a web address of at most 191 bytes");
  }
  return {};
  // ### END SOLUTION
}

Reason check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest) {
  // ### BEGIN SOLUTION
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
  // ### END SOLUTION
}

}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-03-6", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("03.6")

# %%
services.stop()
house_plan()
