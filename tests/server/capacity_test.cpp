#include "server/capacity.h"

#include <doctest/doctest.h>

namespace martd {
namespace {

TEST_CASE("open files: what fits is what is left beside the rest") {
  Options options;
  CHECK(upstream_connections(options, 20000) == 0);
  CHECK(connections_that_fit(options, 20000, 20) == 20000 - 512);
  CHECK(connections_that_fit(options, 1000, 20) == 750);
  options.max_connections = 100;
  CHECK(connections_that_fit(options, 20000, 20) == 100);
  CHECK(connections_that_fit(options, 64, 5) == 48);

  options = Options();
  options.upstream = client::Site::parse("http://localhost:3000").value();
  CHECK(upstream_connections(options, 20000) == 4000);
  CHECK(connections_that_fit(options, 20000, 20) == 20000 - 512 - 4000);
  CHECK(upstream_connections(options, 4) == 1);
}

// With a limit of 20 it said "room for 15 connections" and had 20 files open by itself: not one could come in.
TEST_CASE("open files: where they are few, what the server has open itself is no room") {
  Options options;
  CHECK(connections_that_fit(options, 60, 20) == 60 - 20 - 8);
  CHECK(connections_that_fit(options, 29, 20) == 1);
  CHECK(connections_that_fit(options, 28, 20) == 0);
  CHECK(connections_that_fit(options, 4, 20) == 0);
  options.max_connections = 5;
  CHECK(connections_that_fit(options, 28, 20) == 0);
  options.upstream = client::Site::parse("http://localhost:3000").value();
  CHECK(connections_that_fit(options, 40, 20) == 4);
}

}  // namespace
}  // namespace martd
