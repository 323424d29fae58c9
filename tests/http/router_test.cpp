#include "http/router.h"

#include <doctest/doctest.h>

using namespace martd::http;

TEST_CASE("router: the paths that are claimed, exactly") {
  CHECK(route_of("/sub", "", true) == Route::subscribe);
  CHECK(route_of("/pub", "", true) == Route::publish);
  CHECK(route_of("/client.js", "", true) == Route::script);
  for (const char* path : {"/sub/", "/Sub", "/sub2", "//sub", "/a/sub", "/s%75b", "sub", "", "/client.js/", "**", "/*"})
    CHECK_MESSAGE(route_of(path, "", true) == Route::elsewhere, path);
}

TEST_CASE("router: below a prefix only") {
  CHECK(route_of("/push/sub", "/push", true) == Route::subscribe);
  CHECK(route_of("/push/pub", "/push", true) == Route::publish);
  CHECK(route_of("/push/client.js", "/push", true) == Route::script);
  for (const char* path : {"/sub", "/pub", "/client.js", "/push", "/pushsub", "/push/", "/pusher/sub"})
    CHECK_MESSAGE(route_of(path, "/push", true) == Route::elsewhere, path);
}

TEST_CASE("router: without a site the root is the page, with one it is the site's") {
  CHECK(route_of("/", "", false) == Route::page);
  CHECK(route_of("/", "", true) == Route::elsewhere);
  CHECK(route_of("/x", "", false) == Route::elsewhere);
  CHECK(route_of("/", "/push", false) == Route::page);
}

TEST_CASE("router: the star is the server's own, with a site behind or without") {
  CHECK(route_of("*", "", true) == Route::server);
  CHECK(route_of("*", "/push", false) == Route::server);
  CHECK(takes(Route::server, "OPTIONS"));
}

TEST_CASE("router: methods as Allow names them") {
  for (const char* method : {"GET", "POST", "OPTIONS"}) CHECK(takes(Route::subscribe, method));
  for (const char* method : {"HEAD", "PUT", "DELETE", "get", "", "GE", "GET,"})
    CHECK_FALSE(takes(Route::subscribe, method));
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS"}) CHECK(takes(Route::publish, method));
  CHECK(takes(Route::publish, "HEAD"));
  for (const char* method : {"PATCH", "TRACE"}) CHECK_FALSE(takes(Route::publish, method));
  CHECK(takes(Route::script, "HEAD"));
  for (const Route route : {Route::script, Route::page, Route::publish, Route::subscribe})
    CHECK(takes(route, "OPTIONS"));
  CHECK_FALSE(takes(Route::script, "POST"));
  // A part of the list is no method of it.
  for (const char* method : {"PO", "OST", "GE", "T", ",", "GET,", "ET, PO", "get"}) {
    CAPTURE(method);
    CHECK_FALSE(takes(Route::subscribe, method));
  }
  CHECK(takes(Route::elsewhere, "BREW"));
  CHECK(allowed_methods(Route::publish) == "GET, HEAD, POST, PUT, DELETE, OPTIONS");
}
