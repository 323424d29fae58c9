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

}  // namespace
}  // namespace martd
