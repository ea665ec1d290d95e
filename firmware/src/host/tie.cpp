#include "tie.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace host {

namespace {
// A farewell takes three seconds at most.
constexpr std::chrono::seconds kGrace(5);
}  // namespace

void tie_to_standard_input() {
  // Signals are for the main thread, which waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread([] {
    pollfd input{STDIN_FILENO, 0, 0};
    // No event is asked for: POLLHUP is told anyway.
    while (::poll(&input, 1, -1) <= 0) {
    }
    std::this_thread::sleep_for(kGrace);
    ::_exit(1);
  }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace host
