# Wrong answers to exercise 3.4: plausible mistakes, each with the hint that it should earn.

# %% id=keeps-the-oldest hint=keep-newest
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
    if (!room) return false;
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

# %% id=push-is-always-true hint=push-answer
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
    return true;
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

# %% id=pushed-out-without-a-number hint=numbering
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
    if (!room) {
      first_ = (first_ + 1) % Capacity;
      --size_;
    }
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

# %% id=removes-whatever-is-oldest hint=wrong-number
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
  bool remove(std::uint32_t) {
    if (empty()) return false;
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

# %% id=removes-from-nothing hint=wrong-number
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
    if (number != oldest_number_) return false;
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

# %% id=never-around-the-end hint=out-of-bounds
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
    items_[first_ + size_] = item;
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

# %% id=around-at-its-size hint=divides-by-zero
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
    items_[(first_ + size_) % size_] = item;
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

# %% id=one-too-far hint=out-of-bounds
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
    const bool room = size_ <= Capacity;
    if (!room) remove_oldest();
    items_[size_ < Capacity ? (first_ + size_) % Capacity : size_] = item;
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

# %% id=counts-from-cell-zero hint=ring-order
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
    return items_[index];
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

# %% id=last-in-first-out hint=ring-order
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
    return items_[(first_ + size_ - 1 - index) % Capacity];
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

# %% id=a-reference-to-a-copy hint=null-pointer
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
    Item found = items_[(first_ + index) % Capacity];
    return found;
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

# %% id=a-deque hint=no-heap
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace node {

template <typename Item, std::size_t Capacity>
class RingBuffer {
 public:
  bool push(const Item& item) {
    const bool room = items_.size() < Capacity;
    if (!room) remove_oldest();
    items_.push_back(item);
    return room;
  }

  bool remove(std::uint32_t number) {
    if (empty() || number != oldest_number_) return false;
    remove_oldest();
    return true;
  }

  Item& at(std::size_t index) { return items_[index]; }
  const Item& oldest() const { return items_.front(); }
  std::uint32_t oldest_number() const { return oldest_number_; }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  static constexpr std::size_t capacity() { return Capacity; }

 private:
  void remove_oldest() {
    items_.pop_front();
    ++oldest_number_;
  }

  std::deque<Item> items_;
  std::uint32_t oldest_number_ = 0;
};

}  // namespace node

# %% id=at-gives-a-copy hint=node-keeps
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
    static Item found;
    found = items_[(first_ + index) % Capacity];
    return found;
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

# %% id=never-comes-back hint=endless-loop
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
    while (size_ >= Capacity) first_ = (first_ + 1) % Capacity;
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

# %% id=a-brace-too-few hint=does-not-compile
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
