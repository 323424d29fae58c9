#include "http/head_checks.h"

#include <doctest/doctest.h>

#include "../wire/request_test.h"

using namespace martd;
using namespace martd::http;
using namespace martd::wire::test;

namespace {

int refused(const std::string& method, Route route, const std::string& headers) {
  const Asked request(method + " / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
  const auto refusal = refuse_head(request->head, route);
  return refusal ? refusal->status : 200;
}

std::string headers_line(const std::string& lines) {
  const std::string name = "Access-Control-Allow-Headers: ";
  const auto at = lines.find(name) + name.size();
  return lines.substr(at, lines.find("\r\n", at) - at);
}

}  // namespace

TEST_CASE("head: what is wrong with a body matters only where it would be read") {
  CHECK(refused("POST", Route::publish, "Content-Encoding: gzip\r\n") == 415);
  CHECK(refused("PUT", Route::publish, "Content-Range: bytes 0-1/2\r\n") == 400);
  CHECK(refused("POST", Route::subscribe, "Content-Encoding: br\r\n") == 415);
  CHECK(refused("GET", Route::publish, "Content-Encoding: gzip\r\n") == 200);
  CHECK(refused("GET", Route::subscribe, "Content-Range: bytes 0-1/2\r\n") == 200);
  CHECK(refused("POST", Route::script, "Content-Encoding: gzip\r\n") == 200);
  CHECK(lines_of_refusal(415) == "Accept-Encoding: identity\r\n");
  CHECK(lines_of_refusal(400).empty());
}

TEST_CASE("head: a field that may stand once is looked at with every method") {
  for (const char* method : {"GET", "POST", "DELETE", "OPTIONS"})
    CHECK(refused(method, Route::publish, "Origin: http://a\r\nOrigin: http://b\r\n") == 400);
  CHECK(refused("GET", Route::subscribe, "Origin: http://a\r\nOrigin: http://a\r\n") == 200);
}

// A page behind a tracing library sent `traceparent` with each request; the browser's preflight was answered with our
// own names only, and nothing of the page came through.
TEST_CASE("preflight: the names that are asked for are given back beside the known ones") {
  CHECK(headers_line(preflight_lines({})) ==
        "Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, Last-Event-ID");
  CHECK(headers_line(preflight_lines("x-b, traceparent,content-type,X-B")) ==
        "Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, Last-Event-ID, traceparent, x-b");
}

TEST_CASE("preflight: what is no name is left out, and what doesn't fit") {
  CHECK(headers_line(preflight_lines("a b, c:d, \"e\", (f), ,\x01, g")).ends_with("Last-Event-ID, g"));
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "x-" + std::to_string(i) + ",";
  const std::string line = headers_line(preflight_lines(many));
  CHECK(line.size() <= 4096);
  CHECK(line.size() > 4000);
}
