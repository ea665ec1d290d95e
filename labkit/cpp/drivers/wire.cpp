#include "wire.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::size_t allocated = 0;

[[noreturn]] void kit_error(const char* what) {
  std::fprintf(stderr, "driver: %s\n", what);
  std::_Exit(97);
}

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  kit_error("a request has a wrong digit");
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(value_of(digits[i]) * 16 + value_of(digits[i + 1]));
  }
  return bytes;
}

bool inside(const char* first, std::size_t count, const char* begin, std::size_t size) {
  const auto at = reinterpret_cast<std::uintptr_t>(first);
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  return at >= from && at - from <= size && count <= size - (at - from);
}

// Reads requests and writes answers until the other end is closed.
int serve(int in, int out) {
  std::string waiting;
  char piece[4096];
  for (;;) {
    std::size_t end = waiting.find('\n');
    while (end == std::string::npos) {
      const ssize_t count = ::read(in, piece, sizeof piece);
      if (count <= 0) return 0;
      waiting.append(piece, static_cast<std::size_t>(count));
      end = waiting.find('\n');
    }
    driver::Request request(waiting.substr(0, end));
    waiting.erase(0, end + 1);
    driver::Answer said;
    const std::string name = request.word();
    answer(name, request, said);
    std::fflush(stdout);
    const std::string line = said.line() + "\n";
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t count = ::write(out, line.data() + done, line.size() - done);
      if (count <= 0) return 0;
      done += static_cast<std::size_t>(count);
    }
  }
}

}  // namespace

// The sanitizers find wrong uses of this memory all the same: malloc is theirs.
void* operator new(std::size_t size) {
  ++allocated;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace driver {

std::size_t allocations() { return allocated; }

std::string Request::word() {
  const std::size_t end = line_.find(' ', position_);
  const std::string found = line_.substr(position_, end - position_);
  position_ = end == std::string::npos ? line_.size() : end + 1;
  return found;
}

std::string Request::typed(char kind) {
  const std::string found = word();
  if (found.empty() || found[0] != kind) kit_error("a request has a word of another kind");
  return found.substr(1);
}

std::string Request::text() { return from_hex(typed('t')); }
std::int64_t Request::integer() { return std::strtoll(typed('i').c_str(), nullptr, 10); }
std::uint64_t Request::natural() { return std::strtoull(typed('i').c_str(), nullptr, 10); }
bool Request::boolean() { return typed('b') == "1"; }
std::size_t Request::list() { return std::strtoull(typed('l').c_str(), nullptr, 10); }

float Request::real() {
  const auto bits = static_cast<std::uint32_t>(std::strtoul(typed('f').c_str(), nullptr, 16));
  float value = 0.0F;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Answer& Answer::raw(std::string_view piece) {
  if (!first_) line_ += ", ";
  first_ = false;
  line_ += piece;
  return *this;
}

Answer& Answer::open(char bracket) {
  raw({&bracket, 1});
  first_ = true;
  return *this;
}

Answer& Answer::close(char bracket) {
  line_ += bracket;
  first_ = false;
  return *this;
}

Answer& Answer::key(std::string_view name) {
  raw("\"" + std::string(name) + "\": ");
  first_ = true;
  return *this;
}

Answer& Answer::text(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex = "\"";
  for (const char letter : bytes) {
    const auto code = static_cast<unsigned char>(letter);
    hex += digits[code >> 4U];
    hex += digits[code & 15U];
  }
  return raw(hex + "\"");
}

Answer& Answer::integer(std::int64_t number) { return raw(std::to_string(number)); }
Answer& Answer::natural(std::uint64_t number) { return raw(std::to_string(number)); }
Answer& Answer::boolean(bool value) { return raw(value ? "true" : "false"); }
Answer& Answer::nothing() { return raw("null"); }

Exact::Exact(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
  if (size_ > 0) std::memcpy(bytes_.get(), bytes.data(), size_);
}

Memory::Memory(std::size_t size) : bytes_(new char[size]), size_(size) {
  if (size_ > 0) std::memset(bytes_.get(), 0x55, size_);
}

void Memory::say(std::string_view message, Answer& answer) const {
  const bool there = message.empty() || inside(message.data(), message.size(), bytes_.get(), size_);
  answer.begin().key("inside").boolean(there).key("text");
  // What lies elsewhere may be gone already: it is not read.
  answer.text(there ? message : std::string_view()).end();
}

}  // namespace driver

int main(int count, char** words) {
  if (count != 3) kit_error("it takes two numbers: where requests come from and where answers go");
  return serve(std::atoi(words[1]), std::atoi(words[2]));
}
