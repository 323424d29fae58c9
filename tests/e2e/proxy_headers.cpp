// The headers of both ways, and whose they are.

#include <doctest/doctest.h>

#include <string>

#include "proxy.h"

using namespace martd::test;

namespace {

/// What the site is asked when the client sends these header lines.
Asked seen_by_site(ProxyTest& test, const Headers& headers) {
  Connection client = test.client();
  Headers all = headers;
  client.ask("GET", "/", all);
  Connection behind = test.site.accept();
  const Asked asked = read_request(behind);
  behind.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  CHECK(client.read_answer().status == 204);
  return asked;
}

/// What the client gets when the site sends these header lines.
Answer seen_by_client(ProxyTest& test, const std::string& lines) {
  Connection client = test.client();
  client.ask("GET", "/");
  Connection behind = test.site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + "\r\n");
  behind.close();
  return client.read_answer();
}

struct TrustedTest : ProxyTest {
  TrustedTest() = default;
  TestServer trusting{{site.url(), "--threads", "1", "--trusted-proxy", "127.0.0.0/8,::1"}};
};

}  // namespace

TEST_SUITE_BEGIN("proxy");

TEST_CASE_FIXTURE(ProxyTest, "the site is told who asks, and for which host") {
  const Asked asked = seen_by_site(*this, {});
  const std::string authority = server.endpoint().authority();
  CHECK(asked.header("Host") == authority);
  CHECK(asked.header("X-Forwarded-For") == server.endpoint().address);
  CHECK(asked.header("X-Forwarded-Proto") == (server.endpoint().tls ? "https" : "http"));
  CHECK(asked.header("X-Forwarded-Host") == authority);
  const std::string via = asked.header("Via");  // a name of this run
  CHECK(via.starts_with("1.1 martd-"));
  CHECK(via.size() == std::string("1.1 martd-1a2b3c4d").size());
  CHECK(asked.headers.size() == 5);
}

TEST_CASE_FIXTURE(ProxyTest, "what a stranger says of those before it is appended to or replaced") {
  const bool tls = server.endpoint().tls;
  const Asked asked = seen_by_site(*this, {{"X-Forwarded-For", "203.0.113.1"},
                                           {"X-Forwarded-Proto", tls ? "http" : "https"},
                                           {"X-Forwarded-Host", "bank.example"},
                                           {"Forwarded", "for=203.0.113.1"},
                                           {"X_Forwarded_Proto", "https"},
                                           {"X-Forwarded-Port", "4443"},
                                           {"X-Forwarded-Prefix", "//bank.example"},
                                           {"X-Forwarded-Server", "bank.example"},
                                           {"X-Forwarded-Ssl", "on"},
                                           {"X-Forwarded-Scheme", "https"},
                                           {"X-Real-IP", "203.0.113.1"},
                                           {"Proxy", "http://203.0.113.1/"},
                                           {"Via", "1.0 a"}});
  CHECK(asked.header("X-Forwarded-For") == "203.0.113.1, " + server.endpoint().address);
  CHECK(asked.header("X-Forwarded-Proto") == (tls ? "https" : "http"));
  CHECK(asked.count("X-Forwarded-Proto") == 1);
  CHECK(asked.header("X-Forwarded-Host") == server.endpoint().authority());
  CHECK_FALSE(asked.has("Forwarded"));
  for (const char* name : {"X_Forwarded_Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server",
                           "X-Forwarded-Ssl", "X-Forwarded-Scheme", "X-Real-IP", "Proxy"})
    CHECK_FALSE(asked.has(name));
  CHECK(asked.header("Via").starts_with("1.0 a, 1.1 martd-"));
}

TEST_CASE_FIXTURE(TrustedTest, "what a trusted proxy says is kept") {
  Connection client(trusting.endpoint());
  client.ask("GET", "/",
             {{"X-Forwarded-For", "203.0.113.1"},
              {"X-Forwarded-Proto", "https"},
              {"X-Forwarded-Host", "site.example"},
              {"X-Forwarded-Port", "443"},
              {"X-Real-IP", "203.0.113.1"},
              {"Forwarded", "for=203.0.113.1"}});
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.header("X-Forwarded-Port") == "443");
  CHECK(asked.header("X-Real-IP") == "203.0.113.1");
  CHECK(asked.header("X-Forwarded-For") == "203.0.113.1, " + trusting.endpoint().address);
  CHECK(asked.header("X-Forwarded-Proto") == "https");
  CHECK(asked.header("X-Forwarded-Host") == "site.example");
  CHECK(asked.header("Forwarded") == "for=203.0.113.1");
}

