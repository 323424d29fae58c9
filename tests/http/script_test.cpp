#include "http/script.h"

#include <doctest/doctest.h>

#include "../wire/request_test.h"
#include "assets.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::wire::test;
using namespace martd::http::test;

namespace {

Reply script(const std::string& headers = {}, const std::string& target = "/client.js") {
  std::string out;
  serve_script(*get(target, headers), {}, Time{}, out);
  return take_reply(out);
}

}  // namespace

TEST_CASE("script: the library, with an etag to come back with") {
  const Reply reply = script();
  CHECK(reply.status == 200);
  CHECK(reply.body == assets::client_js().bytes);
  CHECK(reply.header("ETag") == assets::client_js().etag);
  CHECK(reply.header("Vary") == "Accept-Encoding");
  CHECK(reply.header("Content-Encoding").empty());
  CHECK(reply.header("Cache-Control") == "no-cache");
}

TEST_CASE("script: unchanged where the client has it, in whatever form it says so") {
  const std::string etag(assets::client_js().etag);
  const std::string opaque = etag.starts_with("W/") ? etag.substr(2) : etag;
  for (const std::string& value : {etag, opaque, "W/" + opaque, "\"x\", " + etag, std::string("*")}) {
    const Reply reply = script("If-None-Match: " + value + "\r\n");
    CHECK_MESSAGE(reply.status == 304, value);
    CHECK(reply.body.empty());
    CHECK(reply.header("ETag") == etag);
  }
  CHECK(script("If-None-Match: \"x\"\r\n").status == 200);
  CHECK(script("If-None-Match: \"x\"\r\nIf-None-Match: " + etag + "\r\n").status == 304);
  const std::string packed = opaque.substr(0, opaque.size() - 1) + "-gzip\"";  // by a front
  CHECK(script("If-None-Match: " + packed + "\r\n").status == 304);
}

TEST_CASE("script: compressed when asked") {
  for (const char* value : {"gzip", "br, gzip;q=0.5", "GZIP", "deflate, gzip ; q=1.0"}) {
    const Reply reply = script(std::string("Accept-Encoding: ") + value + "\r\n");
    CHECK_MESSAGE(reply.header("Content-Encoding") == "gzip", value);
    CHECK(reply.body == assets::client_js().gzip);
  }
  CHECK(script("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n").body == assets::client_js().gzip);
  for (const char* value : {"br", "gzip;q=0", "gzip;q=0.000", "identity", "x-gzippy"})
    CHECK_MESSAGE(script(std::string("Accept-Encoding: ") + value + "\r\n").body == assets::client_js().bytes, value);
}

TEST_CASE("script: as a module where its query says so") {
  for (const char* target : {"/client.js?module", "/client.js?module&v=1", "/client.js?module=1"})
    CHECK(script({}, target).body == assets::client_module_js().bytes);
  CHECK(script({}, "/client.js?modules").body == assets::client_js().bytes);
}

TEST_CASE("page: is HTML") {
  std::string out;
  serve_page(*get("/"), {}, Time{}, out);
  CHECK(take_reply(out).header("Content-Type").starts_with("text/html"));
}
