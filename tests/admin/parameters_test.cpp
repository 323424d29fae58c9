#include "admin/parameters.h"

#include <doctest/doctest.h>

namespace martd::admin {
namespace {

std::string wrong(std::string_view query) {
  const auto parameters = Parameters::parse(query, {"prefix", "limit"});
  return parameters ? "" : parameters.error().message;
}

TEST_CASE("parameters: values by name, decoded") {
  const auto parameters = Parameters::parse("prefix=a%2Fb+c&&limit=7", {"prefix", "limit"});
  REQUIRE(parameters.has_value());
  CHECK(*parameters->text("prefix") == "a/b c");
  CHECK(parameters->count("limit", 100, 1000).value() == 7);
  CHECK(parameters->count("other", 100, 1000).value() == 100);
  CHECK(Parameters::parse("limit=", {"limit"})->text("limit") == nullptr);
}

TEST_CASE("parameters: what is wrong is named, and what is taken") {
  CHECK(wrong("limits=1").find("nearest: limit") != std::string::npos);
  CHECK(wrong("limit=1&limit=2").find("limit: given twice") != std::string::npos);
  CHECK(wrong("prefix=%2").find("prefix") != std::string::npos);
  for (const char* query : {"limit=0", "limit=1001", "limit=-1", "limit=1x", "limit=99999999999999999999"}) {
    CAPTURE(query);
    const auto count = Parameters::parse(query, {"limit"})->count("limit", 100, 1000);
    REQUIRE_FALSE(count.has_value());
    CHECK(count.error().message.find("taken: 1 to 1000") != std::string::npos);
  }
}

TEST_CASE("paths: segments, each decoded by itself, so that a name may have a slash in it") {
  using Segments = std::vector<std::string>;
  CHECK(*path_segments("/") == Segments{""});
  CHECK(*path_segments("/channels") == Segments{"channels"});
  CHECK(*path_segments("/channels/a%2Fb+c/kick") == Segments{"channels", "a/b+c", "kick"});
  CHECK(*path_segments("/channels/") == Segments{"channels", ""});
  for (const char* path : {"", "*", "stats", "http://a/stats"}) CHECK_FALSE(path_segments(path));
  CHECK_FALSE(path_segments("/channels/%zz"));
}

}  // namespace
}  // namespace martd::admin
