// Proof that the core asks for no memory after it was set up. Every way to the heap is counted: operator new in all
// its forms is replaced, and the linker leads malloc, calloc, realloc and free here (-Wl,--wrap).

#include <cstdio>
#include <cstdlib>
#include <new>

#include "fixed_hardware.hpp"

namespace {
unsigned long allocations = 0;
}  // namespace

// The names are the linker's.
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* memory, std::size_t size);
void __real_free(void* memory);

void* __wrap_malloc(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* memory, std::size_t size) {
  ++allocations;
  return __real_realloc(memory, size);
}
void __wrap_free(void* memory) {
  ++allocations;
  __real_free(memory);
}
}

void* operator new(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void operator delete(void* memory) noexcept { __real_free(memory); }
void operator delete[](void* memory) noexcept { __real_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { __real_free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { __real_free(memory); }

int main() {
  // The counter counts: without this, a proof of nothing would pass.
  {
    int* volatile one = new int(1);
    delete one;
    void* volatile two = std::malloc(1);
    std::free(two);
  }
  if (allocations != 3) {
    std::printf("no heap: the counter saw %lu of 3 allocations, so it proves nothing\n", allocations);
    return 1;
  }

  allocations = 0;
  const unsigned long messages = fixed::run_a_day();
  std::printf("no heap: a day of the node, %lu messages, %lu allocations\n", messages, allocations);
  if (messages < 17'000) {
    std::printf("no heap: a day has 17,280 readings, so the node did not do its work\n");
    return 1;
  }
  return allocations == 0 ? 0 : 1;
}
