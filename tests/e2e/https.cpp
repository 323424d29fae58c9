// TLS where it is not the same as without: handshakes that don't end, peers that go, certificates that change, and what
// an answer says of its scheme. All the rest is the other suites, which MARTD_SCHEME=https runs by https.

#include <doctest/doctest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "support/certificate.h"
#include "support/deadline.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"
#include "support/upstream.h"

using namespace martd::test;

namespace {

/// The same place, spoken to without TLS.
Endpoint bare(Endpoint endpoint) {
  endpoint.tls = false;
  return endpoint;
}

/// The beginning of a client's first record: its header, and less than the 512 bytes that it announces.
const std::string kHalfHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on", 21);

TestServer::Options https_only(TestServer::Options more = {}) {
  more.insert(more.end(), {"--http", "none", "--https", "localhost:0"});
  return more;
}

/// A server by https with certificate files that can be changed under it.
struct Renewed {
  Certificate first = certificate_for("first.example");
  Certificate second = certificate_for("second.example");
  TempFile cert{first.certificate};
  TempFile key{first.key};
  TestServer server{https_only({"--cert", cert.path(), "--cert-key", key.path()})};
  EventStream held{server.endpoint(), "news=now"};

  std::string shown() const { return Connection(server.endpoint()).certificate_name(); }
  void await_shown(const std::string& name) const {
    await(name + " to be shown", [&] { return shown() == name; });
  }
  void await_log(const std::string& words) {
    server.program().await_errors([&](const std::string& text) { return contains(text, words); });
  }
  /// The stream that was there before has not noticed anything.
  void check_held() {
    server.publish("news", "still here");
    CHECK(held.next().data == "still here");
  }
};

/// Plain and https, the plain one redirected.
struct Redirected {
  TestServer server{{"--http", "localhost:0", "--https", "localhost:0", "--https-redirect", "--hsts"}};
  Client https{server.listening("https").front()};
  std::string place = "localhost:" + std::to_string(https.endpoint().port);

  /// Where a request with that target is sent; empty where it isn't, with 308.
  std::string sent_to(const std::string& method, const std::string& target, const std::string& body = {}) const {
    // By hand: cpp-httplib decodes what it shows of a header.
    Connection client(server.listening("http").front());
    client.send(method + " " + target +
                " HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const Answer answer = client.read_answer();
    return answer.status == 308 ? answer.header("Location") : "";
  }
};

}  // namespace

TEST_SUITE_BEGIN("https");

TEST_CASE("a connection that does not finish its handshake is closed after the header timeout") {
  TestServer server(https_only({"--header-timeout", "200ms"}));
  Connection silent(bare(server.endpoint()));
  Connection half(bare(server.endpoint()));
  half.send(kHalfHello);
  CHECK(silent.ends());
  CHECK(half.ends());
  // One that is through, and then says nothing, has no longer.
  Connection idle(server.endpoint());
  CHECK(idle.ends());
}

// `curl host:54443` said "Empty reply from server", and nobody knew why.
TEST_CASE("plain HTTP on an https port is told so") {
  TestServer server(https_only({"--hsts"}));
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"}) {
    CAPTURE(method);
    Connection plain(bare(server.endpoint()));
    plain.ask(method, "/sub?news=0");
    const Answer answer = plain.read_answer();
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "https"));
    CHECK(answer.header("Connection") == "close");
    CHECK_FALSE(answer.has("Strict-Transport-Security"));
    CHECK(plain.ends());
    CHECK_FALSE(plain.is_reset());
  }
  // Cut anywhere, with a body, and more behind it.
  Connection slow(bare(server.endpoint()));
  for (const char* piece :
       {"P", "OS", "T /pub?channel=news HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n"})
    slow.send(piece);
  CHECK(slow.read_answer().status == 400);
  CHECK(server.inspection("news").status == 404);
  CHECK(server.push("channel=news", "a").status == 200);
}

TEST_CASE("what is neither TLS nor HTTP is closed without a word, and the server goes on") {
  TestServer server(https_only());
  for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "EHLO mail.example\r\n", "get / HTTP/1.1\r\n\r\n"}) {
    Connection other(bare(server.endpoint()));
    other.send(bytes);
    CHECK_FALSE(contains(other.read_to_end(), "HTTP"));
  }
  CHECK(server.push("channel=news", "a").status == 200);
}

TEST_CASE("an orderly end is answered with one, and is what an idle connection gets") {
  TestServer server(https_only({"--header-timeout", "200ms"}));
  Connection idle(server.endpoint());
  CHECK(idle.ends());
  CHECK_FALSE(idle.is_reset());
  Connection said(server.endpoint());
  CHECK(said.ask("GET", "/pub?channel=none").read_answer().status == 404);
  said.finish_sending();
  CHECK(said.ends());
  CHECK_FALSE(said.is_reset());
  EventStream stream(server.endpoint(), "news=now");
  server.await_subscribers("news", 1);
  stream.connection().finish_sending();
  CHECK_FALSE(stream.connection().is_reset());
}

