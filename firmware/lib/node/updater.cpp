#include "updater.hpp"

namespace node {

namespace {
constexpr std::size_t kPiece = 512;              // bytes; on the stack for the length of a turn
constexpr std::uint64_t kPatience_ms = 30'000;  // without a byte
constexpr std::uint64_t kPause_ms = 5;          // after a turn in which nothing had come
}  // namespace

Reason Updater::start(const Manifest& manifest, std::uint64_t now) {
  if (busy_) return because("an update is under way");
  if (!download_.open(manifest.url.view())) {
    download_.close();
    return because("the image could not be fetched");
  }
  if (!slot_.begin(manifest.size)) {
    download_.close();
    return because("the flash memory refused the image");
  }
  manifest_ = manifest;
  sha256_ = Sha256();
  received_ = 0;
  give_up_at_ = now + kPatience_ms;
  look_at_ = now;
  busy_ = true;
  return {};
}

Updater::Step Updater::fail(Reason& reason, std::string_view why) {
  download_.close();
  slot_.abort();
  busy_ = false;
  reason = because(why);
  return Step::kFailed;
}

Updater::Step Updater::verify(Reason& reason) {
  if (const Reason why = check_image(manifest_, received_, sha256_.finish()); !why.empty()) return fail(reason, why.view());
  if (!slot_.commit(manifest_.version_text.view())) return fail(reason, "the flash memory refused the image");
  download_.close();
  busy_ = false;
  return Step::kInstalled;
}

Updater::Step Updater::poll(std::uint64_t now, Reason& reason) {
  if (!busy_) return Step::kIdle;
  std::uint8_t piece[kPiece];
  const int count = download_.read(piece, sizeof piece);
  if (count == Download::kEnd) return verify(reason);
  if (count < 0) return fail(reason, "the image could not be fetched to its end");
  if (count == 0) {
    if (now > give_up_at_) return fail(reason, "no byte of the image came for 30 s");
    look_at_ = now + kPause_ms;
    return Step::kRunning;
  }
  const auto size = static_cast<std::uint32_t>(count);
  // Not a byte more than was announced goes into the slot, so this cannot wait for the end.
  if (size > manifest_.size - received_) return fail(reason, "the image is larger than its manifest says");
  if (!slot_.write(piece, size)) return fail(reason, "the flash memory refused the image");
  sha256_.update(piece, size);
  received_ += size;
  give_up_at_ = now + kPatience_ms;
  look_at_ = now;
  return Step::kRunning;
}

}  // namespace node
