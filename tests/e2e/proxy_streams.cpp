// Bodies as they come: byte by byte, large ones through little memory, slow readers and writers, tunnels.

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "proxy.h"
#include "support/deadline.h"

using namespace martd::test;

namespace {

constexpr std::size_t kLarge = std::size_t{300} << 20;
constexpr long kMostMemoryKiB = 64 << 10;

/// Of the whole life of the process, KiB.
long peak_memory(TestServer& server) {
  std::ifstream status("/proc/" + std::to_string(server.program().pid()) + "/status");
  std::string word;
  long kib = 0;
  while (status >> word)
    if (word == "VmHWM:") status >> kib;
  REQUIRE(kib > 0);
  return kib;
}

/// A sanitizer's own memory is not the server's.
bool sanitized(TestServer& server) {
  std::ifstream maps("/proc/" + std::to_string(server.program().pid()) + "/maps");
  const std::string text((std::istreambuf_iterator<char>(maps)), {});
  return contains(text, "asan") || contains(text, "tsan") || contains(text, "shadow");
}

void send_zeros(Connection& to, std::size_t bytes) {
  const std::string piece(std::size_t{1} << 20, '\0');
  for (; bytes > 0; bytes -= std::min(bytes, piece.size())) to.send(std::string_view(piece).substr(0, bytes));
}

/// Whether exactly so many zeros come.
bool takes_zeros(Connection& from, std::size_t bytes) {
  const std::string none(std::size_t{1} << 16, '\0');
  while (bytes > 0) {
    std::string piece;
    if (!from.receive(piece) || piece.size() > bytes) return false;
    bytes -= piece.size();
    if (std::string_view(piece) != std::string_view(none).substr(0, piece.size())) return false;
  }
  return true;
}

/// Sends until nothing more is taken for a while: everything between is full.
std::size_t fill(Connection& to) {
  const std::string piece(std::size_t{1} << 16, 'x');
  std::size_t sent = 0;
  for (Deadline deadline(std::chrono::milliseconds{300}); !deadline.passed();) {
    const std::size_t taken = to.send_some(piece);
    if (taken > 0) {
      sent += taken;
      deadline = Deadline(std::chrono::milliseconds{300});
    } else {
      ::poll(nullptr, 0, 1);
    }
  }
  return sent;
}

Connection tunnel(ProxyTest& test, Connection& client, const std::string& ahead = {}) {
  client.send(
      "GET /ws HTTP/1.1\r\nHost: site.example\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: vite-hmr\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n" +
      ahead);
  Connection behind = test.site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.header("Host") == "site.example");
  CHECK(asked.header("Connection") == "Upgrade");
  CHECK(asked.header("Upgrade") == "websocket");
  CHECK(asked.header("Sec-WebSocket-Protocol") == "vite-hmr");
  CHECK(asked.header("Sec-WebSocket-Key") == "dGhlIHNhbXBsZSBub25jZQ==");
  behind.send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: vite-hmr\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(contains(head, "Upgrade: websocket\r\n"));
  CHECK(contains(head, "Connection: Upgrade\r\n"));
  CHECK(contains(head, "Sec-WebSocket-Protocol: vite-hmr\r\n"));
  CHECK_FALSE(contains(head, "Transfer-Encoding"));
  return behind;
}

}  // namespace

TEST_SUITE_BEGIN("proxy streams");

TEST_CASE_FIXTURE(ProxyTest, "an event stream of the site passes byte by byte: each is seen before the next is sent") {
  Connection client = this->client();
  client.ask("GET", "/events", {{"Accept", "text/event-stream"}});
  Connection behind = site.accept();
  CHECK(read_request(behind).header("Accept") == "text/event-stream");
  behind.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  CHECK(client.read_head().header("Content-Type") == "text/event-stream");
  for (const char byte : std::string("data: hello\n\nid: 7\n\n")) {
    behind.send({&byte, 1});
    CHECK(client.read_exactly(6) == std::string("1\r\n") + byte + "\r\n");
  }
}

TEST_CASE_FIXTURE(ProxyTest, "slow chunked answers and slow bodies pass byte by byte") {
  Connection client = this->client();
  client.ask("POST", "/", {{"Transfer-Encoding", "chunked"}});
  Connection behind = site.accept();
  read_request_head(behind);
  for (const char byte : std::string("abc")) {
    client.send(std::string("1\r\n") + byte + "\r\n");
    CHECK(behind.read_exactly(6) == std::string("1\r\n") + byte + "\r\n");
  }
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  // Nobody knows how much is to come, and whether the site waits for it.
  CHECK(client.read_head().header("Connection") == "close");
  // The site answers while it is still being asked.
  for (const char byte : std::string("xyz")) {
    behind.send(std::string("1\r\n") + byte + "\r\n");
    CHECK(client.read_exactly(6) == std::string("1\r\n") + byte + "\r\n");
    client.send("1\r\n=\r\n");
    CHECK(behind.read_exactly(6) == "1\r\n=\r\n");
  }
  client.send("0\r\n\r\n");
  CHECK(behind.read_exactly(5) == "0\r\n\r\n");
  behind.send("0\r\n\r\n");
  CHECK(client.read_exactly(5) == "0\r\n\r\n");
  CHECK(client.ends());
  client = this->client();
  client.ask("GET", "/next");
  CHECK(read_request(behind).line == "GET /next HTTP/1.1");
}

