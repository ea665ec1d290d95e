#pragma once

// How a check and a driver talk: a request is a line of words, an answer a line of JSON. labkit/cpp/driver.py has the
// other end.
//
//     request  push_telemetry t6e6f64655f3031 i1704844800 f41b40000 b1 l2 i1 i2
//     answer   {"text": "7b7d", "inside": true}
//
// The first letter of a word says what it is: text (bytes in hexadecimal), integer, float (its bits), boolean, or a list
// with the number of its items. Text in an answer is hexadecimal, too.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace driver {

/// The words of a request, taken one after the other. A request that does not fit is a mistake of the kit: it ends the
/// program.
class Request {
 public:
  explicit Request(std::string line) : line_(std::move(line)) {}

  std::string word();
  std::string text();
  std::int64_t integer();
  std::uint64_t natural();
  float real();
  bool boolean();
  std::size_t list();

 private:
  std::string typed(char kind);

  std::string line_;
  std::size_t position_ = 0;
};

/// One answer, as JSON.
class Answer {
 public:
  Answer& begin() { return open('{'); }
  Answer& end() { return close('}'); }
  Answer& begin_list() { return open('['); }
  Answer& end_list() { return close(']'); }
  Answer& key(std::string_view name);
  Answer& text(std::string_view bytes);
  Answer& integer(std::int64_t number);
  Answer& natural(std::uint64_t number);
  Answer& boolean(bool value);
  Answer& nothing();

  const std::string& line() const { return line_; }

 private:
  Answer& open(char bracket);
  Answer& close(char bracket);
  Answer& raw(std::string_view piece);

  std::string line_;
  bool first_ = true;
};

/// Bytes in memory of exactly their own size, without a zero byte behind them: whoever reads past the end is found out.
class Exact {
 public:
  explicit Exact(std::string_view bytes);
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// Memory for a message, of exactly the size that was asked for.
class Memory {
 public:
  explicit Memory(std::size_t size);
  char* out() { return bytes_.get(); }
  std::size_t size() const { return size_; }

  /// Answers what was written: whether the message lies in this memory, and the message.
  void say(std::string_view message, Answer& answer) const;

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// How often the program has asked for memory of the heap (`new`, and what containers do).
std::size_t allocations();

}  // namespace driver

/// What a driver does with a request: each driver has its own.
void answer(const std::string& name, driver::Request& request, driver::Answer& answer);
