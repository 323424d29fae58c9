#include "wire/via.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace martd::wire {
namespace {

bool circle(const std::vector<Field>& fields) { return goes_in_a_circle(fields, "martd-1a2b3c4d"); }

TEST_CASE("via: the name of a run") {
  CHECK(via_name(0x1a2b3c4d) == "martd-1a2b3c4d");
  CHECK(via_name(0) == "martd-00000000");
}

TEST_CASE("via: a request that has been here, however the proxies between write it") {
  for (const char* line :
       {"1.1 martd-1a2b3c4d", "1.0 a, 1.1 martd-1a2b3c4d", "1.1 martd-1a2b3c4d, 1.1 vegur", "HTTP/1.1 MARTD-1A2B3C4D",
        "1.1\tmartd-1a2b3c4d:80 (a comment)", " ,1.1 a (b),1.1   martd-1a2b3c4d(c)"}) {
    CAPTURE(line);
    CHECK(circle({{"Host", "x"}, {"vIA", line}}));
  }
  CHECK(circle({{"Via", "1.1 a"}, {"X", "y"}, {"Via", "1.1 martd-1a2b3c4d"}}));
}

// Martds in a row are ordinary: one at each machine, and one before them all. A name that all of them share would have
// made the second refuse what the first sends it.
TEST_CASE("via: other martds, and those that only look like this one, are no circle") {
  for (const char* line :
       {"1.1 martd", "1.1 martd-00000000", "1.1 martd-1a2b3c4d0", "1.1 martd-1a2b3c4", "1.1 a-martd-1a2b3c4d",
        "martd-1a2b3c4d", "1.1 a (martd-1a2b3c4d)", "1.1 a martd-1a2b3c4d", "", ",", " "}) {
    CAPTURE(line);
    CHECK_FALSE(circle({{"Via", line}}));
  }
  CHECK_FALSE(circle({{"X-Via", "1.1 martd-1a2b3c4d"}}));
}

TEST_CASE("via: nobody puts more than sixteen martds in a row") {
  std::string line = "1.1 front";
  for (int n = 0; n < 16; ++n) line += ", 1.1 martd-0000000" + std::string(1, "0123456789abcdef"[n]);
  CHECK_FALSE(circle({{"Via", line}}));
  CHECK(circle({{"Via", line}, {"Via", "1.1 martd"}}));
  std::string others = "1.1 nginx";
  for (int n = 0; n < 100; ++n) others += ", 1.1 vegur, 1.1 martdish";
  CHECK_FALSE(circle({{"Via", others}}));
}

}  // namespace
}  // namespace martd::wire
