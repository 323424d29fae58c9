#include "wire/max_forwards.h"

#include <doctest/doctest.h>

#include <vector>

namespace martd::wire {
namespace {

/// The number, `any`, or `refused`.
std::string read(std::string_view method, const std::vector<Field>& fields) {
  const auto left = read_max_forwards(method, fields);
  if (!left) {
    CHECK(left.error().status == 400);
    return "refused";
  }
  return *left ? std::to_string(**left) : "any";
}

TEST_CASE("max forwards: for OPTIONS and TRACE only") {
  for (const char* method : {"OPTIONS", "TRACE"}) {
    CHECK(read(method, {}) == "any");
    CHECK(read(method, {{"A", "1"}, {"MAX-forwards", "7"}}) == "7");
    CHECK(read(method, {{"Max-Forwards", "0"}}) == "0");
    CHECK(read(method, {{"Max-Forwards", "00012"}}) == "12");
  }
  for (const char* method : {"GET", "options", "trace", "OPTION"}) {
    CHECK(read(method, {{"Max-Forwards", "7"}}) == "any");
    CHECK(read(method, {{"Max-Forwards", "x"}}) == "any");
  }
}

TEST_CASE("max forwards: what is no number is refused, what is too large is large") {
  for (const char* value : {"", "-1", "+1", "1, 2", "0x1", "1.0", "one", "1 "})
    CHECK(read("TRACE", {{"Max-Forwards", value}}) == "refused");
  CHECK(read("TRACE", {{"Max-Forwards", "1"}, {"Max-Forwards", "1"}}) == "refused");
  CHECK(read("TRACE", {{"Max-Forwards", "18446744073709551615"}}) == "18446744073709551615");
  CHECK(read("TRACE", {{"Max-Forwards", "99999999999999999999999"}}) == "18446744073709551615");
}

}  // namespace
}  // namespace martd::wire
