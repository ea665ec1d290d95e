# Right answers to exercise 3.6 that differ from the reference.

# %% id=tuples
#include "manifest.hpp"

#include <cstring>
#include <tuple>

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  const auto numbers = [](const Version& one) { return std::tie(one.major, one.minor, one.patch); };
  if (numbers(left) < numbers(right)) return -1;
  if (numbers(right) < numbers(left)) return 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final != right_final) return left_final - right_final;
  if (left_final) return 0;
  return compare_pre_release(left.pre_release.view(), right.pre_release.view());
}

Reason check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& manifest) {
  JsonValue name_value;
  JsonValue version_value;
  JsonValue size_value;
  JsonValue digest_value;
  JsonValue url_value;
  JsonValue least_value;
  const JsonField fields[] = {{"name", &name_value, true},     {"version", &version_value, true},
                              {"size", &size_value, true},     {"sha256", &digest_value, true},
                              {"url", &url_value, true},       {"min_version", &least_value, false}};
  const Reason reason = read_members(params, fields, 6, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;
  Name name;
  if (!name_value.to(name) || !(name == running.name)) {
    return because("name must be ", running.name);
  }
  Version present;
  if (!parse_version(running.version, present)) {
    return because("the running version cannot be read");
  }
  if (!version_value.to(manifest.version_text) ||
      !parse_version(manifest.version_text.view(), manifest.version)) {
    return because("version must be like 1.2.3");
  }
  if (compare(manifest.version, present) <= 0) {
    return because("version must be newer than ", running.version);
  }
  if (least_value.kind() != JsonValue::Kind::kNothing) {
    Text<63> least_text;
    Version least;
    if (!least_value.to(least_text) || !parse_version(least_text.view(), least)) {
      return because("min_version must be like 1.2.3");
    }
    if (compare(present, least) < 0) {
      return because("this step needs at least version ", least_text.view());
    }
  }
  std::int64_t size = 0;
  if (!size_value.to(size) || size < 1 || size > running.slot_size) {
    Reason wrong_size = because("size must be 1 to ");
    append_number(wrong_size, running.slot_size);
    return wrong_size;
  }
  manifest.size = static_cast<std::uint32_t>(size);
  Text<64> digest;
  if (!digest_value.to(digest) || !parse_digest(digest.view(), manifest.sha256)) {
    return because("sha256 must be 64 hexadecimal digits");
  }
  if (!url_value.to(manifest.url) || !is_web_address(manifest.url.view())) {
    return because("url must be a web address of at most 191 bytes");
  }
  return {};
}

Reason check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest) {
  if (received != manifest.size) return because("the image has another size");
  if (std::memcmp(digest.data(), manifest.sha256.data(), digest.size()) != 0) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=read-member-by-member
#include "manifest.hpp"

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  if (left.major != right.major) return left.major < right.major ? -1 : 1;
  if (left.minor != right.minor) return left.minor < right.minor ? -1 : 1;
  if (left.patch != right.patch) return left.patch < right.patch ? -1 : 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
  return compare_pre_release(left.pre_release.view(), right.pre_release.view());
}

Reason check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& manifest) {
  enum Key : unsigned { kName, kVersion, kSize, kSha256, kUrl, kLeast, kKeys };
  constexpr std::string_view names[] = {"name", "version", "size", "sha256", "url", "min_version"};
  JsonValue values[kKeys];
  bool given[kKeys] = {};
  JsonMembers members(params);
  while (members.next()) {
    unsigned key = 0;
    while (key < kKeys && names[key] != members.key()) ++key;
    if (key == kKeys) return because("what is ", members.key());
    if (given[key]) return because(names[key], " stands there twice");
    given[key] = true;
    values[key] = members.value();
  }
  for (unsigned key = 0; key < kLeast; ++key) {
    if (!given[key]) return because(names[key], " is missing");
  }
  Text<40> name;
  if (!values[kName].to(name) || name.view() != running.name) return because("the name is another product's");
  std::int64_t size = -1;
  if (!values[kSize].to(size) || size <= 0 || size > std::int64_t{running.slot_size}) return because("size does not fit");
  manifest.size = static_cast<std::uint32_t>(size);
  Text<100> digest;
  if (!values[kSha256].to(digest) || !parse_digest(digest.view(), manifest.sha256)) return because("bad sha256");
  if (!values[kUrl].to(manifest.url) || !is_web_address(manifest.url.view())) return because("bad url");
  Version present;
  if (!parse_version(running.version, present)) return because("what version runs?");
  if (!values[kVersion].to(manifest.version_text)) return because("version is no text");
  if (!parse_version(manifest.version_text.view(), manifest.version)) return because("version is none");
  if (compare(present, manifest.version) >= 0) return because("version is not newer");
  if (given[kLeast]) {
    Text<63> text;
    Version least;
    if (!values[kLeast].to(text) || !parse_version(text.view(), least)) return because("min_version is none");
    if (compare(least, present) > 0) return because("the running version is below min_version");
  }
  return {};
}

Reason check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest) {
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node
