#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace node {

/// Port: fetches a file, a piece at a time, so that the node can go on with its work between two pieces.
class Download {
 public:
  virtual ~Download() = default;

  /// What `read` may answer instead of a number of bytes.
  static constexpr int kEnd = -1;
  static constexpr int kFailed = -2;

  /// Opens the file; false when the address cannot be read or the server does not have it.
  virtual bool open(std::string_view url) = 0;

  /// Writes at most `capacity` bytes to `out`. Returns their number, 0 when none has come yet, `kEnd` or `kFailed`.
  virtual int read(std::uint8_t* out, std::size_t capacity) = 0;

  virtual void close() = 0;
};

/// Port: the place in flash memory for the next firmware. The board runs from one slot and writes the other, so a
/// power cut in the middle of an update leaves the old firmware whole.
class OtaSlot {
 public:
  virtual ~OtaSlot() = default;

  /// Bytes that fit.
  virtual std::uint32_t capacity() const = 0;

  /// Empties the slot for an image of `size` bytes.
  virtual bool begin(std::uint32_t size) = 0;

  /// Appends to the image.
  virtual bool write(const std::uint8_t* data, std::size_t size) = 0;

  /// Makes the slot the one that the next start runs, on trial: a firmware that is not confirmed is rolled back.
  virtual bool commit(std::string_view version) = 0;

  /// Forgets what was written.
  virtual void abort() = 0;

  /// Makes the firmware that ran before this one the one that the next start runs; false if there is none.
  virtual bool rollback() = 0;

  /// Says that the firmware that runs now works: it stays. Called once the node has held a session with the broker.
  virtual void confirm() = 0;
};

}  // namespace node
