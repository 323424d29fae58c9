#include "http/router.h"

#include <doctest/doctest.h>

using namespace martd::http;

TEST_CASE("router: the paths that are claimed, exactly") {
  CHECK(place_of("/sub", "", true) == Place::subscribe);
  CHECK(place_of("/pub", "", true) == Place::publish);
  CHECK(place_of("/client.js", "", true) == Place::script);
  for (const char* path : {"/sub/", "/Sub", "/sub2", "//sub", "/a/sub", "/s%75b", "sub", "", "/client.js/", "**", "/*"})
    CHECK_MESSAGE(place_of(path, "", true) == Place::elsewhere, path);
}

TEST_CASE("router: below a prefix only") {
  CHECK(place_of("/push/sub", "/push", true) == Place::subscribe);
  CHECK(place_of("/push/pub", "/push", true) == Place::publish);
  CHECK(place_of("/push/client.js", "/push", true) == Place::script);
  for (const char* path : {"/sub", "/pub", "/client.js", "/push", "/pushsub", "/push/", "/pusher/sub"})
    CHECK_MESSAGE(place_of(path, "/push", true) == Place::elsewhere, path);
}

TEST_CASE("router: without a site the root is the page, with one it is the site's") {
  CHECK(place_of("/", "", false) == Place::page);
  CHECK(place_of("/", "", true) == Place::elsewhere);
  CHECK(place_of("/x", "", false) == Place::elsewhere);
  CHECK(place_of("/", "/push", false) == Place::page);
}

TEST_CASE("router: the star is the server's own, with a site behind or without") {
  CHECK(place_of("*", "", true) == Place::server);
  CHECK(place_of("*", "/push", false) == Place::server);
  CHECK(takes(Place::server, "OPTIONS"));
}

TEST_CASE("router: methods as Allow names them") {
  for (const char* method : {"GET", "POST", "OPTIONS"}) CHECK(takes(Place::subscribe, method));
  for (const char* method : {"HEAD", "PUT", "DELETE", "get", "", "GE", "GET,"})
    CHECK_FALSE(takes(Place::subscribe, method));
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS"}) CHECK(takes(Place::publish, method));
  CHECK(takes(Place::publish, "HEAD"));
  for (const char* method : {"PATCH", "TRACE"}) CHECK_FALSE(takes(Place::publish, method));
  CHECK(takes(Place::script, "HEAD"));
  for (const Place place : {Place::script, Place::page, Place::publish, Place::subscribe})
    CHECK(takes(place, "OPTIONS"));
  CHECK_FALSE(takes(Place::script, "POST"));
  // A part of the list is no method of it.
  for (const char* method : {"PO", "OST", "GE", "T", ",", "GET,", "ET, PO", "get"}) {
    CAPTURE(method);
    CHECK_FALSE(takes(Place::subscribe, method));
  }
  CHECK(takes(Place::elsewhere, "BREW"));
  CHECK(allowed_methods(Place::publish) == "GET, HEAD, POST, PUT, DELETE, OPTIONS");
}
