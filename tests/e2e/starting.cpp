// Section 8 of the contract: how the server starts, and how it doesn't.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>

#include <set>
#include <string>
#include <vector>

#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"
#include "support/upstream.h"

using namespace martd::test;

namespace {

std::set<std::string> addresses_of_localhost() {
  addrinfo hints{}, *first = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  std::set<std::string> addresses;
  if (getaddrinfo("localhost", nullptr, &hints, &first) != 0) return addresses;
  for (addrinfo* at = first; at != nullptr; at = at->ai_next) {
    char text[INET6_ADDRSTRLEN] = "";
    getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    addresses.insert(text);
  }
  freeaddrinfo(first);
  return addresses;
}

/// Starts it with what it must refuse; returns its one line.
std::string refused(const std::vector<std::string>& arguments, const Program::Environment& environment = {}) {
  Program program(arguments, environment);
  CHECK(program.await_exit() == 2);
  CHECK_FALSE(contains(program.output(), "ready"));
  CHECK(program.sanitizer_report() == "");
  std::string said = program.errors();
  CHECK(lines_of(said).size() == 1);
  CHECK(said.size() > 1);
  CHECK((!said.empty() && said.back() == '\n'));
  return said;
}

}  // namespace

TEST_SUITE_BEGIN("operating");

TEST_CASE("standard output names every address, then says ready, and nothing more") {
  TestServer server({"--http", "localhost:0", "--admin", "127.0.0.1:0"});
  auto lines = lines_of(server.program().output());
  REQUIRE(lines.size() >= 3);
  CHECK(lines.back() == "ready");
  lines.pop_back();
  for (auto& line : lines) {
    bool known = line.rfind("listening http ", 0) == 0 || line.rfind("listening admin 127.0.0.1:", 0) == 0;
    CHECK(known);
  }
  CHECK(server.listening("admin").size() == 1);
  CHECK(server.get("/").status == 200);
  CHECK(server.admin().get("/healthz").status == 200);
  CHECK(server.get("/healthz").status == 404);
  server.publish("news", "a");
  CHECK(lines_of(server.program().output()).size() == lines.size() + 1);
}

TEST_CASE("port 0 with a name is one port for all of its addresses") {
  TestServer server({"--http", "localhost:0"});
  std::set<std::string> addresses;
  for (auto& endpoint : server.listening("http")) {
    CHECK(endpoint.port == server.endpoint().port);
    CHECK(Client(endpoint).get("/").status == 200);
    addresses.insert(endpoint.address);
  }
  CHECK(addresses == addresses_of_localhost());
}

TEST_CASE("a server can listen on several addresses and serves the same channels on each") {
  TestServer server({"--http", "127.0.0.1:0", "--http", "127.0.0.2:0"});
  auto listening = server.listening("http");
  REQUIRE(listening.size() == 2);
  CHECK(listening[0].address == "127.0.0.1");
  CHECK(listening[1].address == "127.0.0.2");
  server.publish("news", "a");
  CHECK(Client(listening[1]).kept("news") == "a");
}

TEST_CASE("a listener can be left out") {
  TestServer server({"--http", "localhost:0", "--admin", "none"});
  CHECK(server.listening("admin").empty());
  CHECK(server.get("/").status == 200);
}

TEST_CASE("a wrong option is named in one line, and the exit code is 2") {
  TempFile unreadable("= = =\n"), unknown("no-such-option = 1\n"), wrong("max-size = \"many\"\n");
  std::tuple<std::vector<std::string>, std::string> wrongs[] = {
      {{"--no-such-option"}, "no-such-option"},
      {{"--http", "nonsense"}, "nonsense"},
      {{"--http", "localhost:99999"}, "99999"},
      {{"--http", "localhost:port"}, "port"},
      {{"--http", "no-such-host.invalid:0"}, "no-such-host.invalid"},
      {{"--admin", "nonsense"}, "nonsense"},
      {{"--max-size", "0"}, "max-size"},
      {{"--max-size", "many"}, "max-size"},
      {{"--max-life", "0"}, "max-life"},
      {{"--max-payload", "1Q"}, "max-payload"},
      {{"--heartbeat", "often"}, "heartbeat"},
      {{"--heartbeat"}, "heartbeat"},
      {{"--publish-from", "300.0.0.1"}, "300.0.0.1"},
      {{"--publish-from", "10.0.0.0/33"}, "10.0.0.0/33"},
      {{"--trusted-proxy", "here"}, "here"},
      {{"--origin", "app.example"}, "app.example"},
      {{"--origin", "https://app.example/path"}, "https://app.example/path"},
      {{"--prefix", "noslash"}, "noslash"},
      {{"--threads", "many"}, "threads"},
      {{"--log-level", "loud"}, "loud"},
      {{"--log-format", "xml"}, "xml"},
      {{"--config", "/no/such/file.toml"}, "/no/such/file.toml"},
      {{"--config", unreadable.path()}, unreadable.path()},
      {{"--config", unknown.path()}, "no-such-option"},
      {{"--config", wrong.path()}, "max-size"},
  };
  for (auto& one : wrongs) {
    auto& arguments = std::get<0>(one);
    auto& named = std::get<1>(one);
    CAPTURE(named);
    std::vector<std::string> all = arguments;
    if (all[0] != "--http") all.insert(all.end(), {"--http", "localhost:0"});
    if (all[0] != "--admin") all.insert(all.end(), {"--admin", "none"});
    CHECK(contains(refused(all), named));
  }
}

TEST_CASE("a wrong variable is named in one line, and the exit code is 2") {
  std::string said = refused({"--http", "localhost:0", "--admin", "none"}, {{"MARTD_MAX_SIZE", "many"}});
  CHECK((contains(said, "MARTD_MAX_SIZE") || contains(said, "max-size")));
}

TEST_CASE("an address that another has is named in one line, and the exit code is 2") {
  TestServer first;
  std::string taken = std::to_string(first.endpoint().port);
  std::string said = refused({"--http", first.endpoint().authority(), "--admin", "none"});
  CHECK(contains(said, taken));
}

TEST_CASE("a site that is one of the server's own listeners is refused, at the start and by --check-config") {
  Upstream place;  // a port that stays free
  place.go_away();
  const std::string port = std::to_string(place.port());
  for (const auto& [http, admin] : {std::pair{"127.0.0.1:" + port, std::string("none")},
                                    {"0.0.0.0:" + port, "none"},
                                    {"localhost:0", "127.0.0.1:" + port}}) {
    for (const std::string host : {"127.0.0.1", "localhost"}) {
      CAPTURE(host);
      const std::string said = refused({"--upstream", "http://" + host + ":" + port, "--http", http, "--admin", admin});
      CHECK(contains(said, "--upstream: http://" + host + ":" + port + " is this server itself"));
    }
  }
  CHECK(contains(refused({"--check-config", "--upstream", "https://localhost:" + port, "--http", "none", "--https",
                          "localhost:" + port, "--admin", "none"}),
                 "--https localhost:" + port));
}

TEST_CASE("an upstream's URL with a path is refused") {
  CHECK(contains(refused({"--upstream", "http://localhost:3000/app", "--http", "localhost:0", "--admin", "none"}),
                 "--upstream"));
}

TEST_SUITE_END();
