#include "push/etag.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace martd::push;

TEST_CASE("etag: written in decimal and read back") {
  CHECK(to_string(Etag{0}) == "0");
  CHECK(to_string(Etag{1763600000000000001U}) == "1763600000000000001");
  CHECK(to_string(Etag{UINT64_MAX}) == "18446744073709551615");
  for (const std::uint64_t number : {0U, 1U, 99U, 1000000000U})
    CHECK(parse_etag(to_string(Etag{number})) == Etag{number});
  CHECK(parse_etag("18446744073709551615") == Etag{UINT64_MAX});
  // The most digits that always fit, and those that may not.
  CHECK(parse_etag("9999999999999999999") == Etag{9999999999999999999U});
  CHECK(parse_etag("00000000000000000007") == Etag{7});
}

TEST_CASE("etag: every number of digits is written as it is") {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t number : {power - 1, power, power + 1, power * 2 - 1, power / 9 * 8, power / 7})
      CHECK(to_string(Etag{number}) == std::to_string(number));
    if (power > UINT64_MAX / 10) break;
  }
  // Each two digits that stand beside each other, at each place.
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const std::uint64_t number = i * 10001 * 100010001U + i;
    CHECK(to_string(Etag{number}) == std::to_string(number));
  }
}

TEST_CASE("etag: what is not one is not taken") {
  for (const char* text :
       {"", " ", "-1", "+1", " 1", "1 ", "1.0", "0x1", "one", "1e3", "18446744073709551616", "99999999999999999999",
        "100000000000000000000", "000000000000000000001", "176360000000000000x", "17636/0000000000000",
        "17636:0000000000000", "1763600000000000000\xb1"})
    CHECK_MESSAGE(!parse_etag(text), text);
}

TEST_CASE("etag: is appended to what is there") {
  std::string out = "id: ";
  append(out, Etag{7});
  CHECK(out == "id: 7");
}

TEST_CASE("etag: a channel's origin is its birth in nanoseconds, and its messages count on from there") {
  const Etag origin = origin_at(Time{std::chrono::seconds{1763600000}});
  CHECK(value(origin) == 1763600000000000000U);
  CHECK(to_string(origin + 3) == "1763600000000000003");
  CHECK((origin + 3) - origin == 3);
}
