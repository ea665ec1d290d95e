// Every fault that a student's program can have, each behind a word.
#include <array>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

int numbers[3];
char letters[8];
bool flag;
std::array<int, 3> items{};
struct Reading {
  int a;
  int b;
};

int heap(std::size_t at) {
  std::vector<int> box(3);
  int* inside = box.data();
  inside[at + 2] = 1;  // HERE heap
  return inside[0];
}

void fill(char* out) {
  std::strcpy(out, "far too long a text");  // HERE stack
}

int stack() {
  char small[8];
  fill(small);
  return small[0];
}

int global(std::size_t size) {
  std::memset(letters, 1, size + 8);  // HERE global
  return letters[0];
}

int index(int at) {
  return numbers[at + 2];  // HERE index
}

int array(std::size_t at) {
  return items[at + 2];  // HERE array
}

int view(std::size_t at) {
  std::string_view text = "ab";
  return text[at + 4];  // HERE view
}

int null(const Reading* reading) {
  return reading->b;  // HERE null
}

int wild(std::size_t at) {
  volatile int* far = reinterpret_cast<int*>(at << 44U);
  return *far;  // HERE wild
}

int add(int one) {
  int big = 2147483647;
  return big + one;  // HERE add
}

int narrow(double one) {
  return static_cast<unsigned char>(one * 1000);  // HERE narrow
}

int shift(int one) {
  return 1 << (one + 39);  // HERE shift
}

int divide(int one) {
  return 5 / (one - 1);  // HERE divide
}

int scope() {
  volatile int* outside = nullptr;
  {
    volatile int inner = 4;
    outside = &inner;
  }
  return *outside;  // HERE scope
}

std::string_view name(const char* from) {
  char text[16];
  std::strcpy(text, from);
  return std::string_view(text, 3);
}

int returned(const char* word) {
  std::string_view found = name(word);
  return found[0];  // HERE return
}

int freed() {
  int* number = new int(4);
  delete number;
  return *number;  // HERE freed
}

int down(int depth) {  // HERE recursion
  volatile char room[100] = {};  // HERE recursion
  return down(depth + 1) + room[depth % 100];  // HERE recursion
}

void leak() {
  int* lost = new int[10];  // HERE leak
  lost[0] = 1;
  asm volatile("" : : "r"(lost) : "memory");
}

void keep(void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

int spin(volatile int& turns) {
  while (turns >= 0) {
    turns = 1;
  }
  return turns;
}

int other(std::string_view word, int one) {
  if (word == "throw") {
    throw std::runtime_error("no broker");  // HERE throw
  }
  if (word == "assert") {
    assert(one == 2);  // HERE assert
  }
  if (word == "abort") {
    std::abort();  // HERE abort
  }
  if (word == "bool") {
    *reinterpret_cast<unsigned char*>(&flag) = 7;
    return flag ? 1 : 2;  // HERE bool
  }
  if (word == "huge") {
    char* all = new char[3'000'000'000UL * static_cast<unsigned>(one)];  // HERE huge
    return all[5];
  }
  if (word == "exit") std::exit(3);
  if (word == "flood") {
    for (;;) std::puts("again and again and again and again");
  }
  if (word == "grow") {
    for (;;) keep(std::memset(new char[1'000'000], 1, 1'000'000));
  }
  if (word == "fork") {
    if (fork() == 0) {
      std::printf("%d\n", getpid());
      std::fflush(stdout);
      sleep(600);
    }
    sleep(600);
  }
  if (word == "good") {
    char said[20];
    if (std::scanf("%19s", said) == 1) std::printf("hello %s\n", said);
    return 0;
  }
  return 9;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view word = words[1];
  const int one = count - 1;
  const auto size = static_cast<std::size_t>(one);
  if (word == "heap") return heap(size);
  if (word == "stack") return stack();
  if (word == "global") return global(size);
  if (word == "index") return index(one);
  if (word == "array") return array(size);
  if (word == "view") return view(size);
  if (word == "null") return null(one == 1 ? nullptr : new Reading);
  if (word == "wild") return wild(size);
  if (word == "add") return add(one);
  if (word == "narrow") return narrow(one);
  if (word == "shift") return shift(one);
  if (word == "divide") return divide(one);
  if (word == "scope") return scope();
  if (word == "return") return returned(words[1]);
  if (word == "freed") return freed();
  if (word == "recursion") return down(0);
  if (word == "leak") {
    leak();
    return 0;
  }
  if (word == "loop") {
    volatile int turns = 0;
    std::puts("before the loop");
    std::fflush(stdout);
    return spin(turns);
  }
  return other(word, one);
}