TEST_CASE_FIXTURE(ProxyTest, "large uploads and downloads pass through little memory") {
  Connection client = this->client();
  client.ask("PUT", "/up", {{"Content-Length", std::to_string(kLarge)}});
  Connection behind = site.accept();
  read_request_head(behind);
  std::thread writer([&] { send_zeros(client, kLarge); });
  CHECK(takes_zeros(behind, kLarge));
  writer.join();
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kLarge) + "\r\n\r\n");
  client.read_head();
  writer = std::thread([&] { send_zeros(behind, kLarge); });
  CHECK(takes_zeros(client, kLarge));
  writer.join();
  if (!sanitized(server)) CHECK(peak_memory(server) < kMostMemoryKiB);
}

TEST_CASE_FIXTURE(ProxyTest, "who doesn't read holds up who writes, in both directions, and nothing is lost") {
  Connection client = this->client();
  client.ask("GET", "/down");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  const std::size_t down = fill(behind);
  behind.close();
  client.read_head();
  std::size_t came = 0;
  for (;;) {
    const std::size_t size = std::stoul(client.read_until("\r\n"), nullptr, 16);
    client.read_exactly(size + 2);
    if (size == 0) break;
    came += size;
  }
  CHECK(came == down);

  client.ask("POST", "/up", {{"Content-Length", std::to_string(std::size_t{1} << 40)}});
  behind = site.accept();
  read_request_head(behind);
  const std::size_t up = fill(client);
  CHECK(behind.read_exactly(up) == std::string(up, 'x'));
  CHECK(fill(client) > 0);
  if (!sanitized(server)) CHECK(peak_memory(server) < kMostMemoryKiB);
}

TEST_CASE_FIXTURE(ProxyTest, "a WebSocket's tunnel: bytes both ways, half-closes passed on, from either side") {
  for (const bool client_first : {true, false}) {
    CAPTURE(client_first);
    Connection client = this->client();
    Connection behind = tunnel(*this, client);
    client.send("\x81\x02hi");
    CHECK(behind.read_exactly(4) == "\x81\x02hi");
    behind.send("\x81\x02yo");
    CHECK(client.read_exactly(4) == "\x81\x02yo");
    Connection& first = client_first ? client : behind;
    Connection& second = client_first ? behind : client;
    first.finish_sending();
    CHECK(second.ends());
    second.send("the other direction goes on");
    CHECK(first.read_exactly(27) == "the other direction goes on");
    second.finish_sending();
    CHECK(first.ends());
    CHECK_FALSE(first.is_reset());
  }
}

TEST_CASE_FIXTURE(ProxyTest, "what is sent right behind a 101, or ahead of it, belongs to the tunnel") {
  Connection client = this->client();
  Connection behind = tunnel(*this, client, "ahead of it");
  CHECK(behind.read_exactly(11) == "ahead of it");

  Connection second = this->client();
  second.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  Connection other = site.accept();
  read_request(other);
  other.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nright behind");
  second.read_until("\r\n\r\n");
  CHECK(second.read_exactly(12) == "right behind");
}

TEST_CASE("an idle tunnel and an idle event stream outlive every time-out") {
  Upstream site;
  TestServer server({site.url(), "--upstream-timeout", "100ms", "--header-timeout", "100ms"});
  Connection client(server.endpoint());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  client.read_until("\r\n\r\n");
  Connection reader(server.endpoint());
  reader.ask("GET", "/");
  Connection stream = site.accept();
  read_request(stream);
  stream.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 10\r\n\r\n");
  reader.read_head();
  CHECK_FALSE(client.readable(std::chrono::milliseconds{400}));
  CHECK_FALSE(reader.readable());
  client.send("still here");
  CHECK(behind.read_exactly(10) == "still here");
  stream.send("still here");
  CHECK(reader.read_exactly(10) == "still here");
}

TEST_CASE_FIXTURE(ProxyTest, "a tunnel that breaks on one side is broken on the other") {
  {
    Connection client = this->client();
    Connection behind = tunnel(*this, client);
    behind.abort();
    CHECK(client.is_reset());
  }
  Connection client = this->client();
  Connection behind = tunnel(*this, client);
  client.abort();
  CHECK(behind.is_reset());  // an orderly end would be a word of the client's
}

TEST_CASE_FIXTURE(ProxyTest, "an upgrade that the site doesn't want is an ordinary answer") {
  Connection client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo\r\nContent-Length: 2\r\n\r\nno");
  const Answer answer = client.read_answer();
  CHECK(answer.status == 426);
  CHECK(answer.header("Upgrade") == "foo");
  client.ask("GET", "/next", {{"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", "x"}});
  const Asked asked = read_request(behind);
  for (const char* name : {"Connection", "Upgrade", "HTTP2-Settings"}) CHECK_FALSE(asked.has(name));
}

TEST_SUITE_END();
