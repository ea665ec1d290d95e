#include "ring_buffer.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>

using Buffer = node::RingBuffer<int, 3>;

TEST_CASE("items leave in the order in which they came") {
  Buffer buffer;
  CHECK(buffer.empty());
  for (int item : {1, 2, 3}) CHECK(buffer.push(item));
  for (int item : {1, 2, 3}) {
    CHECK(buffer.oldest() == item);
    CHECK(buffer.remove(buffer.oldest_number()));
  }
  CHECK(buffer.empty());
}

TEST_CASE("a full buffer keeps the newest and says that it lost one") {
  Buffer buffer;
  for (int item : {1, 2, 3}) buffer.push(item);
  CHECK_FALSE(buffer.push(4));
  CHECK(buffer.size() == 3);
  CHECK(buffer.oldest() == 2);
  CHECK(buffer.at(2) == 4);
}

TEST_CASE("an item that was pushed out while it was on its way takes no other with it") {
  Buffer buffer;
  for (int item : {1, 2, 3}) buffer.push(item);
  const std::uint32_t sent = buffer.oldest_number();
  buffer.push(4);
  CHECK_FALSE(buffer.remove(sent));
  CHECK(buffer.size() == 3);
  CHECK(buffer.oldest() == 2);
}

TEST_CASE("an item is removed once") {
  Buffer buffer;
  buffer.push(1);
  buffer.push(2);
  const std::uint32_t number = buffer.oldest_number();
  CHECK(buffer.remove(number));
  CHECK_FALSE(buffer.remove(number));
  CHECK(buffer.oldest() == 2);
  CHECK_FALSE(Buffer().remove(0));
}

TEST_CASE("a buffer for one item works") {
  node::RingBuffer<int, 1> buffer;
  CHECK(buffer.push(1));
  CHECK_FALSE(buffer.push(2));
  CHECK(buffer.oldest() == 2);
  CHECK(buffer.oldest_number() == 1);
}

TEST_CASE("it does what a queue without a limit does, cut to its newest items") {
  node::RingBuffer<int, 7> buffer;
  std::deque<int> model;
  std::mt19937 random(3);
  for (int item = 0; item < 20'000; ++item) {
    if (random() % 3 != 0) {
      CHECK(buffer.push(item) == (model.size() < 7));
      model.push_back(item);
      if (model.size() > 7) model.pop_front();
    } else if (!model.empty()) {
      CHECK(buffer.remove(buffer.oldest_number()));
      model.pop_front();
    }
    REQUIRE(buffer.size() == model.size());
    for (std::size_t i = 0; i < model.size(); ++i) REQUIRE(buffer.at(i) == model[i]);
  }
}
