#pragma once

#include <cstdint>

#include "manifest.hpp"
#include "ota.hpp"
#include "sha256.hpp"
#include "text.hpp"

namespace node {

/// Brings a new firmware into the free slot, a piece a turn, and trusts nothing that the network brought until its
/// size and SHA-256 are those of the manifest.
class Updater {
 public:
  enum class Step : std::uint8_t { kIdle, kRunning, kInstalled, kFailed };

  Updater(Download& download, OtaSlot& slot) : download_(download), slot_(slot) {}

  /// Starts to fetch an image whose manifest has been checked. Returns why it cannot, empty if it can.
  Reason start(const Manifest& manifest, std::uint64_t now);

  /// Takes the next piece. `kInstalled` and `kFailed`, with the reason, are answered once.
  Step poll(std::uint64_t now, Reason& reason);

  bool busy() const { return busy_; }

  /// When the next piece may have come; far in the future if nothing is under way.
  std::uint64_t due() const { return busy_ ? look_at_ : UINT64_MAX; }

 private:
  Step fail(Reason& reason, std::string_view why);
  Step verify(Reason& reason);

  Download& download_;
  OtaSlot& slot_;
  Manifest manifest_;
  Sha256 sha256_;
  std::uint32_t received_ = 0;
  std::uint64_t give_up_at_ = 0;
  std::uint64_t look_at_ = 0;
  bool busy_ = false;
};

}  // namespace node
