#include "json_reader.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

// A copy of exactly the text's size on the heap: AddressSanitizer then sees every byte that is read beside it.
bool is_json(const std::string& text, std::size_t* stopped_at = nullptr) {
  const std::vector<char> copy(text.begin(), text.end());
  node::JsonValue root;
  std::size_t stopped = 0;
  const bool good = node::parse_json({copy.data(), copy.size()}, root, stopped);
  if (stopped_at != nullptr) *stopped_at = stopped;
  if (good) {
    node::JsonMembers members(root);
    while (members.next()) members.value().kind();
  }
  return good;
}

node::JsonValue parsed(std::string_view text) {
  node::JsonValue root;
  std::size_t stopped = 0;
  REQUIRE(node::parse_json(text, root, stopped));
  return root;
}

std::string decoded(std::string_view text) {
  node::Text<32> out;
  REQUIRE(parsed(text).to(out));
  return std::string(out.view());
}

std::string repeated(const std::string& piece, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += piece;
  return all;
}

}  // namespace

TEST_CASE("JSON is JSON") {
  for (const char* good : {"{}", "[]", "0", "-0", "12.5e+3", "1E9", "true", "false", "null", R"("")", R"([1, [2], {}])",
                           R"( {"a" : [ ] , "b":{"c":null}} )", R"("\u00e4\"\\\/\b\f\n\r\t")", R"("\ud83d\ude00")",
                           "\"ü€😀\"", "\"\x7f\""}) {
    CAPTURE(good);
    CHECK(is_json(good));
  }
}

TEST_CASE("what is nearly JSON is refused, with the byte at which it goes wrong") {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {"", 0},           {" ", 1},          {"{", 1},          {"}", 0},           {"{\"a\"}", 4},     {"{\"a\":}", 5},
      {"{\"a\":1,}", 7}, {"{a:1}", 1},      {"{'a':1}", 1},    {"[1,]", 3},        {"[1 2]", 3},       {"[1}", 2},
      {"{\"a\":1]", 6},  {"01", 1},         {"+1", 0},         {".5", 0},          {"1.", 2},          {"1e", 2},
      {"-", 1},          {"--1", 1},        {"0x10", 1},       {"nan", 0},         {"NaN", 0},         {"Infinity", 0},
      {"tru", 0},        {"truee", 4},      {"True", 0},       {"\"", 1},          {"\"a", 2},         {"\"\\\"", 3},
      {"\"\\x\"", 2},    {"\"\\u12\"", 5},  {"\"\n\"", 1},     {"{} {}", 3},       {"{}x", 2},         {"/*c*/1", 0},
      {"\"\\ud83d\"", 7}, {"\"\\ude00\"", 7}, {"\"\\ud83d\\u0041\"", 13}, {"[,1]", 1}, {"{,}", 1}, {"{\"a\":1 \"b\":2}", 7}};
  for (const auto& [text, at] : cases) {
    CAPTURE(text);
    std::size_t stopped_at = 999;
    CHECK_FALSE(is_json(text, &stopped_at));
    CHECK(stopped_at == at);
  }
}

TEST_CASE("bytes that are no UTF-8 are refused") {
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe2\x82", "\xed\xa0\x80",
                          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82\"", "\xc3\xc3"}) {
    CHECK_FALSE(is_json("\"" + std::string(bad) + "\""));
  }
}

TEST_CASE("a zero byte is a byte like any other: refused") {
  CHECK_FALSE(is_json(std::string("\0", 1)));
  CHECK_FALSE(is_json(std::string("{}\0", 3)));
  CHECK_FALSE(is_json(std::string("\"a\0b\"", 5)));
}