TEST_CASE_FIXTURE(ProxyTest, "hop-by-hop fields and those that Connection names go no further, in either direction") {
  const Asked asked = seen_by_site(*this, {{"Connection", "keep-alive, X-Mine , te"},
                                           {"Keep-Alive", "timeout=5"},
                                           {"Proxy-Connection", "keep-alive"},
                                           {"Proxy-Authorization", "Basic eDp5"},
                                           {"TE", "trailers"},
                                           {"X-Mine", "1"},
                                           {"X-Yours", "2"}});
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "X-Mine"})
    CHECK_FALSE(asked.has(name));
  CHECK(asked.header("X-Yours") == "2");
  const Answer answer = seen_by_client(*this,
                                       "Connection: x-mine, close\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
                                       "Proxy-Authenticate: Basic\r\nX-Yours: 2\r\n");
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Authenticate", "X-Mine"}) CHECK_FALSE(answer.has(name));
  CHECK(answer.header("X-Yours") == "2");
  CHECK(answer.header("Via") == "1.1 martd");
}

TEST_CASE_FIXTURE(ProxyTest, "what only we and the site may say to each other is taken off") {
  CHECK_FALSE(seen_by_site(*this, {{"Martd-Channels", "a"}}).has("Martd-Channels"));
  const Answer answer = seen_by_client(
      *this, "Martd-Publish: channel=news\r\nmartd-payload: hello\r\nMartd-Cursor: news=1\r\nSet-Cookie: a=b\r\n");
  for (const char* name : {"Martd-Publish", "Martd-Payload", "Martd-Cursor"}) CHECK_FALSE(answer.has(name));
  CHECK(answer.header("Set-Cookie") == "a=b");
  CHECK(server.inspection("news").status == 404);  // without --upstream-publishes it is nothing
}

TEST_CASE("the publish secret never reaches the site") {
  Upstream site;
  TestServer server({site.url()}, {{"MARTD_PUBLISH_SECRET", "s3cret"}});
  const auto asked = [&](const Headers& headers) {
    Connection client(server.endpoint());
    client.ask("GET", "/", headers);
    Connection behind = site.accept();
    Asked seen = read_request(behind);
    behind.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    client.read_answer();
    for (const auto& header : seen.headers) CHECK_FALSE(contains(header.second, "s3cret"));
    return seen;
  };
  CHECK_FALSE(asked({{"Authorization", "Bearer s3cret"}}).has("Authorization"));
  CHECK(asked({{"Authorization", "Bearer another"}}).header("Authorization") == "Bearer another");
  CHECK(asked({{"Cookie", "a=b; martd_secret=s3cret; c=d"}}).header("Cookie") == "a=b; c=d");
  CHECK_FALSE(asked({{"Cookie", "martd_secret=s3cret"}}).has("Cookie"));
}

TEST_CASE("an operator's login and token never reach the site") {
  Upstream site;
  TestServer server({site.url(), "--admin-token", "t0ken"});
  Connection client(server.endpoint());
  client.ask("GET", "/", {{"Authorization", "Bearer t0ken"}, {"Cookie", "a=b; martd_admin=0123abcd"}});
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK_FALSE(asked.has("Authorization"));
  CHECK(asked.header("Cookie") == "a=b");
}

TEST_CASE("--upstream-host gives the site its own name") {
  Upstream site;
  TestServer server({site.url(), "--upstream-host"});
  Connection client(server.endpoint());
  client.ask("GET", "/");
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.header("Host") == site.authority());
  CHECK(asked.header("X-Forwarded-Host") == server.endpoint().authority());
}

TEST_CASE("--forwarded tells the site in the words of RFC 7239, too; what a stranger said is gone") {
  Upstream site;
  TestServer server({site.url(), "--forwarded"});
  Connection client(server.endpoint());
  client.ask("GET", "/", {{"Forwarded", "for=203.0.113.1"}});
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  const Endpoint at = server.endpoint();
  const bool v6 = contains(at.address, ":");
  CHECK(asked.count("Forwarded") == 1);
  CHECK(asked.header("Forwarded") == "for=" + (v6 ? "\"[" + at.address + "]\"" : at.address) + ";host=\"" +
                                         at.authority() + "\";proto=" + (at.tls ? "https" : "http"));
  CHECK(asked.header("X-Forwarded-For") == at.address);
}

TEST_CASE("--forwarded: what a trusted proxy said stays before it") {
  Upstream site;
  TestServer server({site.url(), "--forwarded", "--trusted-proxy", "127.0.0.0/8,::1"});
  Connection client(server.endpoint());
  client.ask("GET", "/", {{"Forwarded", "for=203.0.113.1;proto=https"}});
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.count("Forwarded") == 2);
  CHECK(asked.header("Forwarded") == "for=203.0.113.1;proto=https");
}

TEST_CASE_FIXTURE(ProxyTest, "Max-Forwards: counted down for OPTIONS and TRACE, and the last one answers") {
  Connection client = this->client();
  client.ask("OPTIONS", "/a", {{"Max-Forwards", "0"}});
  CHECK(client.read_answer().status == 204);
  client.ask("TRACE", "/a", {{"Max-Forwards", "0"}});
  CHECK(client.read_answer().status == 405);
  CHECK_FALSE(site.pending());
  CHECK(seen_by_site(*this, {{"Max-Forwards", "0"}}).header("Max-Forwards") == "0");  // of a GET
  client.ask("TRACE", "/a", {{"Max-Forwards", "10"}});
  Connection behind = site.accept();
  CHECK(read_request(behind).header("Max-Forwards") == "9");
}

TEST_SUITE_END();
