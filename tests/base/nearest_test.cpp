#include "base/nearest.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace martd {
namespace {

TEST_CASE("nearest: finds what was meant, and doesn't guess") {
  constexpr std::array<std::string_view, 8> known{"channel", "size", "life", "one2one", "key", "expire", "event", "id"};
  const auto meant = [&known](std::string_view word) {
    return nearest(word, known.data(), known.data() + known.size());
  };
  CHECK(meant("chanel") == "channel");
  CHECK(meant("channels") == "channel");
  CHECK(meant("sise") == "size");
  CHECK(meant("Size") == "size");
  CHECK(meant("lief") == "life");
  CHECK(meant("ONE2ONE") == "one2one");
  CHECK(meant("onetoone") == "one2one");
  CHECK(meant("kye") == "key");
  CHECK(meant("expires") == "expire");
  CHECK(meant("evnet") == "event");
  CHECK(meant("size") == "size");
  CHECK(meant("colour") == "");
  CHECK(meant("zz") == "");
  CHECK(meant("") == "");
  CHECK(meant(std::string(100000, 's')) == "");
  CHECK(nearest("size", nullptr, nullptr) == "");
}

}  // namespace
}  // namespace martd
