// Contract section 4: for which names a request is meant for this server.

#include "wire/known_hosts.h"

#include <doctest/doctest.h>

using namespace martd::wire;

TEST_CASE("known hosts: an address and localhost are nobody else's to point somewhere") {
  const KnownHosts hosts;
  for (const char* host : {"127.0.0.1", "127.0.0.1:54321", "192.0.2.7", "0.0.0.0:80", "[::1]", "[2001:db8::1]:8080",
                           "localhost", "LocalHost:54321", "localhost.", "app.localhost", "a.b.LOCALHOST.:1"})
    CHECK_MESSAGE(hosts.knows(host), host);
  CHECK_FALSE(hosts.only());
}

TEST_CASE("known hosts: a name that only looks like one of them is a stranger's") {
  const KnownHosts hosts;
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", ".localhost", "localhost..",
        "127.1", "0x7f000001", "2130706433", "", ":80", "[::1", "::1", "a b", "localhost:99999"})
    CHECK_MESSAGE(!hosts.knows(host), host);
}

TEST_CASE("known hosts: a name that was said is known with every port, in any case, with a dot at its end") {
  KnownHosts hosts = KnownHosts::parse("push.example, Other.EXAMPLE.").value();
  CHECK(hosts.only());
  for (const char* host : {"push.example", "PUSH.example:8443", "push.example.", "other.example", "localhost"})
    CHECK_MESSAGE(hosts.knows(host), host);
  for (const char* host : {"example", "a.push.example", "push.example.evil.example"})
    CHECK_MESSAGE(!hosts.knows(host), host);
  hosts.add("Late.example");
  CHECK(hosts.knows("late.example:1"));
}

TEST_CASE("known hosts: what is added doesn't shut out the rest") {
  KnownHosts hosts;
  hosts.add("push.example");
  hosts.add("0.0.0.0");
  hosts.add("::");
  CHECK(hosts.knows("push.example"));
  CHECK_FALSE(hosts.only());
}

TEST_CASE("known hosts: what is no name is refused and shown") {
  for (const char* text : {"push.example:80", "*", "*.example", "https://push.example", "a,b c", "a/b", "[::1"}) {
    const auto hosts = KnownHosts::parse(text);
    REQUIRE_MESSAGE(!hosts, text);
    CHECK(hosts.error().message.find("not a name: ") == 0);
  }
  CHECK_FALSE(KnownHosts::parse("").has_value());
  CHECK_FALSE(KnownHosts::parse(" , ").has_value());
}
