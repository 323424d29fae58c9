#include "push/ending.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace martd;
using namespace martd::push;

TEST_CASE("endings: each has its own row and name") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kEndings; ++i) {
    const EndingRow& one = row(static_cast<Ending>(i));
    CHECK(static_cast<std::size_t>(one.ending) == i);
    names.emplace(one.name);
  }
  CHECK(names.size() == kEndings);
}

TEST_CASE("endings: as the contract has them") {
  CHECK(row(Ending::one2one).name == "one2one");
  CHECK(row(Ending::replaced).name == "replaced");
  CHECK(row(Ending::stopping).comes_back == Return::later);
  // Who is refused may come in later; who was replaced, or sent away by an operator, is to stay away.
  CHECK(row(Ending::one2one).comes_back == Return::on_change);
  CHECK(row(Ending::replaced).comes_back == Return::never);
  CHECK(row(Ending::kicked).comes_back == Return::never);
}
