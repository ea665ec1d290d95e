// Runs scripts of steps on the RingBuffer of exercise 3.4.

#include "ring_buffer.hpp"

#include <algorithm>

#include "wire.hpp"

namespace {

// Each step is a name and a number; its trace is what it answered, and what the buffer holds after it.
template <std::size_t Capacity>
void run(driver::Request& request, driver::Answer& answer) {
  const auto buffer = std::make_unique<node::RingBuffer<std::int32_t, Capacity>>();
  std::size_t asked = 0;
  answer.begin().key("trace").begin_list();
  for (std::size_t left = request.list(); left > 0; --left) {
    request.list();
    const std::string step = request.text();
    const std::int64_t number = request.integer();
    const std::size_t before = driver::allocations();
    bool said = true;
    if (step == "push") said = buffer->push(static_cast<std::int32_t>(number));
    if (step == "remove") said = buffer->remove(static_cast<std::uint32_t>(number));
    if (step == "push_many") {
      for (std::int32_t item = 0; item < number; ++item) said = buffer->push(item);
    }
    asked += driver::allocations() - before;
    answer.begin_list().boolean(said).natural(buffer->size()).natural(buffer->oldest_number()).begin_list();
    for (std::size_t i = 0; i < std::min(buffer->size(), std::size_t{2'000}); ++i) answer.integer(buffer->at(i));
    answer.end_list();
    if (buffer->empty()) {
      answer.nothing();
    } else {
      answer.integer(buffer->oldest());
    }
    answer.end_list();
  }
  answer.end_list().key("heap").natural(asked).end();
}

}  // namespace

void answer(const std::string&, driver::Request& request, driver::Answer& answer) {
  switch (request.natural()) {
    case 1: return run<1>(request, answer);
    case 2: return run<2>(request, answer);
    case 3: return run<3>(request, answer);
    case 5: return run<5>(request, answer);
    case 8: return run<8>(request, answer);
    default: return run<720>(request, answer);
  }
}
