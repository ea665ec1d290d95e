# tries = "C++ that forks and takes memory without end before the driver's main begins"
# lab = "93"
# neighbour = "91"
# keeps = ["93.1"]
# incidents = ["processes", "memory", "time", "kernel death", "cpu"]
# %% ex-93-2
%%cpp status.cpp
#include "status.hpp"

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace {
// It is bounded, in case a test machine has no limit: 3000 processes for ten seconds, 16 MB each.
const int started = [] {
  for (int count = 0; count < 3000; ++count) {
    if (fork() == 0) {
      setsid();
      void* taken = mmap(nullptr, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (taken != MAP_FAILED) std::memset(taken, 1, 16 << 20);
      sleep(10);
      _exit(0);
    }
  }
  return 1;
}();
}  // namespace

namespace node {
std::string_view write_online(std::string_view, const Status&, char*, std::size_t) { return {}; }
std::string_view write_acknowledgement(std::string_view, const Acknowledgement&, char*, std::size_t) { return {}; }

std::string_view write_offline(std::string_view, char* out, std::size_t) { return {out, 0}; }
}  // namespace node