TEST_CASE("who seals the records is changed by a reload, and those who are there notice nothing") {
  TempFile config("tls-records = \"openssl\"\n");
  TestServer server(https_only({"--config", config.path()}));
  EventStream first(server.endpoint(), "news=now");
  server.publish("news", "a");
  CHECK(first.next().data == "a");
  config.write("");
  server.program().signal(SIGHUP);
  server.program().await_errors([](const std::string& text) { return contains(text, "--tls-records has changed"); });
  EventStream second(server.endpoint(), "news=now");
  server.publish("news", "b");
  CHECK(first.next().data == "b");
  CHECK(second.next().data == "b");
  CHECK_FALSE(contains(server.program().errors(), "--tls-records own"));
}

// It did, now and then, where loops were slow: who came in at the loop that it stays on was there before those of the
// flood that another loop had handed over, and had to make way for them.
TEST_CASE("a flood of connections that never finish their handshake keeps nobody out") {
  // They would be there for an hour, and are many times the limit.
  TestServer server(https_only({"--header-timeout", "1h", "--max-connections", "40"}));
  EventStream held(server.endpoint(), "news=now");
  std::vector<Connection> flood;
  for (int i = 0; i < 600; ++i) {
    flood.emplace_back(bare(server.endpoint()));
    if (i % 2 == 0) flood.back().try_send(kHalfHello);
    if (i % 50 != 0) continue;
    CHECK(server.push("channel=news", std::to_string(i)).status == 200);
    CHECK(held.next().data == std::to_string(i));
  }
  EventStream another(server.endpoint(), "news=0");
  CHECK(another.next().data == "100");
}

TEST_CASE("who is established is not pushed out by others, who are told to come back") {
  TestServer server(https_only({"--max-connections", "2"}));
  EventStream first(server.endpoint(), "news=now");
  EventStream second(server.endpoint(), "news=now");
  CHECK(server.get("/sub?news=now&.wait=0").status == 503);
  CHECK(server.push("channel=news", "a").status == 503);
  first.connection().close();
  await("room", [&] { return server.push("channel=news", "b").status == 200; });
  CHECK(second.next().data == "b");
}

TEST_CASE("a follower that goes without close_notify has hung up") {
  TestServer server(https_only());
  EventStream stream(server.endpoint(), "news=now");
  HeldPoll poll(server.endpoint(), "news=now");
  server.await_subscribers("news", 2);
  stream.connection().close();
  server.await_subscribers("news", 1);
  poll.connection().abort();
  server.await_subscribers("news", 0);
}

TEST_CASE_FIXTURE(Renewed, "certificates whose files have changed are read again, and nobody is dropped") {
  CHECK(shown() == "first.example");
  cert.write(second.certificate);
  key.write(second.key);
  await_shown("second.example");
  await_log("certificates read again");
  check_held();
}

TEST_CASE_FIXTURE(Renewed, "certificates that don't fit are refused with a line in the log, and the old ones stay") {
  cert.write("no certificate");
  await_log("certificates refused, the old ones stay: --cert: " + cert.path());
  CHECK(shown() == "first.example");
  cert.write(second.certificate);
  await_log("key doesn't belong");
  CHECK(shown() == "first.example");
  std::filesystem::remove(key.path());
  await_log("--cert-key: can't read");
  CHECK(shown() == "first.example");
  key.write(second.key);
  await_shown("second.example");
  CHECK_FALSE(contains(server.program().errors(), "PRIVATE"));
  check_held();
}

TEST_CASE_FIXTURE(Renewed, "a reload reads the certificates, and refuses those that don't fit") {
  cert.write(second.certificate);
  key.write(second.key);
  server.program().signal(SIGHUP);
  await_shown("second.example");
  key.write(first.key);
  server.program().signal(SIGHUP);
  await_log("reload refused");
  CHECK(shown() == "second.example");
  check_held();
}

TEST_CASE_FIXTURE(Redirected, "plain requests are sent to the same path and query by https") {
  CHECK(sent_to("GET", "/") == "https://" + place + "/");
  CHECK(sent_to("GET", "/sub?news=0&.wait=0") == "https://" + place + "/sub?news=0&.wait=0");
  CHECK(sent_to("POST", "/pub?channel=a%20b", "a") == "https://" + place + "/pub?channel=a%20b");
  CHECK(sent_to("DELETE", "/no/such?x=//y") == "https://" + place + "/no/such?x=//y");
  CHECK(sent_to("GET", "//other.example/x") == "https://" + place + "//other.example/x");
  CHECK(https.inspection("a b").status == 404);
  CHECK(https.push("channel=a%20b", "a").status == 200);
  // What was asked over a connection that is kept is asked again on another.
  Connection kept(server.listening("http").front());
  for (int i = 0; i < 3; ++i) CHECK(kept.ask("GET", "/sub?news=0").read_answer().status == 308);
}

