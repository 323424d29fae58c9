#include "admin/admin_guard.h"

#include <doctest/doctest.h>

namespace martd::admin {
namespace {

int place(const Caller& caller, std::string_view own_host = "localhost") {
  const auto refusal = refuse_place(caller, own_host);
  return refusal ? refusal->status : 200;
}

Caller at(std::optional<std::string> host, std::optional<std::string> origin = {}) {
  return {std::move(host), std::move(origin), "", "", ""};
}

TEST_CASE("guard: Host is an address, localhost, or the name in --admin") {
  for (const char* host :
       {"localhost", "LOCALHOST:54322", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:1", "192.0.2.1:80"}) {
    CAPTURE(host);
    CHECK(place(at(host)) == 200);
  }
  CHECK(place(at("ops.example:54322"), "ops.example") == 200);
  for (const char* host : {"", "evil.example", "evil.example:54322", "localhost.evil.example", "127.0.0.1.evil.example",
                           "ops.example", ":80", "[::1].evil.example"}) {
    CAPTURE(host);
    CHECK(place(at(host)) == 403);
  }
  CHECK(place(at({})) == 403);
}

TEST_CASE("guard: an Origin is the same place as Host") {
  CHECK(place(at("localhost:1", "http://localhost:1")) == 200);
  CHECK(place(at("localhost:1", "http://localhost:2")) == 403);
  CHECK(place(at("localhost:1", "https://evil.example")) == 403);
  CHECK(place(at("localhost:1", "null")) == 403);
  CHECK(place(at("localhost:1", "")) == 403);
}

TEST_CASE("guard: what a page elsewhere embeds is not served; a person may follow a link") {
  // An <img> or a <script> sends no Origin: sixteen of them could take all the places of those who watch.
  const auto fetch = [](std::string site, std::string mode) {
    return place({"localhost:1", {}, "", std::move(site), std::move(mode)});
  };
  CHECK(fetch("same-origin", "cors") == 200);
  CHECK(fetch("none", "navigate") == 200);
  CHECK(fetch("cross-site", "navigate") == 200);
  CHECK(fetch("cross-site", "no-cors") == 403);
  CHECK(fetch("same-site", "no-cors") == 403);
  CHECK(fetch("same-site", "websocket") == 403);
}

TEST_CASE("guard: the token, where there is one") {
  const auto stranger = [](std::string authorization, bool logged_in = false) {
    const auto refusal = refuse_stranger({"localhost", {}, std::move(authorization), "", ""}, "secret", logged_in);
    return refusal ? refusal->status : 200;
  };
  CHECK(stranger("Bearer secret") == 200);
  CHECK(stranger("bearer secret") == 200);
  CHECK(stranger("", true) == 200);
  for (const char* given : {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secret2", "Basic secret", "secret"}) {
    CAPTURE(given);
    CHECK(stranger(given) == 401);
  }
  CHECK_FALSE(refuse_stranger({"localhost", {}, "", "", ""}, "", false));
  const auto refusal = refuse_stranger({"localhost", {}, "Bearer x", "", ""}, "secret", false);
  CHECK(refusal->message.find("secret") == std::string::npos);
}

}  // namespace
}  // namespace martd::admin
