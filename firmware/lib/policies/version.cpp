#include "version.hpp"

namespace node {

namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool all_digits(std::string_view text) {
  for (const char letter : text) {
    if (!is_digit(letter)) return false;
  }
  return true;
}

// Cuts off what stands before the first `separator`; the rest stays in `text`, empty if there is no separator.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view head = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return head;
}

bool read_number(std::string_view text, std::uint32_t& number) {
  if (text.empty() || text.size() > 10 || !all_digits(text) || (text.size() > 1 && text.front() == '0')) return false;
  std::uint64_t value = 0;
  for (const char letter : text) value = value * 10U + static_cast<std::uint64_t>(letter - '0');
  number = static_cast<std::uint32_t>(value);
  return value <= UINT32_MAX;
}

bool good_identifiers(std::string_view text, bool zero_may_lead) {
  for (;;) {
    const bool last = text.find('.') == std::string_view::npos;
    const std::string_view part = take_until(text, '.');
    if (part.empty()) return false;
    for (const char letter : part) {
      const bool allowed =
          is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '-';
      if (!allowed) return false;
    }
    if (!zero_may_lead && part.size() > 1 && part.front() == '0' && all_digits(part)) return false;
    if (last) return true;
  }
}

int compare_identifiers(std::string_view left, std::string_view right) {
  const bool left_is_number = all_digits(left);
  // A number comes before a word. Numbers have no leading zero here, so the longer one is the larger one.
  if (left_is_number != all_digits(right)) return left_is_number ? -1 : 1;
  if (left_is_number && left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

}  // namespace

bool parse_version(std::string_view text, Version& version) {
  version = Version();
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!good_identifiers(text.substr(plus + 1), true)) return false;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const std::string_view pre_release = text.substr(dash + 1);
    if (!good_identifiers(pre_release, false) || !version.pre_release.assign(pre_release)) return false;
    text = text.substr(0, dash);
  }
  const std::string_view major = take_until(text, '.');
  const std::string_view minor = take_until(text, '.');
  return read_number(major, version.major) && read_number(minor, version.minor) && read_number(text, version.patch);
}

int compare_pre_release(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const int part = compare_identifiers(take_until(left, '.'), take_until(right, '.'));
    if (part != 0) return part;
  }
  return static_cast<int>(!left.empty()) - static_cast<int>(!right.empty());
}

}  // namespace node
