#include "push/cursor.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace martd::push;

TEST_CASE("cursor: 0, now and an etag are taken") {
  CHECK(parse_cursor("0") == Cursor{});
  CHECK(parse_cursor("now") == Cursor{Cursor::Kind::now, Etag{}});
  CHECK(parse_cursor("17") == Cursor{Cursor::Kind::after, Etag{17}});
}

TEST_CASE("cursor: nothing else is") {
  for (const char* text : {"", "NOW", "now ", "later", "-1", "1.2", "0x0", "18446744073709551616"})
    CHECK_MESSAGE(!parse_cursor(text), text);
}

TEST_CASE("missed: a count of nothing is no loss") {
  CHECK_FALSE(Missed::of(0));
  CHECK(Missed::of(0) == Missed::none());
  CHECK(Missed::of(3).count == 3);
  CHECK(Missed::of(3));
  CHECK(Missed::some());
  CHECK_FALSE(Missed::some() == Missed::of(1));
}
