#include "sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

std::string hex(const node::Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

std::string hash(const std::string& text, std::size_t piece = SIZE_MAX) {
  node::Sha256 sha256;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
    const std::string part = text.substr(at, piece);
    sha256.update(reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
  }
  return hex(sha256.finish());
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of NIST's examples") {
  // FIPS 180-4 example values (csrc.nist.gov, "Cryptographic Standards and Guidelines", SHA256.pdf and
  // SHA2_Additional.pdf): one block, two blocks, and the lengths at which the padding changes.
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"\xbd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
      {"\xc9\x8c\x8e\x55", "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
      {std::string(55, '\0'), "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
      {std::string(56, '\0'), "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
      {std::string(57, '\0'), "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
      {std::string(64, '\0'), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
      {std::string(1'000, '\0'), "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"},
      {std::string(1'000, 'A'), "c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4"},
      {std::string(1'005, 'U'), "f4d62ddec0f3dd90ea1380fa16a5ff8dc4c54b21740650f24afc4120903552b0"},
      {std::string(1'000'000, '\0'), "d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const auto& [text, digest] : cases) {
    CAPTURE(text.size());
    CHECK(hash(text) == digest);
  }
}

TEST_CASE("the pieces in which the bytes come make no difference") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i);
  for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 128U}) CHECK(hash(text, piece) == hash(text));
}

TEST_CASE("a digest is read from 64 hexadecimal digits") {
  node::Digest digest{};
  CHECK(node::parse_digest(hash("abc"), digest));
  CHECK(hex(digest) == hash("abc"));
  CHECK_FALSE(node::parse_digest(std::string(63, '0'), digest));
  CHECK_FALSE(node::parse_digest(std::string(63, '0') + "x", digest));
}
