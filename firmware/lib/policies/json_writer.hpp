#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace node {

/// Writes one JSON object into memory of the caller, with the separators of Python's `json.dumps` (", " and ": "),
/// in which the samples in stack/contracts/ are written.
///
///     JsonWriter json(buffer, sizeof buffer);
///     json.begin().text("node_id", "node_01").decimal("temperature", 22.5F).end();
///     if (json.ok()) send(json.view());
///
/// After the first thing that cannot be written (no room, or a number that JSON does not have) `ok` is false for good
/// and `view` is empty: half a message never leaves the board.
class JsonWriter {
 public:
  JsonWriter(char* out, std::size_t capacity) : out_(out), capacity_(capacity) {}

  /// Whether `decimal` can write a value: a number, and not beyond ±1,000,000.
  static bool can_write(float value);

  JsonWriter& begin();
  JsonWriter& begin(std::string_view key);
  JsonWriter& end();
  JsonWriter& text(std::string_view key, std::string_view value);
  JsonWriter& integer(std::string_view key, std::int64_t value);
  JsonWriter& boolean(std::string_view key, bool value);

  /// One digit after the point, never an exponent: 22.5, 22.0, -0.4.
  JsonWriter& decimal(std::string_view key, float value);

  bool ok() const { return ok_; }
  std::string_view view() const { return ok_ ? std::string_view(out_, size_) : std::string_view(); }

 private:
  void raw(std::string_view piece);
  void quoted(std::string_view value);
  void name(std::string_view key);
  void digits(std::int64_t value);

  char* out_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  bool first_ = true;
  bool ok_ = true;
};

}  // namespace node
