#include "push/forgotten.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace martd::push;

namespace {

Channel::Life life(std::uint64_t origin, std::uint64_t last) { return {Etag{origin}, Etag{last}, Etag{last}}; }

}  // namespace

TEST_CASE("forgotten: a life is remembered until it is asked for, once") {
  Forgotten forgotten(Etag{5}, 3);
  forgotten.remember("news", life(10, 12));
  const auto found = forgotten.recall("news");
  REQUIRE(found);
  CHECK(found->origin == Etag{10});
  CHECK(found->last == Etag{12});
  CHECK_FALSE(forgotten.recall("news"));
  CHECK_FALSE(forgotten.recall("other"));
  CHECK(forgotten.count() == 0);
}

TEST_CASE("forgotten: nothing is known of what was before the start") {
  CHECK(Forgotten(Etag{5}, 3).doubt() == Etag{5});
}

TEST_CASE("forgotten: of those beyond its capacity only the highest etag is kept") {
  Forgotten forgotten(Etag{5}, 2);
  forgotten.remember("a", life(10, 40));
  forgotten.remember("b", life(20, 21));
  CHECK(forgotten.doubt() == Etag{5});
  forgotten.remember("c", life(30, 31));
  CHECK_FALSE(forgotten.recall("a"));
  CHECK(forgotten.doubt() == Etag{40});
  forgotten.remember("d", life(50, 51));
  // b had less than a: the highest stays.
  CHECK(forgotten.doubt() == Etag{40});
  CHECK(forgotten.recall("c"));
  CHECK(forgotten.recall("d"));
}

TEST_CASE("forgotten: a later life of the same name takes the place of the earlier, and is the newest") {
  Forgotten forgotten(Etag{5}, 2);
  forgotten.remember("a", life(10, 11));
  forgotten.remember("b", life(20, 21));
  forgotten.remember("a", life(30, 31));
  CHECK(forgotten.count() == 2);
  forgotten.remember("c", life(40, 41));
  CHECK_FALSE(forgotten.recall("b"));
  REQUIRE(forgotten.recall("a"));
  CHECK(forgotten.doubt() == Etag{21});
}

TEST_CASE("forgotten: with room for none it remembers the highest only") {
  Forgotten forgotten(Etag{5}, 0);
  forgotten.remember("a", life(10, 11));
  CHECK(forgotten.count() == 0);
  CHECK_FALSE(forgotten.recall("a"));
  CHECK(forgotten.doubt() == Etag{11});
}

TEST_CASE("forgotten: holds 100,000") {
  Forgotten forgotten(Etag{5});
  for (std::size_t i = 0; i < 100001; ++i) forgotten.remember(std::to_string(i), life(10 + i, 10 + i));
  CHECK(forgotten.count() == 100000);
  CHECK_FALSE(forgotten.recall("0"));
  CHECK(forgotten.recall("1"));
  CHECK(forgotten.doubt() == Etag{10});
}
