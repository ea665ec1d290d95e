# Wrong answers to exercise 3.6: plausible mistakes, each with the hint that it should earn.

# %% id=one-number-of-three hint=version-numbers
#include "manifest.hpp"

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  const auto number = [](const Version& one) { return one.major * 10'000 + one.minor * 100 + one.patch; };
  if (number(left) != number(right)) return number(left) < number(right) ? -1 : 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=subtracts hint=version-numbers
#include "manifest.hpp"

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  if (left.major != right.major) return static_cast<int>(left.major - right.major);
  if (left.minor != right.minor) return static_cast<int>(left.minor - right.minor);
  if (left.patch != right.patch) return static_cast<int>(left.patch - right.patch);
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=compares-as-text hint=version-numbers
#include "manifest.hpp"

#include <string>

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  const auto text = [](const Version& one) {
    return std::to_string(one.major) + "." + std::to_string(one.minor) + "." + std::to_string(one.patch);
  };
  if (text(left) != text(right)) return text(left) < text(right) ? -1 : 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=each-number-for-itself hint=version-numbers
#include "manifest.hpp"

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  if (left.major < right.major || left.minor < right.minor || left.patch < right.patch) return -1;
  if (left.major > right.major || left.minor > right.minor || left.patch > right.patch) return 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=a-try-is-newer hint=pre-release
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
  if (left_final || right_final) return left_final ? -1 : 1;
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=pre-releases-are-equal hint=pre-release
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
  return 0;
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=the-same-again hint=downgrade
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
  if (compare(manifest.version, present) < 0) {
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=takes-what-comes hint=downgrade
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=min-version-of-the-new-one hint=min-version
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
    if (compare(manifest.version, least) < 0) {
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=min-version-must-be-there hint=good-manifest
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
  JsonValue name_value;
  JsonValue version_value;
  JsonValue size_value;
  JsonValue digest_value;
  JsonValue url_value;
  JsonValue least_value;
  const JsonField fields[] = {{"name", &name_value, true},     {"version", &version_value, true},
                              {"size", &size_value, true},     {"sha256", &digest_value, true},
                              {"url", &url_value, true},       {"min_version", &least_value, true}};
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=size-in-32-bits hint=size-limit
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
  std::int64_t number = 0;
  const bool read = size_value.to(number);
  const auto size = static_cast<std::uint32_t>(number);
  if (!read || size < 1 || size > running.slot_size) {
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=nothing-fits hint=size-limit
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
  if (!size_value.to(size) || size < 0 || size > running.slot_size) {
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=smaller-than-the-slot hint=size-limit
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
  if (!size_value.to(size) || size < 1 || size >= running.slot_size) {
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=unknown-keys-pass hint=manifest-form
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
  JsonValue name_value;
  JsonValue version_value;
  JsonValue size_value;
  JsonValue digest_value;
  JsonValue url_value;
  JsonValue least_value;
  const JsonField fields[] = {{"name", &name_value, true},     {"version", &version_value, true},
                              {"size", &size_value, true},     {"sha256", &digest_value, true},
                              {"url", &url_value, true},       {"min_version", &least_value, false}};
  const Reason reason = read_members(params, fields, 6, OtherKeys::kIgnore);
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=firmware-of-a-lamp hint=manifest-form
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
  if (!name_value.to(name)) {
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=any-address hint=manifest-form
#include "manifest.hpp"

namespace node {

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
  if (!url_value.to(manifest.url)) {
    return because("url must be a web address of at most 191 bytes");
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

# %% id=a-short-digest-will-do hint=digest-form
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
  const bool read = digest_value.to(digest);
  parse_digest(digest.view(), manifest.sha256);
  if (!read) {
    return because("sha256 must be 64 hexadecimal digits");
  }
  if (!url_value.to(manifest.url) || !is_web_address(manifest.url.view())) {
    return because("url must be a web address of at most 191 bytes");
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

# %% id=small-letters-only hint=digest-form
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
  const auto capital = [](std::string_view text) { return text.find_first_of("ABCDEF") != text.npos; };
  if (!digest_value.to(digest) || capital(digest.view()) || !parse_digest(digest.view(), manifest.sha256)) {
    return because("sha256 must be 64 hexadecimal digits");
  }
  if (!url_value.to(manifest.url) || !is_web_address(manifest.url.view())) {
    return because("url must be a web address of at most 191 bytes");
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

# %% id=fills-in-a-copy hint=manifest-filled
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

Reason check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& result) {
  Manifest manifest = result;
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=forgets-the-size hint=manifest-filled
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=only-too-small-is-wrong hint=image-size
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=believes-the-size hint=image-digest
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  static_cast<void>(digest);
  return {};
}

}  // namespace node

# %% id=the-first-bytes-are-right hint=image-digest
#include "manifest.hpp"

#include <algorithm>

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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (!std::equal(digest.begin(), digest.begin() + 8, manifest.sha256.begin())) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=does-not-say-why hint=say-why
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
    return because("refused");
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=looks-behind-the-digest hint=out-of-bounds
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  bool same = true;
  for (std::size_t i = 0; i <= digest.size(); ++i) same = same && digest[i] == manifest.sha256[i];
  if (!same) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  return {};
}

}  // namespace node

# %% id=no-way-out hint=does-not-compile
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
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
}

}  // namespace node
