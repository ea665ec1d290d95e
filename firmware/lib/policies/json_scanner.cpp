#include "json_scanner.hpp"

#include <cstdint>

#include "json_reader.hpp"

namespace node {

namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

unsigned byte(char letter) { return static_cast<unsigned char>(letter); }

}  // namespace

int hex_digit(char letter) {
  if (is_digit(letter)) return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

void JsonScanner::space() {
  while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++position_;
}

bool JsonScanner::take(char expected) {
  if (at_end() || peek() != expected) return false;
  ++position_;
  return true;
}

bool JsonScanner::key() {
  space();
  if (!text()) return false;
  space();
  return take(':');
}

bool JsonScanner::value() {
  std::uint32_t objects = 0;  // a bit for each open bracket, the innermost lowest: 1 for {, 0 for [
  unsigned depth = 0;
  static_assert(kJsonDepth < 32, "a bit for each level");
  for (;;) {
    space();
    bool ended = true;
    if (peek() == '{' || peek() == '[') {
      if (depth == kJsonDepth) return false;
      const bool object = peek() == '{';
      ++position_;
      objects = (objects << 1U) | (object ? 1U : 0U);
      ++depth;
      space();
      // An empty one ends at once; otherwise its first value comes next.
      ended = peek() == (object ? '}' : ']');
      if (!ended && object && !key()) return false;
    } else if (!scalar()) {
      return false;
    }
    // Behind a value: either another one follows, or a bracket closes, which ends a value again.
    while (ended) {
      if (depth == 0) return true;
      const bool object = (objects & 1U) != 0U;
      space();
      if (take(',')) {
        if (object && !key()) return false;
        ended = false;
      } else if (take(object ? '}' : ']')) {
        objects >>= 1U;
        --depth;
      } else {
        return false;
      }
    }
  }
}

bool JsonScanner::scalar() {
  switch (peek()) {
    case '"': return text();
    case 't': return word("true");
    case 'f': return word("false");
    case 'n': return word("null");
    default: return number();
  }
}

bool JsonScanner::word(std::string_view expected) {
  if (text_.substr(position_, expected.size()) != expected) return false;
  position_ += expected.size();
  return true;
}

bool JsonScanner::digits() {
  if (!is_digit(peek())) return false;
  while (is_digit(peek())) ++position_;
  return true;
}

bool JsonScanner::number() {
  take('-');
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    return digits();
  }
  return true;
}

bool JsonScanner::text() {
  if (!take('"')) return false;
  while (!at_end()) {
    if (take('"')) return true;
    if (take('\\')) {
      if (!escape()) return false;
    } else if (byte(peek()) < 0x20) {
      return false;
    } else if (!utf8()) {
      return false;
    }
  }
  return false;
}

bool JsonScanner::hex4(unsigned& code) {
  code = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(peek());
    if (digit < 0) return false;
    code = code * 16U + static_cast<unsigned>(digit);
    ++position_;
  }
  return true;
}

bool JsonScanner::escape() {
  constexpr std::string_view short_ones = "\"\\/bfnrt";
  if (!at_end() && short_ones.find(peek()) != std::string_view::npos) {
    ++position_;
    return true;
  }
  unsigned code = 0;
  if (!take('u') || !hex4(code)) return false;
  if (code < 0xD800 || code > 0xDFFF) return true;
  // Half a surrogate pair is no character: its other half must follow.
  unsigned low = 0;
  return code < 0xDC00 && take('\\') && take('u') && hex4(low) && low >= 0xDC00 && low <= 0xDFFF;
}

// Well-formed UTF-8 by the Unicode Standard, table 3-7: no character in more bytes than it needs, no surrogate,
// nothing above U+10FFFF.
bool JsonScanner::utf8() {
  const unsigned lead = byte(peek());
  unsigned least = 0x80;
  unsigned most = 0xBF;
  unsigned more = 0;
  if (lead < 0x80) {
    more = 0;
  } else if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0) least = 0xA0;
    if (lead == 0xED) most = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0) least = 0x90;
    if (lead == 0xF4) most = 0x8F;
  } else {
    return false;
  }
  ++position_;
  for (; more > 0; --more) {
    if (at_end() || byte(peek()) < least || byte(peek()) > most) return false;
    ++position_;
    least = 0x80;
    most = 0xBF;
  }
  return true;
}

}  // namespace node
