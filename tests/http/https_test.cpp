#include "http/https.h"

#include "../net/tls_test.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

struct HttpsTest : WorkerTest {
  net::test::ContextPtr context = net::test::usual_context();

  /// A connection of the https listener, on which nothing has been said yet.
  Peer connect_tls() {
    Peer peer;
    worker.accept(peer.give(), address("127.0.0.1"), context);
    turn();
    return peer;
  }
  void shake_hands(net::test::TlsClient& client) {
    for (int i = 0; i < 10 && !client.done(); ++i) {
      client.shake_hands();
      turn();
    }
    REQUIRE(client.done());
    turn();
  }
  /// The answer to a request over TLS.
  Reply ask_tls(net::test::TlsClient& client, std::string_view target, std::string_view headers = {}) {
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n");
    turn();
    client.receive();
    return take_reply(client.received);
  }
};

}  // namespace

TEST_CASE("https: the place of a plain request by https has the same host, path and query") {
  CHECK(https_location("a.example", "/", "", 443) == "https://a.example/");
  CHECK(https_location("a.example:80", "/x/y", "a=b&c=%20", 443) == "https://a.example/x/y?a=b&c=%20");
  CHECK(https_location("a.example:54321", "/x", "", 8443) == "https://a.example:8443/x");
  CHECK(https_location("[::1]:80", "/x", "", 8443) == "https://[::1]:8443/x");
  CHECK(https_location("a.example", "*", "", 443) == "https://a.example/");
  CHECK(https_location("a.example", "//b.example/x", "", 443) == "https://a.example//b.example/x");
}

TEST_CASE("https: what is no host leads nowhere") {
  for (const char* host : {"", ":80", "a b", "a@b", "a/b", "a\\b", "[::1", "a.example:x"})
    CHECK_FALSE_MESSAGE(https_location(host, "/", "", 443), host);
}

TEST_CASE("https: how long it is to be https is told in seconds") {
  CHECK(strict_transport_security(std::chrono::hours{24}) == "Strict-Transport-Security: max-age=86400\r\n");
  CHECK(strict_transport_security(std::chrono::milliseconds{1999}) == "Strict-Transport-Security: max-age=1\r\n");
  CHECK(strict_transport_security({}) == "Strict-Transport-Security: max-age=0\r\n");
}

TEST_CASE_FIXTURE(HttpsTest, "https: plain requests are sent there, those by https are answered") {
  settings->redirect_port = 8443;
  Peer plain = connect();
  for (const char* method : {"GET", "POST", "DELETE", "OPTIONS", "HEAD"}) {
    const Reply reply = ask(plain, method, "/sub?news=0&.wait=0");
    if (std::string_view(method) == "HEAD") plain.received.clear();
    CHECK(plain.received.empty());
    if (reply.status == 0) continue;  // HEAD has a length and no body
    CHECK(reply.status == 308);
    CHECK(reply.header("Location") == "https://localhost:8443/sub?news=0&.wait=0");
  }
  Peer peer = connect_tls();
  net::test::TlsClient client(peer.descriptor());
  shake_hands(client);
  CHECK(ask_tls(client, "/sub?news=0&.wait=0").status == 200);
}

TEST_CASE_FIXTURE(HttpsTest, "https: a page's preflight is answered, as a browser takes no redirect for one") {
  settings->redirect_port = 8443;
  settings->access.origins = wire::OriginList::parse("https://app.example").value();
  Peer plain = connect();
  const Reply reply =
      ask(plain, "OPTIONS", "/pub", "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n");
  CHECK(reply.status == 204);
  const Reply request = ask(plain, "POST", "/pub?channel=news", "Origin: https://app.example\r\n", "x");
  CHECK(request.status == 308);
  CHECK(request.header("Access-Control-Allow-Origin") == "https://app.example");
}

