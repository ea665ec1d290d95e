// Part 'node' of the house: the cell `%%cpp ring_buffer.hpp` of solutions/03-esp32-firmware.
// Made by `grader release`. Edit it there, not here.

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
    const bool room = size_ < Capacity;
    if (!room) remove_oldest();
    items_[(first_ + size_) % Capacity] = item;
    ++size_;
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
    return items_[(first_ + index) % Capacity];
  }

  /// The oldest item; only while the buffer is not empty.
  const Item& oldest() const { return items_[first_]; }

  /// The number of the oldest item.
  std::uint32_t oldest_number() const { return oldest_number_; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  static constexpr std::size_t capacity() { return Capacity; }

 private:
  void remove_oldest() {
    first_ = (first_ + 1) % Capacity;
    --size_;
    ++oldest_number_;
  }

  std::array<Item, Capacity> items_{};  // the cells
  std::size_t first_ = 0;               // cell of the oldest item
  std::size_t size_ = 0;                // items in the buffer
  std::uint32_t oldest_number_ = 0;
};

}  // namespace node
