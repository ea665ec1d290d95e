#include "manifest.hpp"

namespace node {

namespace {

int order(std::uint32_t left, std::uint32_t right) { return left < right ? -1 : (left > right ? 1 : 0); }

bool starts_with(std::string_view text, std::string_view head) { return text.substr(0, head.size()) == head; }

bool read_version(const JsonValue& value, Text<63>& text, Version& version) {
  return value.to(text) && parse_version(text.view(), version);
}

}  // namespace

int compare(const Version& left, const Version& right) {
  if (const int major = order(left.major, right.major); major != 0) return major;
  if (const int minor = order(left.minor, right.minor); minor != 0) return minor;
  if (const int patch = order(left.patch, right.patch); patch != 0) return patch;
  const std::string_view left_rest = left.pre_release.view();
  const std::string_view right_rest = right.pre_release.view();
  // A version without anything behind the dash is the finished one: it comes last.
  if (left_rest.empty() || right_rest.empty()) return order(left_rest.empty(), right_rest.empty());
  return compare_pre_release(left_rest, right_rest);
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
  if (Reason reason = read_members(params, fields, 6, OtherKeys::kRefuse); !reason.empty()) return reason;

  Name name;
  if (!name_value.to(name) || !(name == running.name)) return because("name must be ", running.name);
  Version present;
  if (!parse_version(running.version, present)) return because("the running version cannot be read");
  if (!read_version(version_value, manifest.version_text, manifest.version)) {
    return because("version must be like 1.2.3");
  }
  if (compare(manifest.version, present) <= 0) return because("version must be newer than ", running.version);
  if (least_value.kind() != JsonValue::Kind::kNothing) {
    Text<63> least_text;
    Version least;
    if (!read_version(least_value, least_text, least)) return because("min_version must be like 1.2.3");
    if (compare(present, least) < 0) return because("this step needs at least version ", least_text.view());
  }
  std::int64_t size = 0;
  if (!size_value.to(size) || size < 1 || size > running.slot_size) {
    Reason reason = because("size must be 1 to ");
    append_number(reason, running.slot_size);
    return reason;
  }
  manifest.size = static_cast<std::uint32_t>(size);
  Text<64> digest;
  if (!digest_value.to(digest) || !parse_digest(digest.view(), manifest.sha256)) {
    return because("sha256 must be 64 hexadecimal digits");
  }
  if (!url_value.to(manifest.url) ||
      !(starts_with(manifest.url.view(), "http://") || starts_with(manifest.url.view(), "https://"))) {
    return because("url must be a web address of at most 191 bytes");
  }
  return {};
}

Reason check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest) {
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) return because("the image's SHA-256 is not that of its manifest");
  return {};
}

}  // namespace node
