// Where a site may be: IPv4, IPv6, a name with several addresses, a Unix socket, https.

#include <doctest/doctest.h>
#include <httplib.h>
#include <netdb.h>

#include <filesystem>
#include <string>
#include <thread>

#include "proxy.h"
#include "support/certificate.h"
#include "support/temp_file.h"

using namespace martd::test;

namespace {

/// One request through a server before that site.
void serves(Upstream& site, const std::string& url, const std::string& host) {
  TestServer server({"--upstream", url, "--upstream-host"});
  Connection client(server.endpoint());
  client.ask("GET", "/a");
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.line == "GET /a HTTP/1.1");
  CHECK(asked.header("Host") == host);
  behind.send(answer_with("hello"));
  CHECK(client.read_answer().body == "hello");
}

/// An https site, for localhost and one of its addresses.
struct SecureSite {
  SecureSite() : site(certificate.path().c_str(), key.path().c_str()) {
    site.Get("/", [](const httplib::Request&, httplib::Response& answer) { answer.set_content("safe", "text/plain"); });
    port = site.bind_to_any_port("0.0.0.0");
    thread = std::thread([this] { site.listen_after_bind(); });
  }
  ~SecureSite() {
    site.stop();
    thread.join();
  }

  Certificate own = certificate_for("localhost", "DNS:localhost,IP:127.0.0.1");
  TempFile certificate{own.certificate};
  TempFile key{own.key};
  httplib::SSLServer site;
  int port = 0;
  std::thread thread;
};

/// Whether `localhost` has that address here.
bool is_localhost(const std::string& address) {
  addrinfo* found = nullptr;
  if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) return false;
  bool has = false;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    char text[NI_MAXHOST] = "";
    ::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    has |= address == text;
  }
  ::freeaddrinfo(found);
  return has;
}

}  // namespace

TEST_SUITE_BEGIN("proxy");

TEST_CASE("a site on IPv4, on IPv6, and on a Unix socket") {
  Upstream v4;
  serves(v4, v4.url(), v4.authority());
  Upstream v6("::1");
  serves(v6, v6.url(), v6.authority());
  Upstream path = Upstream::on_path();
  serves(path, path.url(), "localhost");
}

TEST_CASE("a name, with one address or several: the one that takes the connection, wherever it listens") {
  for (const std::string address : {"127.0.0.1", "::1"}) {
    CAPTURE(address);
    if (!is_localhost(address)) continue;
    Upstream site(address);
    const std::string url = "http://localhost:" + std::to_string(site.port());
    serves(site, url, "localhost:" + std::to_string(site.port()));
  }
}

TEST_CASE("a Unix socket that nobody listens on: 502, and found when it is there") {
  Upstream site = Upstream::on_path();
  site.go_away();
  TestServer server({site.url()});
  CHECK(server.get("/").status == 502);
  site.come_back();
  Connection client(server.endpoint());
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  behind.send(answer_with("there"));
  CHECK(client.read_answer().body == "there");
}

TEST_CASE("an https site: its certificate is verified against the machine's authorities and the name") {
  SecureSite site;
  const std::string port = std::to_string(site.port);
  {
    TestServer server({"https://localhost:" + port}, {{"SSL_CERT_FILE", site.certificate.path()}});
    for (int i = 0; i < 3; ++i) CHECK(server.get("/").body == "safe");
  }
  {
    TestServer server({"https://127.0.0.1:" + port}, {{"SSL_CERT_FILE", site.certificate.path()}});
    CHECK(server.get("/").body == "safe");
  }
  {
    TestServer server({"https://localhost:" + port}, {{"SSL_CERT_FILE", "/dev/null"}, {"SSL_CERT_DIR", "/dev/null"}});
    const Answer answer = server.get("/");
    CHECK(answer.status == 502);
    CHECK(contains(answer.error(), "certificate"));
    server.program().await_errors([](const std::string& log) { return contains(log, "certificate: "); });
  }
  {
    // The same site, by an address that the certificate doesn't name.
    TestServer server({"https://127.0.0.2:" + port}, {{"SSL_CERT_FILE", site.certificate.path()}});
    const Answer answer = server.get("/");
    CHECK(answer.status == 502);
    CHECK(contains(answer.error(), "certificate"));
  }
}

TEST_CASE("an https site that speaks no TLS: 502, and the log says so") {
  Upstream site;
  TestServer server({"https://" + site.authority()});
  Connection client(server.endpoint());
  client.ask("GET", "/");
  Connection behind = site.accept();
  behind.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  CHECK(client.read_answer().status == 502);
  server.program().await_errors([](const std::string& log) { return contains(log, "no TLS handshake"); });
}

TEST_SUITE_END();