TEST_CASE("eight levels are read, the ninth is refused, and a million cost no stack") {
  CHECK(is_json(repeated("[", 8) + repeated("]", 8)));
  CHECK_FALSE(is_json(repeated("[", 9) + repeated("]", 9)));
  CHECK(is_json(repeated("{\"a\":", 7) + "[1]" + repeated("}", 7)));
  CHECK_FALSE(is_json(repeated("[", 1'000'000)));
  CHECK_FALSE(is_json(repeated("{\"a\":", 100'000)));
}

TEST_CASE("whole numbers are read exactly, everything else is none") {
  std::int64_t number = 0;
  CHECK(parsed("-128").to(number));
  CHECK(number == -128);
  CHECK(parsed("9223372036854775807").to(number));
  CHECK(number == std::numeric_limits<std::int64_t>::max());
  for (const char* bad : {"9223372036854775808", "99999999999999999999", "1.0", "1e3", "\"1\"", "true", "null", "[1]"}) {
    CAPTURE(bad);
    CHECK_FALSE(parsed(bad).to(number));
  }
  CHECK_FALSE(node::JsonValue().to(number));
}

TEST_CASE("escapes become characters") {
  CHECK(decoded(R"("a\"b\\c\/d")") == "a\"b\\c/d");
  CHECK(decoded(R"("\b\f\n\r\t")") == "\b\f\n\r\t");
  CHECK(decoded(R"("\u0041\u00e4\u20ac\ud83d\ude00")") == "Aä€😀");
  CHECK(decoded(R"("\uD83D\uDE00")") == "😀");
  CHECK(decoded(R"("\u0000")") == std::string("\0", 1));
}

TEST_CASE("a text that does not fit is not cut") {
  node::Text<3> three;
  CHECK(parsed(R"("abc")").to(three));
  CHECK(three == "abc");
  CHECK_FALSE(parsed(R"("abcd")").to(three));
  CHECK_FALSE(parsed(R"("ab\u00e4")").to(three));
  CHECK_FALSE(parsed("123").to(three));
}

TEST_CASE("members come in order, with decoded keys") {
  const node::JsonValue object = parsed(R"({"a": 1, "\u0062": [1, {"x": "}"}], "c": "," })");
  node::JsonMembers members(object);
  REQUIRE(members.next());
  CHECK(members.key() == "a");
  CHECK(members.value().raw() == "1");
  REQUIRE(members.next());
  CHECK(members.key() == "b");
  CHECK(members.value().raw() == R"([1, {"x": "}"}])");
  REQUIRE(members.next());
  CHECK(members.key() == "c");
  CHECK_FALSE(members.next());
}

TEST_CASE("an object is taken apart by a table of its keys") {
  node::JsonValue a;
  node::JsonValue b;
  const node::JsonField fields[] = {{"a", &a, true}, {"b", &b, false}};
  const auto read = [&](const char* text, node::OtherKeys others) {
    a = b = node::JsonValue();
    return std::string(node::read_members(parsed(text), fields, 2, others).view());
  };
  CHECK(read(R"({"a": 1})", node::OtherKeys::kRefuse).empty());
  CHECK(read(R"({"b": 1})", node::OtherKeys::kRefuse) == "key 'a' is missing");
  CHECK(read(R"({"a": 1, "a": 2})", node::OtherKeys::kRefuse) == "key 'a' is given twice");
  CHECK(read(R"({"a": 1, "\u0061": 2})", node::OtherKeys::kIgnore) == "key 'a' is given twice");
  CHECK(read(R"({"a": 1, "c": 2})", node::OtherKeys::kRefuse) == "unknown key 'c'");
  CHECK(read(R"({"a": 1, "c": 2})", node::OtherKeys::kIgnore).empty());
  CHECK(read(R"({"a": 1, "a key that is longer than any that the node knows": 2})", node::OtherKeys::kRefuse) ==
        "unknown key ''");
}

TEST_CASE("no text, however broken, makes the reader read beside it") {
  std::mt19937 random(1);
  const std::string valid = R"({"id":"c-17","command":"set_led","params":{"state":"\u00e4on","brightness":-128.5e3,"x":[1,null]}})";
  for (std::size_t length = 0; length < valid.size(); ++length) CHECK_FALSE(is_json(valid.substr(0, length)));
  CHECK(is_json(valid));
  const std::string letters = "{}[]\":,\\u0123dD8eE+-.tfn \x80\xc3\xed\xf0\xff";
  int good = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text = valid;
    if (round % 3 == 0) {
      text.resize(random() % 24);
      for (char& letter : text) letter = letters[random() % letters.size()];
    } else {
      for (auto changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % text.size();
        const auto how = random() % 3;
        if (how == 0) text[at] = static_cast<char>(random() % 256);
        if (how == 1) text[at] = letters[random() % letters.size()];
        if (how == 2 && text.size() > 1) text.erase(at, 1 + random() % 5);
        if (text.empty()) text = "{";
      }
    }
    good += is_json(text) ? 1 : 0;
  }
  // Both outcomes occur: the changed texts do exercise what lies behind a successful check.
  CHECK(good > 500);
  CHECK(good < 20'000);
}
