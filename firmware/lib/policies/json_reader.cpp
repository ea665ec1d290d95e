#include "json_reader.hpp"

#include <limits>

#include "json_scanner.hpp"

namespace node {

namespace {

/// Appends bytes to memory that may be too small.
class Bytes {
 public:
  Bytes(char* out, std::size_t capacity) : out_(out), capacity_(capacity) {}

  bool add(unsigned value) {
    if (size_ == capacity_) return false;
    out_[size_++] = static_cast<char>(value);
    return true;
  }

  bool add_utf8(unsigned code) {
    if (code < 0x80) return add(code);
    if (code < 0x800) return add(0xC0U | (code >> 6U)) && add_tail(code, 0);
    if (code < 0x10000) return add(0xE0U | (code >> 12U)) && add_tail(code, 6) && add_tail(code, 0);
    return add(0xF0U | (code >> 18U)) && add_tail(code, 12) && add_tail(code, 6) && add_tail(code, 0);
  }

  std::size_t size() const { return size_; }

 private:
  bool add_tail(unsigned code, unsigned shift) { return add(0x80U | ((code >> shift) & 0x3FU)); }

  char* out_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

unsigned hex4(std::string_view digits) {
  unsigned code = 0;
  for (const char digit : digits.substr(0, 4)) code = code * 16U + static_cast<unsigned>(hex_digit(digit));
  return code;
}

unsigned short_escape(char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return static_cast<unsigned char>(letter);
  }
}

}  // namespace

bool parse_json(std::string_view text, JsonValue& root, std::size_t& stopped_at) {
  JsonScanner scanner(text);
  scanner.space();
  const std::size_t start = scanner.position();
  bool good = scanner.value();
  const std::size_t end = scanner.position();
  if (good) {
    scanner.space();
    good = scanner.at_end();
  }
  stopped_at = scanner.position();
  root = good ? JsonValue(text.substr(start, end - start)) : JsonValue();
  return good;
}

JsonValue::Kind JsonValue::kind() const {
  if (raw_.empty()) return Kind::kNothing;
  switch (raw_.front()) {
    case '{': return Kind::kObject;
    case '[': return Kind::kArray;
    case '"': return Kind::kText;
    case 't': return Kind::kTrue;
    case 'f': return Kind::kFalse;
    case 'n': return Kind::kNull;
    default: return Kind::kNumber;
  }
}

bool JsonValue::to(std::int64_t& number) const {
  if (kind() != Kind::kNumber) return false;
  const bool negative = raw_.front() == '-';
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t size = 0;
  for (const char letter : raw_.substr(negative ? 1 : 0)) {
    if (letter < '0' || letter > '9') return false;
    const auto digit = static_cast<std::uint64_t>(letter - '0');
    if (size > (kMost - digit) / 10U) return false;
    size = size * 10U + digit;
  }
  number = negative ? -static_cast<std::int64_t>(size) : static_cast<std::int64_t>(size);
  return true;
}

bool JsonValue::decode(char* out, std::size_t capacity, std::size_t& size) const {
  if (kind() != Kind::kText) return false;
  const std::string_view inner = raw_.substr(1, raw_.size() - 2);
  Bytes bytes(out, capacity);
  for (std::size_t at = 0; at < inner.size(); ++at) {
    bool fits = true;
    if (inner[at] != '\\') {
      fits = bytes.add(static_cast<unsigned char>(inner[at]));
    } else if (inner[++at] != 'u') {
      fits = bytes.add(short_escape(inner[at]));
    } else {
      unsigned code = hex4(inner.substr(at + 1));
      at += 4;
      if (code >= 0xD800 && code <= 0xDBFF) {
        code = 0x10000U + ((code - 0xD800U) << 10U) + (hex4(inner.substr(at + 3)) - 0xDC00U);
        at += 6;
      }
      fits = bytes.add_utf8(code);
    }
    if (!fits) return false;
  }
  size = bytes.size();
  return true;
}

JsonMembers::JsonMembers(const JsonValue& object) {
  // Without its brackets; anything but an object has no members.
  if (object.is_object()) text_ = object.raw().substr(1, object.raw().size() - 2);
}

bool JsonMembers::next() {
  JsonScanner scanner(text_, position_);
  scanner.space();
  scanner.take(',');
  scanner.space();
  if (scanner.at_end()) return false;
  const std::size_t key_start = scanner.position();
  if (!scanner.text()) return false;
  if (!JsonValue(text_.substr(key_start, scanner.position() - key_start)).to(key_)) key_.clear();
  scanner.space();
  scanner.take(':');
  scanner.space();
  const std::size_t start = scanner.position();
  if (!scanner.value()) return false;
  value_ = JsonValue(text_.substr(start, scanner.position() - start));
  position_ = scanner.position();
  return true;
}

Reason read_members(const JsonValue& object, const JsonField* fields, std::size_t count, OtherKeys others) {
  JsonMembers members(object);
  while (members.next()) {
    const JsonField* field = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
      if (fields[i].key == members.key()) field = &fields[i];
    }
    if (field == nullptr) {
      if (others == OtherKeys::kRefuse) return because("unknown key '", members.key(), "'");
    } else if (field->value->kind() != JsonValue::Kind::kNothing) {
      return because("key '", members.key(), "' is given twice");
    } else {
      *field->value = members.value();
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (fields[i].required && fields[i].value->kind() == JsonValue::Kind::kNothing) {
      return because("key '", fields[i].key, "' is missing");
    }
  }
  return {};
}

}  // namespace node
