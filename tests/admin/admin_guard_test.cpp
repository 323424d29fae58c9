#include "admin/admin_guard.h"

#include <doctest/doctest.h>

namespace martd::admin {
namespace {

int status(const Caller& caller, std::string_view own_host = "localhost", std::string_view token = "") {
  const auto refusal = refuse(caller, own_host, token);
  return refusal ? refusal->status : 200;
}

TEST_CASE("guard: Host is an address, localhost, or the name in --admin") {
  for (const char* host :
       {"localhost", "LOCALHOST:54322", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:1", "192.0.2.1:80"}) {
    CAPTURE(host);
    CHECK(status({host, {}, ""}) == 200);
  }
  CHECK(status({"ops.example:54322", {}, ""}, "ops.example") == 200);
  for (const char* host : {"", "evil.example", "evil.example:54322", "localhost.evil.example", "127.0.0.1.evil.example",
                           "ops.example", ":80", "[::1].evil.example"}) {
    CAPTURE(host);
    CHECK(status({host, {}, ""}) == 403);
  }
  CHECK(status({{}, {}, ""}) == 403);
}

TEST_CASE("guard: an Origin is the same place as Host") {
  CHECK(status({"localhost:1", "http://localhost:1", ""}) == 200);
  CHECK(status({"localhost:1", "http://localhost:2", ""}) == 403);
  CHECK(status({"localhost:1", "https://evil.example", ""}) == 403);
  CHECK(status({"localhost:1", "null", ""}) == 403);
  CHECK(status({"localhost:1", "", ""}) == 403);
}

TEST_CASE("guard: the token, where there is one") {
  CHECK(status({"localhost", {}, "Bearer secret"}, "localhost", "secret") == 200);
  CHECK(status({"localhost", {}, "bearer secret"}, "localhost", "secret") == 200);
  for (const char* given : {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secret2", "Basic secret", "secret"}) {
    CAPTURE(given);
    CHECK(status({"localhost", {}, given}, "localhost", "secret") == 401);
  }
  CHECK(refuse({"localhost", {}, "Bearer x"}, "localhost", "secret")->message.find("secret") == std::string::npos);
}

}  // namespace
}  // namespace martd::admin
