#include "base/ascii.h"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

namespace martd {
namespace {

TEST_CASE("lists: elements without the space around them, the empty ones as well") {
  std::vector<std::string_view> elements;
  for (std::string_view list = " a ,b c,,\td"; !list.empty();) elements.push_back(next_element(list));
  CHECK(elements == std::vector<std::string_view>{"a", "b c", "", "d"});
  std::string_view last = "a,";
  CHECK(next_element(last) == "a");
  CHECK(last.empty());
  std::string_view parameters = "gzip ; q=0, br";
  CHECK(next_element(parameters, ';') == "gzip");
  CHECK(parameters == " q=0, br");
}

TEST_CASE("names compare without regard to the case of ASCII letters, and nothing else") {
  CHECK(iequals("Content-Length", "content-lENGTH"));
  CHECK(iequals("", ""));
  CHECK_FALSE(iequals("Host", "Hosts"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK_FALSE(iequals("[", "{"));
  CHECK_FALSE(iequals("Ä", "ä"));
}

}  // namespace
}  // namespace martd
