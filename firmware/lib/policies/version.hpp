#pragma once

#include <cstdint>
#include <string_view>

#include "text.hpp"

namespace node {

/// A version number by Semantic Versioning 2.0.0, such as 1.4.0 or 2.0.0-beta.3+esp32.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  Text<31> pre_release;  ///< `beta.3`; empty for a release.
};

/// Reads a version; false if it is not one. A part behind `+` is checked and does not count. At most 31 bytes behind
/// the three numbers, which are below 2³².
bool parse_version(std::string_view text, Version& version);

/// Which of two pre-releases comes first, by their parts between the points: negative if `left` does, positive if `right`
/// does, 0 if neither. beta < beta.2 < beta.11 < rc.1. An empty text comes first; that it means a release, which comes
/// last, is for `compare` to know.
int compare_pre_release(std::string_view left, std::string_view right);

/// Which comes first: negative if `left` does, positive if `right` does, 0 if neither (the order of the standard's
/// section 11: 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0 < 1.0.1). It stands in manifest.cpp.
int compare(const Version& left, const Version& right);

}  // namespace node
