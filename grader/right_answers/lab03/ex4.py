# Right answers to exercise 3.4 that differ from the reference.

# %% id=head-and-tail
#pragma once

#include <cstddef>
#include <cstdint>

namespace node {

template <typename Item, std::size_t Capacity>
class RingBuffer {
 public:
  bool push(const Item& item) {
    bool room = true;
    if (count_ == Capacity) {
      remove_oldest();
      room = false;
    }
    cells_[tail_] = item;
    tail_ = after(tail_);
    count_ += 1;
    return room;
  }

  bool remove(std::uint32_t number) {
    const bool right = count_ > 0 && number == number_;
    if (right) remove_oldest();
    return right;
  }

  Item& at(std::size_t index) {
    const std::size_t to_end = Capacity - head_;
    return index < to_end ? cells_[head_ + index] : cells_[index - to_end];
  }

  const Item& oldest() const { return cells_[head_]; }
  std::uint32_t oldest_number() const { return number_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  static constexpr std::size_t capacity() { return Capacity; }

 private:
  static std::size_t after(std::size_t place) { return place + 1 == Capacity ? 0 : place + 1; }

  void remove_oldest() {
    head_ = after(head_);
    count_ -= 1;
    number_ += 1;
  }

  Item cells_[Capacity]{};
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t count_ = 0;
  std::uint32_t number_ = 0;
};

}  // namespace node

# %% id=counts-for-ever
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace node {

/// A queue of fixed size that keeps the newest `Capacity` items: when it is full, a new item takes
/// the place of the oldest.
///
/// Every item has a number, counted from 0 since the start. Whoever sends an item away remembers
/// its number and says with it what may be removed: by then the item may have been pushed out, and
/// another one be the oldest.
template <typename Item, std::size_t Capacity>
class RingBuffer {
  static_assert(Capacity > 0, "a buffer holds something");

 public:
  /// Appends an item. The answer is false if that pushed out the oldest one.
  bool push(const Item& item) {
    const bool room = next_ - oldest_number_ < Capacity;
    if (!room) remove_oldest();
    items_[next_++ % Capacity] = item;
    return room;
  }

  /// Removes the oldest item if it still has this number; otherwise nothing happens, and the
  /// answer is false.
  bool remove(std::uint32_t number) {
    if (empty() || number != oldest_number_) return false;
    remove_oldest();
    return true;
  }

  /// Item `index`, counted from the oldest one, which is 0.
  Item& at(std::size_t index) {
    return items_[(oldest_number_ + index) % Capacity];
  }

  /// The oldest item; only while the buffer is not empty.
  const Item& oldest() const { return items_[oldest_number_ % Capacity]; }

  /// The number of the oldest item.
  std::uint32_t oldest_number() const { return oldest_number_; }

  std::size_t size() const { return next_ - oldest_number_; }
  bool empty() const { return next_ == oldest_number_; }
  static constexpr std::size_t capacity() { return Capacity; }

 private:
  void remove_oldest() {
    ++oldest_number_;
  }

  std::array<Item, Capacity> items_{};  // the cells
  std::uint32_t next_ = 0;              // number of the next item
  std::uint32_t oldest_number_ = 0;
};

}  // namespace node
