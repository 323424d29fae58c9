// A client that doesn't take what waits for it.

#include "forward/take_watch.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace std::chrono_literals;
using forward::TakeWatch;

namespace {

constexpr Time kStart{std::chrono::hours{500000}};
constexpr Duration kPatience = 60s;

}  // namespace

TEST_CASE("take watch: nothing is due while nothing waits") {
  TakeWatch watch;
  CHECK_FALSE(watch.watching());
  watch.gave(100, 0, kStart, kPatience);
  CHECK_FALSE(watch.watching());
  CHECK(watch.due() == Time::max());
  watch.gave(100, 30, kStart, kPatience);
  CHECK(watch.due() == kStart + 60s);
  watch.all_taken();
  CHECK(watch.due() == Time::max());
}

TEST_CASE("take watch: a byte in all that time is enough to go on, none is not") {
  TakeWatch watch;
  watch.gave(1000, 400, kStart, kPatience);
  CHECK(watch.goes_on(399, kStart + 60s, kPatience));
  CHECK(watch.due() == kStart + 120s);
  CHECK_FALSE(watch.goes_on(399, kStart + 120s, kPatience));
}

TEST_CASE("take watch: what is given meanwhile is not what was taken") {
  TakeWatch watch;
  watch.gave(1000, 400, kStart, kPatience);
  watch.gave(500, 900, kStart + 1s, kPatience);
  CHECK(watch.due() == kStart + 60s);
  CHECK_FALSE(watch.goes_on(900, kStart + 60s, kPatience));
  // More waits than before, and yet some of it was taken.
  watch.gave(500, 1300, kStart + 61s, kPatience);
  CHECK(watch.goes_on(1300, kStart + 120s, kPatience));
}

TEST_CASE("take watch: what waited before the first byte doesn't count as given") {
  TakeWatch watch;  // of the second answer on a connection
  watch.gave(10, 5000, kStart, kPatience);
  CHECK_FALSE(watch.goes_on(5000, kStart + 60s, kPatience));
  CHECK(watch.goes_on(4999, kStart + 120s, kPatience));
}
