#include "updater.hpp"

#include <doctest/doctest.h>

#include <string>

#include "fakes.hpp"

namespace {

struct Workshop {
  Workshop() {
    for (int i = 0; i < 10'000; ++i) download.file.push_back(static_cast<std::uint8_t>(i * 7));
    node::Sha256 sha256;
    sha256.update(download.file.data(), download.file.size());
    manifest.sha256 = sha256.finish();
    manifest.size = static_cast<std::uint32_t>(download.file.size());
    manifest.version_text.assign("1.1.0");
    manifest.url.assign("http://house/node.bin");
  }

  /// Updates to the end; empty means installed, else the reason.
  std::string run() {
    node::Reason reason = updater.start(manifest, now);
    if (!reason.empty()) return std::string(reason.view());
    for (int turn = 0; turn < 100'000; ++turn) {
      now += 10;
      switch (updater.poll(now, reason)) {
        case node::Updater::Step::kInstalled: return {};
        case node::Updater::Step::kFailed: return std::string(reason.view());
        case node::Updater::Step::kRunning: break;
        case node::Updater::Step::kIdle: return "idle";
      }
    }
    return "never ended";
  }

  bool untouched() const { return slot.next_version.empty() && !updater.busy(); }

  fakes::FakeDownload download;
  fakes::FakeSlot slot;
  node::Manifest manifest;
  node::Updater updater{download, slot};
  std::uint64_t now = 1'000;
};

}  // namespace

TEST_CASE("an image that is what its manifest says is installed") {
  for (const std::size_t piece : {1U, 100U, 512U, 4'096U}) {
    Workshop shop;
    shop.download.piece = piece;
    CHECK(shop.run().empty());
    CHECK(shop.download.url == "http://house/node.bin");
    CHECK(shop.slot.image == shop.download.file);
    CHECK(shop.slot.next_version == "1.1.0");
    CHECK(shop.slot.aborted == 0);
    CHECK_FALSE(shop.updater.busy());
  }
}

TEST_CASE("an image of another size is refused, and one byte too many is not written") {
  Workshop smaller;
  smaller.download.file.pop_back();
  CHECK(smaller.run() == "the image is smaller than its manifest says");
  CHECK(smaller.untouched());
  Workshop larger;
  larger.download.file.push_back(0);
  larger.download.piece = 100;
  CHECK(larger.run() == "the image is larger than its manifest says");
  CHECK(larger.untouched());
  CHECK(larger.slot.image.size() <= larger.manifest.size);
}

TEST_CASE("one wrong bit in ten thousand bytes is found") {
  for (const std::size_t at : {0U, 5'000U, 9'999U}) {
    Workshop shop;
    shop.download.file[at] = static_cast<std::uint8_t>(shop.download.file[at] ^ 1U);
    CHECK(shop.run() == "the image's SHA-256 is not that of its manifest");
    CHECK(shop.untouched());
    CHECK(shop.slot.aborted == 1);
  }
}

TEST_CASE("a download that fails, breaks off or falls silent ends the update") {
  Workshop unreachable;
  unreachable.download.reachable = false;
  CHECK(unreachable.run() == "the image could not be fetched");
  CHECK(unreachable.untouched());
  Workshop broken;
  broken.download.breaks_at = 3'000;
  broken.download.piece = 1'000;
  CHECK(broken.run() == "the image could not be fetched to its end");
  CHECK(broken.untouched());
  Workshop silent;
  silent.download.silent = true;
  CHECK(silent.run() == "no byte of the image came for 30 s");
  CHECK(silent.now > 30'000);
  CHECK(silent.untouched());
}

TEST_CASE("flash memory that fails ends the update") {
  Workshop shop;
  shop.slot.writable = false;
  CHECK(shop.run() == "the flash memory refused the image");
  CHECK(shop.untouched());
}

TEST_CASE("a second update waits for no one: it is refused while one is under way, and possible after it") {
  Workshop shop;
  shop.download.piece = 100;
  REQUIRE(shop.updater.start(shop.manifest, 0).empty());
  CHECK(shop.updater.start(shop.manifest, 0) == "an update is under way");
  shop.download.breaks_at = 0;
  node::Reason reason;
  CHECK(shop.updater.poll(1, reason) == node::Updater::Step::kFailed);
  CHECK(shop.updater.poll(2, reason) == node::Updater::Step::kIdle);
  shop.download.breaks_at = SIZE_MAX;
  CHECK(shop.run().empty());
}

TEST_CASE("a turn that began a moment before the update did is no reason to give up") {
  Workshop shop;
  shop.download.silent = true;
  REQUIRE(shop.updater.start(shop.manifest, 1'000).empty());
  node::Reason reason;
  CHECK(shop.updater.poll(999, reason) == node::Updater::Step::kRunning);
}
