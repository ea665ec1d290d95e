#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text.hpp"

namespace node {

/// How deep objects and arrays may lie in each other. A command needs three levels.
constexpr unsigned kJsonDepth = 8;

/// A value in a JSON text: a view of the part of the text that it was written in. Nothing is copied, so the text must
/// outlive the value.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { kNothing, kObject, kArray, kText, kNumber, kTrue, kFalse, kNull };

  JsonValue() = default;

  Kind kind() const;
  bool is_object() const { return kind() == Kind::kObject; }

  /// The value's own bytes, such as `"on"` with its quotation marks.
  std::string_view raw() const { return raw_; }

  /// A whole number without fraction or exponent; false for anything else and for what 64 bits do not hold.
  bool to(std::int64_t& number) const;

  /// A text without its quotation marks and escapes, in UTF-8; false for anything else and for what does not fit.
  template <std::size_t Capacity>
  bool to(Text<Capacity>& text) const {
    char decoded[Capacity];
    std::size_t size = 0;
    if (!decode(decoded, Capacity, size)) return false;
    return text.assign({decoded, size});
  }

 private:
  friend class JsonMembers;
  friend bool parse_json(std::string_view text, JsonValue& root, std::size_t& stopped_at);
  explicit JsonValue(std::string_view raw) : raw_(raw) {}
  bool decode(char* out, std::size_t capacity, std::size_t& size) const;

  std::string_view raw_;
};

/// Checks a whole text against RFC 8259: one value, its strings in UTF-8, at most `kJsonDepth` levels.
///
/// @param root becomes a view of the value.
/// @param stopped_at becomes the byte (from 0) at which the text is wrong.
bool parse_json(std::string_view text, JsonValue& root, std::size_t& stopped_at);

/// Walks through the members of an object, in the order in which they were written.
///
///     JsonMembers members(object);
///     while (members.next()) use(members.key(), members.value());
class JsonMembers {
 public:
  explicit JsonMembers(const JsonValue& object);

  bool next();

  /// A key of more than 32 bytes is none that a caller knows: it is given as empty.
  std::string_view key() const { return key_.view(); }
  const JsonValue& value() const { return value_; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  Text<32> key_;
  JsonValue value_;
};

/// One key that an object may have: where its value goes, and whether it must be there.
struct JsonField {
  std::string_view key;
  JsonValue* value;
  bool required;
};

/// Whether other keys than the listed ones are passed over or refused.
enum class OtherKeys : std::uint8_t { kIgnore, kRefuse };

/// Takes an object apart by a table of its keys. Refuses a key given twice, a missing one, and an unknown one.
Reason read_members(const JsonValue& object, const JsonField* fields, std::size_t count, OtherKeys others);

}  // namespace node
