// How a test shows a text: in quotation marks, so that an empty one is seen. The kit includes it in every test that
// reads the course's text.hpp; doctest alone shows a node::Text as {?}.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <string_view>

#include "text.hpp"

namespace labkit {

inline doctest::String in_quotes(std::string_view text) {
  return "\"" + doctest::String(text.data(), static_cast<doctest::String::size_type>(text.size())) + "\"";
}

}  // namespace labkit

namespace doctest {

template <std::size_t Capacity>
struct StringMaker<node::Text<Capacity>> {
  static String convert(const node::Text<Capacity>& text) { return labkit::in_quotes(text.view()); }
};

template <>
struct StringMaker<std::string_view> {
  static String convert(std::string_view text) {
    return text.data() == nullptr ? String("\"\"") : labkit::in_quotes(text);
  }
};

template <std::size_t Size>
struct StringMaker<char[Size]> {
  static String convert(const char (&text)[Size]) { return labkit::in_quotes(std::string_view(text, Size - 1)); }
};

template <std::size_t Size>
struct StringMaker<const char[Size]> : StringMaker<char[Size]> {};

}  // namespace doctest
