#include "base/percent.h"

#include <doctest/doctest.h>

#include <string>

namespace martd {
namespace {

TEST_CASE("form decoding") {
  CHECK(decode_form("") == "");
  CHECK(decode_form("plain") == "plain");
  CHECK(decode_form("a+b%20c") == "a b c");
  CHECK(decode_form("%2B%25%26%3D") == "+%&=");
  CHECK(decode_form("%e4%B8%96") == "世");
  CHECK(decode_form("%00") == std::string(1, '\0'));
  CHECK(decode_form("世") == "世");
  for (const char* text : {"%", "%1", "a%", "%g0", "%0g", "%%20", "%u0041", "% 1", "%+1"}) {
    CAPTURE(text);
    CHECK(decode_form(text) == std::nullopt);
  }
}

TEST_CASE("component encoding: only unreserved characters stay, and all of it is decoded back") {
  CHECK(encode_component("AZaz09-._~") == "AZaz09-._~");
  CHECK(encode_component("a b+c&d=e/f?") == "a%20b%2Bc%26d%3De%2Ff%3F");
  CHECK(encode_component("世") == "%E4%B8%96");
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  CHECK(decode_form(encode_component(every)) == every);
}

}  // namespace
}  // namespace martd
