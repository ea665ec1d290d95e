#include "manifest.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "command.hpp"

namespace {

using Fields = std::map<std::string, std::string>;

const std::string kDigest(64, 'a');

Fields good() {
  return {{"name", "\"esp32-node\""}, {"version", "\"1.1.0\""},          {"size", "918304"},
          {"sha256", "\"" + kDigest + "\""}, {"url", "\"http://house/node.bin\""}};
}

std::string verdict(const Fields& fields, const char* running = "1.0.0") {
  std::string text = "{";
  for (const auto& [key, value] : fields) text += (text.size() > 1 ? "," : "") + ("\"" + key + "\":" + value);
  text += "}";
  node::JsonValue root;
  std::size_t stopped_at = 0;
  REQUIRE(node::parse_json(text, root, stopped_at));
  node::Manifest manifest;
  return std::string(node::check_manifest(root, {"esp32-node", running, 1'000'000}, manifest).view());
}

std::string verdict_with(const std::string& key, const std::string& value, const char* running = "1.0.0") {
  Fields fields = good();
  fields[key] = value;
  return verdict(fields, running);
}

}  // namespace

TEST_CASE("a manifest without fault is accepted and read") {
  CHECK(verdict(good()).empty());
  CHECK(verdict_with("min_version", "\"1.0.0\"").empty());
  const std::string text = R"({"name":"n","version":"2.0.0-rc.1+b7","size":3,"sha256":")" + std::string(62, '0') +
                           R"(fF","url":"https:\/\/h\/x"})";
  node::JsonValue root;
  std::size_t stopped_at = 0;
  REQUIRE(node::parse_json(text, root, stopped_at));
  node::Manifest manifest;
  CHECK(node::check_manifest(root, {"n", "1.0.0", 10}, manifest).empty());
  CHECK(manifest.version_text == "2.0.0-rc.1+b7");
  CHECK(manifest.size == 3);
  CHECK(manifest.sha256[31] == 0xFF);
  CHECK(manifest.url == "https://h/x");
}

TEST_CASE("a downgrade and the running version are refused") {
  CHECK(verdict_with("version", "\"0.9.9\"") == "version must be newer than 1.0.0");
  CHECK(verdict_with("version", "\"1.0.0\"") == "version must be newer than 1.0.0");
  CHECK(verdict_with("version", "\"1.0.0+newer-build\"") == "version must be newer than 1.0.0");
  CHECK(verdict_with("version", "\"1.0.0-rc.1\"") == "version must be newer than 1.0.0");
  CHECK(verdict_with("version", "\"1.9.0\"", "1.10.0") == "version must be newer than 1.10.0");
  CHECK(verdict_with("version", "\"1.0.0\"", "1.0.0-rc.1").empty());
}

TEST_CASE("a step that needs a newer start is refused") {
  CHECK(verdict_with("min_version", "\"1.0.1\"") == "this step needs at least version 1.0.1");
  CHECK(verdict_with("min_version", "\"one\"") == "min_version must be like 1.2.3");
}

TEST_CASE("every wrong value is refused with its name") {
  CHECK(verdict_with("name", "\"lamp\"") == "name must be esp32-node");
  for (const char* bad : {"\"1.1\"", "\"v1.1.0\"", "\"01.1.0\"", "1.1", "null", "\"\""}) {
    CAPTURE(bad);
    CHECK(verdict_with("version", bad) == "version must be like 1.2.3");
  }
  for (const char* bad : {"0", "-1", "1000001", "1.5", "\"9\"", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(verdict_with("size", bad) == "size must be 1 to 1000000");
  }
  for (const std::string& bad : {std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'), std::string()}) {
    CHECK(verdict_with("sha256", "\"" + bad + "\"") == "sha256 must be 64 hexadecimal digits");
  }
  for (const char* bad : {"\"ftp://house/x\"", "\"file:///etc/passwd\"", "\"house/x\"", "7"}) {
    CHECK(verdict_with("url", bad) == "url must be a web address of at most 191 bytes");
  }
  CHECK(verdict_with("url", "\"http://" + std::string(190, 'x') + "\"") == "url must be a web address of at most 191 bytes");
}

TEST_CASE("an unknown key and a missing one are refused") {
  CHECK(verdict_with("signature", "\"x\"") == "unknown key 'signature'");
  for (const auto& [key, value] : good()) {
    Fields fields = good();
    fields.erase(key);
    CHECK(verdict(fields) == "key '" + key + "' is missing");
  }
}

TEST_CASE("the cheap checks come first") {
  Fields fields = good();
  fields["sha256"] = "\"\"";
  CHECK(verdict(fields) == "sha256 must be 64 hexadecimal digits");
  fields["size"] = "0";
  CHECK(verdict(fields) == "size must be 1 to 1000000");
  fields["version"] = "\"0.1.0\"";
  CHECK(verdict(fields) == "version must be newer than 1.0.0");
  fields["name"] = "\"lamp\"";
  CHECK(verdict(fields) == "name must be esp32-node");
  fields["x"] = "1";
  CHECK(verdict(fields) == "unknown key 'x'");
}

TEST_CASE("versions have the order of Semantic Versioning 2.0.0, section 11") {
  const std::vector<std::string> rising = {
      "0.0.1", "0.9.0", "1.0.0-0", "1.0.0-1", "1.0.0-9", "1.0.0-10", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
      "10.0.0", "4294967295.0.0"};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      CAPTURE(rising[i]);
      CAPTURE(rising[j]);
      node::Version left;
      node::Version right;
      REQUIRE(node::parse_version(rising[i], left));
      REQUIRE(node::parse_version(rising[j], right));
      const int order = node::compare(left, right);
      CHECK((order < 0) == (i < j));
      CHECK((order > 0) == (i > j));
    }
  }
}

TEST_CASE("what is no version is refused") {
  node::Version version;
  for (const char* bad : {"", "1", "1.2", "1.2.3.4", "1.2.", ".1.2", "1..2", "01.0.0", "1.00.0", "1.0.0-", "1.0.0-01",
                          "1.0.0-a..b", "1.0.0-a_b", "1.0.0+", "1.0.0+a..b", "-1.0.0", "+1.0.0", " 1.0.0", "1.0.0 ",
                          "1.0.a", "v1.0.0", "4294967296.0.0", "99999999999.0.0", "1.0.0-abcdefghijklmnopqrstuvwxyz0123456"}) {
    CAPTURE(bad);
    CHECK_FALSE(node::parse_version(bad, version));
  }
  for (const char* good : {"1.0.0+01", "1.0.0-a-b.0a", "1.0.0--1", "0.0.0", "1.0.0+a-b"}) {
    CAPTURE(good);
    CHECK(node::parse_version(good, version));
  }
}

TEST_CASE("an image is what its manifest says, or it is refused") {
  node::Manifest manifest;
  manifest.size = 9;
  manifest.sha256[31] = 7;
  node::Digest digest{};
  CHECK(node::check_image(manifest, 9, digest) == "the image's SHA-256 is not that of its manifest");
  digest[31] = 7;
  CHECK(node::check_image(manifest, 9, digest).empty());
  CHECK(node::check_image(manifest, 8, digest) == "the image is smaller than its manifest says");
  CHECK(node::check_image(manifest, 10, digest) == "the image is larger than its manifest says");
}