// Behind a front that ends TLS each request was sent to https, came back by http, and was sent again: the browser gave
// up with "too many redirects".
TEST_CASE_FIXTURE(HttpsTest, "https: who came by https to a trusted proxy is there already") {
  settings->redirect_port = 443;
  settings->access.trusted_proxies = wire::AddressSet::parse("127.0.0.1").value();
  const auto status = [&](Peer& peer, const char* headers) {
    return ask(peer, "GET", "/sub?news=0&.wait=0", headers).status;
  };
  Peer front = connect();
  for (const char* told :
       {"X-Forwarded-Proto: https\r\n", "x-forwarded-proto: HTTPS, http\r\n",
        "Forwarded: for=203.0.113.1;proto=https\r\n", "Forwarded: proto=https, for=10.0.0.1;proto=http\r\n"}) {
    CAPTURE(told);
    CHECK(status(front, told) == 200);
  }
  for (const char* told :
       {"", "X-Forwarded-Proto: http\r\n", "X-Forwarded-Proto: http, https\r\n", "X-Forwarded-Proto: \r\n",
        "Forwarded: for=203.0.113.1;proto=http\r\n", "Forwarded: for=203.0.113.1\r\n", "X-Forwarded-Ssl: on\r\n"}) {
    CAPTURE(told);
    CHECK(status(front, told) == 308);
  }
  Peer stranger = connect("203.0.113.1");
  CHECK(status(stranger, "X-Forwarded-Proto: https\r\n") == 308);
  CHECK(status(stranger, "Forwarded: proto=https\r\n") == 308);
}

TEST_CASE_FIXTURE(HttpsTest, "https: a balancer's look is about this server, and is answered as it came") {
  settings->redirect_port = 443;
  for (const char* head :
       {"OPTIONS / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    CAPTURE(head);
    Peer peer = connect();
    send(peer, head);
    CHECK(take_reply(peer.received).status == 204);
  }
  Peer peer = connect();
  CHECK(ask(peer, "OPTIONS", "/").status == 308);
}

TEST_CASE_FIXTURE(HttpsTest, "https: a polling client is sent there from the moment that the option is set") {
  Peer plain = connect();
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").status == 200);
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").status == 200);
  auto fresh = std::make_shared<Settings>(*settings);
  fresh->redirect_port = 443;
  worker.use(*fresh);
  worker.keep(fresh);
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").status == 308);
}

TEST_CASE_FIXTURE(HttpsTest, "https: each poll says that it is to be https, also those that are asked again") {
  settings->hsts = strict_transport_security(std::chrono::seconds{60});
  Peer peer = connect_tls();
  net::test::TlsClient client(peer.descriptor());
  shake_hands(client);
  for (int i = 0; i < 3; ++i)
    CHECK(ask_tls(client, "/sub?news=0&.wait=0").header("Strict-Transport-Security") == "max-age=60");
  Peer plain = connect();
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").header("Strict-Transport-Security").empty());
}

TEST_CASE_FIXTURE(HttpsTest,
                  "https: who has not finished the handshake makes way, the oldest first, for whoever comes") {
  settings->max_connections = 3;
  std::vector<Peer> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(connect_tls());
  CHECK(count.open == 3);
  Peer plain = connect();
  CHECK(count.open == 3);
  CHECK(silent[0].ended());
  CHECK_FALSE(silent[1].ended());
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").status == 200);

  net::test::TlsClient client(silent[1].descriptor());
  shake_hands(client);
  Peer late = connect_tls();
  CHECK(silent[2].ended());
  Peer later = connect_tls();
  CHECK(late.ended());
  CHECK(ask_tls(client, "/sub?news=0&.wait=0").status == 200);
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").status == 200);
}

// One connection more than the limit stayed for good, as each that came made one other go: everybody was told that the
// server is full, while it was full of handshakes.
TEST_CASE_FIXTURE(HttpsTest, "https: room is made also where two loops took the last place at the same time") {
  settings->max_connections = 3;
  std::vector<Peer> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(connect_tls());
  count.open += 1;  // the other loop's
  Peer plain = connect();
  CHECK(ask(plain, "GET", "/sub?news=0&.wait=0").status == 200);
  CHECK(silent[0].ended());
  CHECK(silent[1].ended());
  CHECK_FALSE(silent[2].ended());
  count.open -= 1;
}

TEST_CASE_FIXTURE(HttpsTest, "https: a server that stops doesn't wait for handshakes") {
  Peer silent = connect_tls();
  Peer second = connect_tls();
  bool stopped = false;
  worker.stop([&] { stopped = true; });
  CHECK(stopped);
  turn();
  CHECK(silent.ended());
  CHECK(second.ended());
}

TEST_CASE_FIXTURE(HttpsTest, "https: a held client that goes without a word has left its channel") {
  Peer peer = connect_tls();
  net::test::TlsClient client(peer.descriptor());
  shake_hands(client);
  CHECK(ask_tls(client, "/sub?news=now").status == 0);
  CHECK(subscribers("news") == 1);
  client.ssl.reset();
  peer.hang_up();
  turn();
  CHECK(subscribers("news") == 0);
}