TEST_CASE_FIXTURE(Redirected, "the host is the one that was asked for, and must be one") {
  Connection client(server.listening("http").front());
  const std::string port = ":" + std::to_string(https.endpoint().port);
  client.send("GET /x HTTP/1.1\r\nHost: push.example\r\n\r\n");
  CHECK(client.read_answer().header("Location") == "https://push.example" + port + "/x");
  client.send("GET /x HTTP/1.1\r\nHost: [::1]:54321\r\n\r\n");
  CHECK(client.read_answer().header("Location") == "https://[::1]" + port + "/x");
  client.send("GET /x HTTP/1.0\r\n\r\n");
  CHECK(client.read_answer().status == 400);
}

TEST_CASE_FIXTURE(Redirected, "https answers say that it is to be https from now on; plain ones never do") {
  const std::string kName = "Strict-Transport-Security";
  for (const char* target : {"/", "/client.js", "/sub?news=0&.wait=0", "/nothing", "/pub?channel=none", "/sub?x=y"})
    CHECK_MESSAGE(https.get(target).header(kName) == "max-age=31536000", target);
  EventStream stream(https.endpoint(), "news=now");
  CHECK(stream.head().header(kName) == "max-age=31536000");
  HeldPoll poll(https.endpoint(), "news=now");
  https.await_subscribers("news", 2);
  https.publish("news", "a");
  CHECK(poll.answer().header(kName) == "max-age=31536000");
  CHECK_FALSE(server.get("/").has(kName));
}

TEST_CASE("what is for the site behind is sent to https, too, before its body comes, and its answers say so") {
  TestServer site;
  TestServer front({"--http", "localhost:0", "--https", "localhost:0", "--https-redirect", "--hsts", "--prefix",
                    "/push", "--upstream", site.endpoint().url()});
  Client https(front.listening("https").front());
  const Answer through = https.get("/client.js");
  CHECK(through.status == 200);
  CHECK(through.header("Via") != "");
  CHECK(through.header("Strict-Transport-Security") == "max-age=31536000");
  Connection plain(front.listening("http").front());
  plain.ask("POST", "/pub?channel=news", {{"Content-Length", "1000000"}, {"Expect", "100-continue"}});
  const Answer sent = plain.read_answer();
  CHECK(sent.status == 308);
  CHECK(sent.header("Connection") == "close");
  CHECK(contains(sent.header("Location"), ":" + std::to_string(https.endpoint().port) + "/pub?channel=news"));
  CHECK(plain.ends());
  CHECK(site.inspection("news").status == 404);
}

// A site that sits behind us in plain has to know that its visitors don't: else it makes cookies that aren't secure,
// and sends them round in circles to https.
TEST_CASE("a site behind is told that it was asked by https, and its secure cookies come and go as they are") {
  Upstream site;
  TestServer server({"--http", "localhost:0", "--https", "localhost:0", site.url()});
  for (const char* scheme : {"http", "https"}) {
    Connection client(server.listening(scheme).front());
    client.ask("GET", "/account", {{"Cookie", "__Host-id=1; other=2"}, {"X-Forwarded-Proto", "gopher"}});
    Connection behind = site.accept();
    const Asked asked = read_request(behind);
    CHECK(asked.header("X-Forwarded-Proto") == scheme);
    CHECK(asked.count("X-Forwarded-Proto") == 1);
    CHECK(asked.header("Cookie") == "__Host-id=1; other=2");
    const std::string cookie = "__Host-id=1; Path=/; Secure; HttpOnly; SameSite=Strict";
    behind.send("HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: " + cookie + "\r\nContent-Length: 2\r\n\r\nhi");
    const Answer answer = client.read_answer();
    CHECK(answer.header("Set-Cookie") == cookie);
    CHECK(answer.body == "hi");
  }
}

TEST_CASE("how long https is to be can be said, and without the option nothing is") {
  TestServer told({"--https", "localhost:0", "--hsts=1d"});
  Client by_https(told.listening("https").front());
  CHECK(by_https.get("/").header("Strict-Transport-Security") == "max-age=86400");
  CHECK(told.get("/").status == 200);
  CHECK_FALSE(told.get("/").has("Strict-Transport-Security"));
  TestServer silent(https_only());
  CHECK_FALSE(silent.get("/").has("Strict-Transport-Security"));
}

TEST_CASE("a kernel that seals the records changes nothing; one that can't is told of") {
  TestServer server(https_only({"--ktls"}));
  EventStream stream(server.endpoint(), "news=now");
  server.publish("news", "a");
  CHECK(stream.next().data == "a");
  const bool warned = contains(server.program().errors(), "--ktls: this kernel doesn't offer it");
  CHECK(warned != std::filesystem::exists("/proc/net/tls_stat"));
}

TEST_SUITE_END();
