// Stands in for a manifest.cpp that an exercise is not about: it refuses every update.

#include "manifest.hpp"

namespace node {

int compare(const Version&, const Version&) { return 0; }

Reason check_manifest(const JsonValue&, const RunningFirmware&, Manifest&) {
  return because("this firmware takes no updates");
}

Reason check_image(const Manifest&, std::uint32_t, const Digest&) { return because("this firmware takes no updates"); }

}  // namespace node
