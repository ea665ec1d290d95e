#pragma once

#include <cstdint>
#include <string_view>

#include "json_reader.hpp"
#include "node_id.hpp"
#include "sha256.hpp"
#include "text.hpp"
#include "version.hpp"

namespace node {

/// What the makers of a firmware say about it:
///
///     {"name": "esp32-node", "version": "1.1.0", "size": 918304, "sha256": "9f86d0…", "url": "http://…/node.bin",
///      "min_version": "1.0.0"}
struct Manifest {
  Text<63> version_text;  ///< As written, for the node's status.
  Version version;
  std::uint32_t size = 0;  ///< Bytes of the image.
  Digest sha256{};
  Text<191> url;
};

/// What runs now, and how large the next one may be.
struct RunningFirmware {
  std::string_view name;     ///< A lamp's firmware is not for a sensor.
  std::string_view version;
  std::uint32_t slot_size = 0;
};

/// Judges a manifest before a byte of the image is fetched. The checks go from the cheap to the dear: the form of the
/// manifest, the name, the version, the size. What only the image itself can show, its true size and its SHA-256,
/// `check_image` judges when it is there.
///
/// Refused: a key that is unknown, missing or given twice; another product's firmware; a version that is not newer
/// than the running one (an old firmware brings its old holes back); a running version older than `min_version`
/// (optional: the oldest one that can take this step); a size of 0 or beyond the slot; an address that is not
/// `http://` or `https://` (whether it can be fetched is the business of the port `Download`).
Reason check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& manifest);

/// Judges an image that has come in: it is what its manifest says, or it is not installed.
///
/// @param received bytes that came.
/// @param digest their SHA-256.
/// @return `the image is smaller than its manifest says`, or `larger`, or `the image's SHA-256 is not that of its
///     manifest`; empty if it may be installed.
Reason check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest);

}  // namespace node
