#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace node {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4), fed piece by piece: an image is far larger than the memory of a board.
///
/// The board's chip could do this in hardware; an update waits for the network, not for this, and so the same tested
/// lines run on the board and in the tests.
class Sha256 {
 public:
  void update(const std::uint8_t* data, std::size_t size);

  /// The digest of all that was fed. Ends the calculation; a new one needs a new object.
  Digest finish();

 private:
  void block(const std::uint8_t* data);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> pending_{};
  std::uint64_t total_ = 0;  // bytes
};

/// Reads 64 hexadecimal digits, large or small; false for anything else.
bool parse_digest(std::string_view text, Digest& digest);

}  // namespace node
