#include "manifest.hpp"

#include "command.hpp"

namespace node {

namespace {

bool starts_with(std::string_view text, std::string_view head) { return text.substr(0, head.size()) == head; }

bool read_version(const JsonValue& value, Text<63>& text, Version& version) {
  return value.to(text) && parse_version(text.view(), version);
}

}  // namespace

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

}  // namespace node
