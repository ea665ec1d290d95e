#include "json_writer.hpp"

#include <cmath>
#include <cstring>

namespace node {

namespace {
constexpr float kLargestDecimal = 1'000'000.0F;
constexpr std::size_t kMostDigits = 20;  // of a 64-bit number
}  // namespace

void JsonWriter::raw(std::string_view piece) {
  if (!ok_ || piece.size() > capacity_ - size_) {
    ok_ = false;
    return;
  }
  std::memcpy(out_ + size_, piece.data(), piece.size());
  size_ += piece.size();
}

void JsonWriter::quoted(std::string_view value) {
  raw("\"");
  for (const char& letter : value) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      raw("\\");
      raw({&letter, 1});
    } else if (code < 0x20) {
      constexpr std::string_view hex = "0123456789abcdef";
      raw("\\u00");
      raw({&hex[code >> 4U], 1});
      raw({&hex[code & 15U], 1});
    } else {
      raw({&letter, 1});
    }
  }
  raw("\"");
}

void JsonWriter::name(std::string_view key) {
  if (!first_) raw(", ");
  first_ = false;
  quoted(key);
  raw(": ");
}

void JsonWriter::digits(std::int64_t value) {
  char reversed[kMostDigits];
  std::size_t count = 0;
  // The smallest number has no positive partner, so the sign is taken off in unsigned arithmetic.
  auto rest = static_cast<std::uint64_t>(value);
  if (value < 0) {
    raw("-");
    rest = 0U - rest;
  }
  do {
    reversed[count++] = static_cast<char>('0' + rest % 10U);
    rest /= 10U;
  } while (rest != 0U);
  while (count > 0) raw({&reversed[--count], 1});
}

JsonWriter& JsonWriter::begin() {
  raw("{");
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin(std::string_view key) {
  name(key);
  return begin();
}

JsonWriter& JsonWriter::end() {
  raw("}");
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view key, std::string_view value) {
  name(key);
  quoted(value);
  return *this;
}

JsonWriter& JsonWriter::integer(std::string_view key, std::int64_t value) {
  name(key);
  digits(value);
  return *this;
}

JsonWriter& JsonWriter::boolean(std::string_view key, bool value) {
  name(key);
  raw(value ? "true" : "false");
  return *this;
}

// A comparison with "not a number" is false, so that is refused as well.
bool JsonWriter::can_write(float value) { return std::fabs(value) <= kLargestDecimal; }

JsonWriter& JsonWriter::decimal(std::string_view key, float value) {
  if (!can_write(value)) {
    ok_ = false;
    return *this;
  }
  const std::int64_t tenths = std::llround(static_cast<double>(value) * 10.0);
  name(key);
  if (tenths < 0) raw("-");
  const std::int64_t size = tenths < 0 ? -tenths : tenths;
  digits(size / 10);
  raw(".");
  digits(size % 10);
  return *this;
}

}  // namespace node
