// The admin listener: who may use it.

#include <doctest/doctest.h>

#include "admin_server.h"
#include "support/temp_file.h"

using namespace martd::test;

namespace {

Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

}  // namespace

TEST_SUITE_BEGIN("admin");

TEST_CASE("the token from a file, and another one with a reload") {
  TempFile file("first\nanything else\n");
  AdminServer server({"--admin-token-file", file.path()});
  CHECK(server.desk.get("/stats").status == 401);
  CHECK(server.desk.get("/stats", bearer("first")).status == 200);
  const Answer login = server.desk.send({"POST", "/login", {}, "token=first"});
  CHECK(login.status == 303);
  const std::string set = login.header("Set-Cookie");
  const Headers cookie{{"Cookie", set.substr(0, set.find(';'))}};
  CHECK(server.desk.get("/stats", cookie).status == 200);
  EventStream watching(server.desk.endpoint(), "/events", cookie);
  CHECK(watching.next().type == "recent");

  file.write("second\r\n");
  server.program().signal(SIGHUP);
  await("the second token", [&] { return server.desk.get("/stats", bearer("second")).status == 200; });
  CHECK(server.desk.get("/stats", bearer("first")).status == 401);
  CHECK(server.desk.get("/stats", cookie).status == 401);
  // Who watches with the old one is let go.
  while (watching.next_or_end()) continue;

  file.write("");
  server.program().signal(SIGHUP);
  server.program().await_errors([](const std::string& text) { return contains(text, "reload refused"); });
  CHECK(server.desk.get("/stats", bearer("second")).status == 200);
  CHECK_FALSE(contains(server.program().errors(), "second"));
}

TEST_CASE("an address that others can reach wants a token, from a flag or a file") {
  TempFile file("hush\n"), empty(""), wrong("two words\n");
  const auto said = [](const std::vector<std::string>& more) {
    std::vector<std::string> all{"--http", "localhost:0"};
    all.insert(all.end(), more.begin(), more.end());
    Program program(all);
    CHECK(program.await_exit() == 2);
    CHECK(lines_of(program.errors()).size() == 1);
    return program.errors();
  };
  CHECK(contains(said({"--admin", "0.0.0.0:0"}), "--admin-token-file"));
  CHECK(contains(said({"--admin", "0.0.0.0:0", "--admin-token-file", "/no/such/file"}), "/no/such/file"));
  CHECK(contains(said({"--admin", "0.0.0.0:0", "--admin-token-file", empty.path()}), empty.path()));
  const std::string of_wrong = said({"--admin", "0.0.0.0:0", "--admin-token-file", wrong.path()});
  CHECK(contains(of_wrong, wrong.path()));
  CHECK_FALSE(contains(of_wrong, "two words"));
  CHECK(contains(said({"--admin-token", "x", "--admin-token-file", file.path()}), "both"));
  TestServer open({"--admin", "0.0.0.0:0", "--admin-token-file", file.path()});
  Endpoint here = open.listening("admin").at(0);
  here.address = "127.0.0.1";
  CHECK(Client(here).get("/stats").status == 401);
  CHECK(Client(here).get("/stats", bearer("hush")).status == 200);
}

TEST_CASE("pages elsewhere and names that point here are refused, whatever they ask for") {
  AdminServer server;
  const Headers foreign[] = {
      {{"Host", "evil.example"}},
      {{"Origin", "https://evil.example"}},
      {{"Origin", "null"}},
      {{"Origin", server.endpoint().url()}},  // the public side, with the site behind it, is another place
      {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}},
      {{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "no-cors"}},
  };
  for (const Headers& headers : foreign) {
    CAPTURE(headers.front().second);
    for (const char* path : {"/", "/stats", "/metrics", "/channels", "/events", "/subscribe?a=0"})
      CHECK(server.desk.get(path, headers).status == 403);
    CHECK(server.post("/publish?channel=a", "x", headers).status == 403);
    CHECK(server.post("/channels/a/kick?cid=x", "", headers).status == 403);
    CHECK(server.desk.send({"DELETE", "/channels/a", headers}).status == 403);
  }
  CHECK(server.ask("/channels").at("total").to_number<int>() == 0);
}

TEST_SUITE_END();
