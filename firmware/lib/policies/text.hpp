#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace node {

/// A string of at most `Capacity` bytes, kept inside the object: no heap.
template <std::size_t Capacity>
class Text {
 public:
  constexpr Text() = default;

  /// Copies `source`; if it is longer than `Capacity`, the text becomes empty and the answer is false.
  bool assign(std::string_view source) {
    clear();
    return append(source);
  }

  /// Adds `source` at the end; if it does not fit, nothing changes and the answer is false.
  bool append(std::string_view source) {
    if (source.size() > Capacity - size_) return false;
    if (!source.empty()) std::memcpy(data_.data() + size_, source.data(), source.size());
    size_ += source.size();
    data_[size_] = '\0';
    return true;
  }

  void clear() {
    size_ = 0;
    data_[0] = '\0';
  }

  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_.data(), size_}; }

  /// The same text for a C library: it ends with a zero byte.
  const char* c_str() const { return data_.data(); }

  static constexpr std::size_t capacity() { return Capacity; }

 private:
  std::array<char, Capacity + 1> data_{};
  std::size_t size_ = 0;
};

template <std::size_t A>
bool operator==(const Text<A>& left, std::string_view right) {
  return left.view() == right;
}

template <std::size_t A>
bool operator!=(const Text<A>& left, std::string_view right) {
  return left.view() != right;
}

/// Why something was refused, in words for a person; empty when it was accepted.
using Reason = Text<95>;

/// Puts a reason together from up to three pieces. A piece that does not fit is left out.
inline Reason because(std::string_view first, std::string_view second = {}, std::string_view third = {}) {
  Reason reason;
  reason.append(first);
  reason.append(second);
  reason.append(third);
  return reason;
}

/// Appends a whole number to a reason.
inline void append_number(Reason& reason, std::uint64_t number) {
  char digits[20];
  std::size_t start = sizeof digits;
  do {
    digits[--start] = static_cast<char>('0' + number % 10U);
    number /= 10U;
  } while (number != 0U);
  reason.append({digits + start, sizeof digits - start});
}

}  // namespace node
