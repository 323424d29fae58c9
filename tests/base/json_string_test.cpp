#include "base/json_string.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

namespace martd {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("JSON string: what must be escaped is, all else stays") {
  CHECK(json("") == "\"\"");
  CHECK(json("plain") == "\"plain\"");
  CHECK(json("a\"b\\c/d") == "\"a\\\"b\\\\c/d\"");
  CHECK(json("\b\f\n\r\t") == "\"\\b\\f\\n\\r\\t\"");
  CHECK(json(std::string_view("\0\x01\x1F", 3)) == "\"\\u0000\\u0001\\u001F\"");
  CHECK(json("\x7F<>&'") == "\"\x7F<>&'\"");
  CHECK(json("Grüße, 世界 🎉") == "\"Grüße, 世界 🎉\"");
}

// Python's str.splitlines() takes U+0085 for the end of a line, as it does U+2028: a reader of a line stream got half
// an object.
TEST_CASE("JSON string: U+0085 is escaped, its neighbours not") {
  CHECK(json("\xC2\x85") == "\"\\u0085\"");
  CHECK(json("a\xC2\x85z") == "\"a\\u0085z\"");
  CHECK(json("\xC2\x84\xC2\x86\xC3\x85") == "\"\xC2\x84\xC2\x86\xC3\x85\"");
  CHECK(json("\xC2\x85\xC2\x85\"\xC2\xA0") == "\"\\u0085\\u0085\\\"\xC2\xA0\"");
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string blanks(before, ' ');
    CHECK(json(blanks + "\xC2\x85" + blanks) == '"' + blanks + "\\u0085" + blanks + '"');
  }
}

TEST_CASE("JSON string: U+2028 and U+2029 are escaped, their neighbours not") {
  CHECK(json("\xE2\x80\xA8") == "\"\\u2028\"");
  CHECK(json("a\xE2\x80\xA9z") == "\"a\\u2029z\"");
  CHECK(json("\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC") == "\"\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC\"");
  CHECK(json("\xE2\x80\xA8\xE2\x80\xA8\"") == "\"\\u2028\\u2028\\\"\"");
}

TEST_CASE("JSON string: every byte of ASCII at every place in a word is read back the same") {
  for (int byte = 0; byte < 0x80; ++byte)
    for (std::size_t before = 0; before < 17; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(byte) + std::string(before / 2, 'y');
      REQUIRE(boost::json::parse(json(text)).as_string() == text);
    }
}

}  // namespace
}  // namespace martd
