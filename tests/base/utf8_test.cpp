#include "base/utf8.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace martd;

namespace {

std::string encoded(std::uint32_t point) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(point)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), tail(point >> 6), tail(point)};
  return {static_cast<char>(0xF0 | point >> 18), tail(point >> 12), tail(point >> 6), tail(point)};
}

}  // namespace

TEST_CASE("utf8: every character is well-formed and has its length, every surrogate is not") {
  int wrong = 0;
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    const std::string bytes = encoded(point);
    const bool surrogate = point >= 0xD800 && point < 0xE000;
    wrong += utf8_sequence(bytes) != (surrogate ? 0 : bytes.size());
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf8: beyond the last character there is nothing") {
  CHECK(utf8_sequence("\xF4\x90\x80\x80") == 0);
  CHECK(utf8_sequence("\xF5\x80\x80\x80") == 0);
  CHECK(utf8_sequence("\xFF") == 0);
}

TEST_CASE("utf8: overlong forms are not well-formed") {
  for (const char* bytes :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF"})
    CHECK(utf8_sequence(bytes) == 0);
}

TEST_CASE("utf8: a sequence that is cut short is not well-formed") {
  const std::string four = "\xF0\x9F\x98\x80";
  for (std::size_t length = 1; length < 4; ++length) CHECK(utf8_sequence(four.substr(0, length)) == 0);
  CHECK(utf8_sequence("\xE2\x82") == 0);
  CHECK(utf8_sequence("\xC3") == 0);
  CHECK(utf8_sequence("\x80") == 0);
}

TEST_CASE("utf8: one wrong byte is found wherever it stands in a long text") {
  CHECK(is_utf8(""));
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    CHECK(is_utf8(text));
    text[at] = '\x80';
    CHECK_FALSE(is_utf8(text));
    text[at] = '\xC3';
    CHECK_FALSE(is_utf8(text));
    if (at + 1 < text.size()) {
      text[at + 1] = '\xA9';
      CHECK(is_utf8(text));
    }
  }
}
