#include "admin/client_stream.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "admin/under_way.h"
#include "net/listener.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

/// As if nothing were ever too slow.
constexpr ClientStream::Patience kForEver{1h, 1h, 1h};

/// The client's end, played by the test, and ours.
struct Ends {
  Ends() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    there = ends[0];
    here = ends[1];
  }
  ~Ends() { ::close(there); }
  void say(std::string_view text) const {
    REQUIRE(::send(there, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  int there;
  int here;
};

std::string read(ClientStream& stream, std::size_t size) {
  std::string text(size, '\0');
  const ssize_t got = stream.read(text.data(), size);
  return got < 0 ? "broken off" : text.substr(0, static_cast<std::size_t>(got));
}

TEST_CASE("client stream: what has come is read in pieces of any size, then its end") {
  Ends ends;
  ClientStream stream(ends.here, kForEver);
  ends.say("GET / HTTP/1.1\r\n");
  CHECK(stream.is_readable());
  CHECK(read(stream, 1) == "G");
  CHECK(read(stream, 3) == "ET ");
  CHECK(read(stream, 100) == "/ HTTP/1.1\r\n");
  ::shutdown(ends.there, SHUT_WR);
  CHECK(read(stream, 100).empty());
}

TEST_CASE("client stream: an answer is taken as slowly as the client reads, and whole") {
  Ends ends;
  ClientStream stream(ends.here, kForEver);
  const std::string answer(2 << 20, 'a');
  std::size_t taken = 0;
  std::thread client([&] {
    char bytes[10000];
    for (ssize_t got = 1; taken < answer.size() && got > 0; taken += static_cast<std::size_t>(got))
      got = ::recv(ends.there, bytes, sizeof bytes, 0);
  });
  CHECK(stream.write(answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()));
  client.join();
  CHECK(taken == answer.size());
}

TEST_CASE("client stream: one that sends nothing, or takes nothing, is given up") {
  Ends ends;
  ClientStream stream(ends.here, {1ms, 1h, 1ms});
  CHECK_FALSE(stream.is_readable());
  CHECK(read(stream, 1) == "broken off");
  const std::string answer(8 << 10, 'a');
  while (stream.write(answer.data(), answer.size()) > 0) continue;
  CHECK_FALSE(stream.is_writable());
}

// cpp-httplib waits for the next byte for so long, and again for the next one: twenty-four clients that sent one a
// second had all the threads of the listener for as long as they liked, and nobody else got an answer, /healthz
// included.
TEST_CASE("client stream: one that sends byte by byte is given up, though there is always another byte") {
  Ends ends;
  ClientStream stream(ends.here, {1h, 20ms, 1h});
  std::string got;
  do {
    ends.say("x");
    got = read(stream, 1);
  } while (got == "x");
  CHECK(got == "broken off");
}

// There was no limit: a head without an end took memory for as long as its client liked, before the token was looked
// at.
TEST_CASE("client stream: one whose head has no end is given up, and no other") {
  Ends ends;
  ClientStream stream(ends.here, kForEver);
  std::size_t bytes = 0;
  const std::string line = "X-Line: " + std::string(1000, 'x') + "\r\n";
  const auto pass = [&] {
    ends.say(line);
    std::string got;
    for (std::size_t left = line.size(); left > 0; left -= got.size())
      if ((got = read(stream, left)) == "broken off") return false;
    bytes += line.size();
    return true;
  };
  SUBCASE("without one") {
    while (pass()) REQUIRE(bytes < 200000);
    CHECK(bytes > 60000);
  }
  SUBCASE("what comes after it is the body") {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\r\n\r\n";
    ends.say(head);
    CHECK(read(stream, 100) == head);
    while (bytes < 200000) REQUIRE(pass());
  }
}

TEST_CASE("client stream: one that has gone takes nothing more, one that has only said all that it had to does") {
  Ends ends;
  ClientStream stream(ends.here, kForEver);
  CHECK(stream.is_writable());
  ends.say("more");
  CHECK(stream.is_writable());
  CHECK(read(stream, 100) == "more");
  ::shutdown(ends.there, SHUT_WR);
  CHECK(stream.write("answer", 6) == 6);
  CHECK_FALSE(stream.is_writable());
}

TEST_CASE("client stream: whoever waits in it comes back when it is cut") {
  Ends ends;
  UnderWay<ClientStream> all;
  const auto stream = all.begin(ends.here, kForEver);
  std::thread waiting;
  SUBCASE("for the client to say something") {
    waiting = std::thread([&] { CHECK(read(*stream, 1).empty()); });
  }
  SUBCASE("for the client to take something") {
    waiting = std::thread([&] {
      const std::string answer(64 << 20, 'a');
      CHECK(stream->write(answer.data(), answer.size()) == -1);
    });
  }
  all.cut();
  waiting.join();
  // One that was only just accepted is nothing to wait for either.
  Ends later;
  CHECK(read(*all.begin(later.here, kForEver), 1).empty());
}

TEST_CASE("client stream: both ends of it by address") {
  auto made = net::listen("127.0.0.1", 0);
  REQUIRE(std::holds_alternative<std::vector<net::ListenSocket>>(made));
  const net::ListenSocket& door = std::get<std::vector<net::ListenSocket>>(made).front();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(door.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  sockaddr_in from{};
  socklen_t size = sizeof from;
  REQUIRE(::getsockname(client, reinterpret_cast<sockaddr*>(&from), &size) == 0);
  const ClientStream stream(::accept(door.descriptor(), nullptr, nullptr), kForEver);
  std::string remote, local;
  int remote_port = 0, local_port = 0;
  stream.get_remote_ip_and_port(remote, remote_port);
  stream.get_local_ip_and_port(local, local_port);
  CHECK(remote == "127.0.0.1");
  CHECK(remote_port == ntohs(from.sin_port));
  CHECK(local == "127.0.0.1");
  CHECK(local_port == door.port());
  ::close(client);
}

}  // namespace
}  // namespace martd::admin
