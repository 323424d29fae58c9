#include "open_files.h"

#include <doctest/doctest.h>

namespace martd {
namespace {

TEST_CASE("open files: what fits is what is left beside the rest") {
  Options options;
  CHECK(upstream_connections(options, 20000) == 0);
  CHECK(connections_that_fit(options, 20000) == 20000 - 512);
  CHECK(connections_that_fit(options, 1000) == 750);
  options.max_connections = 100;
  CHECK(connections_that_fit(options, 20000) == 100);
  CHECK(connections_that_fit(options, 64) == 48);

  options = Options();
  options.upstream = proxy::Site::parse("http://localhost:3000").value();
  CHECK(upstream_connections(options, 20000) == 4000);
  CHECK(connections_that_fit(options, 20000) == 20000 - 512 - 4000);
  CHECK(upstream_connections(options, 4) == 1);
  CHECK(connections_that_fit(options, 4) == 2);
}

}  // namespace
}  // namespace martd
