#include "wire/entity_tags.h"

#include <doctest/doctest.h>

namespace martd::wire {
namespace {

TEST_CASE("entity tags: what is inside of one") {
  CHECK(opaque_of("\"a\"") == "a");
  CHECK(opaque_of("W/\"a\"") == "a");
  CHECK(opaque_of("\"\"").empty());
  for (const char* text : {"a", "\"a", "a\"", "\"", "w/\"a\"", "W/a", "*"}) CHECK(opaque_of(text) == text);
}

// A site behind Apache's mod_deflate came back with every tag as `"…-gzip"`, was told 400, and its page never got a
// message.
TEST_CASE("entity tags: what a front put behind one is taken off, once") {
  for (const char* tag : {"17-gzip", "17-br", "17;br", "17-zstd", "17-deflate", "17;gzip"})
    CHECK_MESSAGE(without_coding(tag) == "17", tag);
  CHECK(without_coding("17-gzip-gzip") == "17-gzip");
  CHECK(without_coding("17--gzip") == "17-");
  CHECK(without_coding("-gzip").empty());
  for (const char* tag : {"17", "17gzip", "17-gz", "17_br", "gzip", "", "17-GZIP"})
    CHECK_MESSAGE(without_coding(tag) == tag, tag);
}

TEST_CASE("entity tags: a list names one in whatever form, or all") {
  for (const char* list : {"\"a\"", "W/\"a\"", "\"x\", \"a\"", "\"x,y\",W/\"a-gzip\"", "*", " , \"a;br\" ,"})
    CHECK_MESSAGE(names_tag(list, "\"a\""), list);
  for (const char* list : {"", "\"x\"", "\"a-x\"", "\"x\", \"aa\"", "\"a,b\""})
    CHECK_FALSE_MESSAGE(names_tag(list, "\"a\""), list);
  CHECK(names_tag("\"a\"", "W/\"a\""));
}

}  // namespace
}  // namespace martd::wire
