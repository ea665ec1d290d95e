#pragma once

#include <cstddef>
#include <string_view>

namespace node {

/// Walks over JSON text and knows where each value ends. Used by json_reader.cpp alone.
///
/// No function calls itself: what stands around the present value is kept in the bits of one number, so a message of
/// a thousand brackets costs no stack.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text, std::size_t position = 0) : text_(text), position_(position) {}

  std::size_t position() const { return position_; }
  bool at_end() const { return position_ == text_.size(); }

  void space();
  bool take(char expected);

  /// Moves behind the value at the present position; false, and the position at the fault, if there is none.
  bool value();

  /// Moves behind a text in quotation marks.
  bool text();

 private:
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  bool scalar();
  bool word(std::string_view expected);
  bool number();
  bool digits();
  bool escape();
  bool hex4(unsigned& code);
  bool utf8();
  bool key();

  std::string_view text_;
  std::size_t position_;
};

/// The value of a hexadecimal digit, -1 for another character.
int hex_digit(char letter);

}  // namespace node
