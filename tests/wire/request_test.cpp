#include "request_test.h"

#include <doctest/doctest.h>

using namespace martd::wire;
using namespace martd::wire::test;

TEST_CASE("request: path and query are what stands before and behind the first question mark") {
  const Asked plain = get("/sub");
  CHECK(plain->path == "/sub");
  CHECK(plain->query == "");
  const Asked query = get("/sub?a=1&b=?2");
  CHECK(query->path == "/sub");
  CHECK(query->query == "a=1&b=?2");
  CHECK(get("/?").operator->()->query == "");
}

TEST_CASE("request: an absolute target is read without its scheme and host") {
  CHECK(get("http://site.example/sub?a=1")->path == "/sub");
  CHECK(get("http://site.example/sub?a=1")->query == "a=1");
  CHECK(get("https://site.example")->path == "/");
  CHECK(get("http://site.example?a=1")->path == "/");
  CHECK(get("http://site.example?a=1")->query == "a=1");
}

TEST_CASE("request: OPTIONS of the whole server has the star for its path, also by the server's address") {
  const auto path = [](const char* target) {
    return std::string(Asked(std::string("OPTIONS ") + target + " HTTP/1.1\r\nHost: site.example\r\n\r\n")->path);
  };
  CHECK(path("*") == "*");
  CHECK(path("http://site.example") == "*");
  CHECK(path("https://site.example") == "*");
  CHECK(path("/") == "/");
  CHECK(path("/a") == "/a");
  CHECK(path("/a?b=http://site.example") == "/a");
  CHECK(path("http://site.example/") == "/");
  CHECK(path("http://site.example?a") == "/");
}

TEST_CASE("request: method, headers and version") {
  const Asked asked = post("/pub?channel=a", "hello", "If-Match: \"1\"\r\n");
  CHECK(asked->method() == "POST");
  CHECK(asked->header("if-match") == "\"1\"");
  CHECK(asked->header("Cookie").empty());
  CHECK(asked->body == "hello");
  CHECK_FALSE(asked->head.http_1_0);
  CHECK(Asked("GET / HTTP/1.0\r\n\r\n")->head.http_1_0);
}
