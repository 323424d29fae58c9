#include "base/base64.h"

#include <doctest/doctest.h>

#include <string>

namespace martd {
namespace {

std::string base64(std::string_view bytes) {
  std::string out = "|";
  append_base64(out, bytes);
  return out.substr(1);
}

TEST_CASE("base64: RFC 4648's examples") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFB\xFF\xFE") == "+//+");
}

TEST_CASE("base64: more than one piece is one run without padding between") {
  const std::string big((std::size_t{3} << 24) + 4, 'a');
  const std::string encoded = base64(big);
  REQUIRE(encoded.size() == (big.size() + 2) / 3 * 4);
  CHECK(encoded.find('=') == encoded.size() - 2);
  CHECK(encoded.find('\0') == std::string::npos);
  CHECK(encoded.substr(encoded.size() - 12) == "YWFhYWFhYQ==");
  CHECK(encoded.substr((std::size_t{1} << 26) - 4, 8) == "YWFhYWFh");
}

/// The bytes, or what is wrong with the text in brackets.
std::string decoded(std::string_view text) {
  std::string out = "|";
  if (const auto wrong = append_base64_decoded(out, text)) {
    CHECK(out == "|");
    return '[' + std::string(*wrong) + ']';
  }
  return out.substr(1);
}

TEST_CASE("base64: RFC 4648's examples are read back") {
  CHECK(decoded("") == "");
  CHECK(decoded("Zg==") == "f");
  CHECK(decoded("Zm8=") == "fo");
  CHECK(decoded("Zm9v") == "foo");
  CHECK(decoded("Zm9vYg==") == "foob");
  CHECK(decoded("Zm9vYmE=") == "fooba");
  CHECK(decoded("Zm9vYmFy") == "foobar");
  CHECK(decoded("+//+") == "\xFB\xFF\xFE");
  CHECK(decoded("AAAA") == std::string(3, '\0'));
  CHECK(decoded("AA==") == std::string(1, '\0'));
}

TEST_CASE("base64: every byte at every place of a group is read back") {
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t size = 1; size < 8; ++size)
      for (std::size_t place = 0; place < size; ++place) {
        std::string bytes(size, 'x');
        bytes[place] = static_cast<char>(byte);
        REQUIRE(decoded(base64(bytes)) == bytes);
      }
}

TEST_CASE("base64: the size is that of whole groups") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm9vY", "Zm9v=", "\n", "Zm9v\n"})
    CHECK(decoded(text) == "[not a whole number of groups of four]");
}

// OpenSSL passes over blanks at both ends, takes - for an end and = for a zero.
TEST_CASE("base64: nothing but digits, and padding at the end only") {
  for (const char* text : {"====",       "=AAA",     "A===",         "AA=A", "Zg==Zg==", "Zm8=Zm8=", "    ",
                           "    Zm9v",   "Zm9v    ", "Zm9v\n\n\n\n", " Zm9", "Zm9 ",     "Zm 9",     "Zm9vZm9\n",
                           "Zm9vZm\r\n", "Zm9v----", "Zm9-",         "Zm9_", "----",     "Z\t==",    "\xC3\xA4\xC3\xA4",
                           "Zm9v  =="})
    CHECK(decoded(text) == "[a byte that is none of its digits]");
  CHECK(decoded(std::string_view("Zm9v\0\0\0\0", 8)) == "[a byte that is none of its digits]");
}

TEST_CASE("base64: no bits that belong to no byte") {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t digit = 0; digit < 64; ++digit) {
    const auto wrong = [&](std::size_t unused) { return digit % unused != 0; };
    CHECK((decoded(std::string("Zm9vA") + kDigits[digit] + "==") == "[bits that belong to no byte]") == wrong(16));
    CHECK((decoded(std::string("Zm9vAA") + kDigits[digit] + "=") == "[bits that belong to no byte]") == wrong(4));
  }
}

TEST_CASE("base64: more than one piece is read back, and blanks between pieces are not passed over") {
  const std::string big((std::size_t{3} << 24) + 4, 'a');
  std::string encoded = base64(big);
  CHECK(decoded(encoded) == big);
  encoded.replace(std::size_t{1} << 26, 4, "    ");
  CHECK(decoded(encoded) == "[a byte that is none of its digits]");
}

}  // namespace
}  // namespace martd
