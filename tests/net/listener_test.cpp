#include "net/listener.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>

#include "turns.h"

using namespace martd;

namespace {

std::vector<net::ListenSocket> listening(const std::string& host, std::uint16_t port) {
  auto made = net::listen(host, port);
  const auto* error = std::get_if<std::string>(&made);
  REQUIRE_MESSAGE(!error, (error ? *error : ""));
  return std::get<std::vector<net::ListenSocket>>(std::move(made));
}

/// A client that is connected as soon as the kernel has it in the listener's queue.
int connect_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return descriptor;
}

}  // namespace

TEST_CASE("listen: port 0 lets the system choose, one port for all addresses of a name") {
  const auto sockets = listening("localhost", 0);
  REQUIRE(!sockets.empty());
  CHECK(sockets[0].port() != 0);
  for (const auto& socket : sockets) {
    CHECK(socket.port() == sockets[0].port());
    CHECK(socket.address().is_loopback());
  }
  const auto one = listening("127.0.0.1", 0);
  REQUIRE(one.size() == 1);
  CHECK(one[0].name() == "127.0.0.1:" + std::to_string(one[0].port()));
}

TEST_CASE("listen: a port that is taken is an error that names it") {
  const auto first = listening("127.0.0.1", 0);
  const auto second = net::listen("127.0.0.1", first[0].port());
  REQUIRE(std::holds_alternative<std::string>(second));
  CHECK(std::get<std::string>(second).find(first[0].name()) != std::string::npos);
}

TEST_CASE("listen: a name that has no address, or one of another machine, is an error") {
  CHECK(std::holds_alternative<std::string>(net::listen("no-such-host.invalid", 0)));
  CHECK(std::holds_alternative<std::string>(net::listen("192.0.2.1", 0)));
}

TEST_CASE("listener: takes every connection that waits, and none once it is stopped") {
  net::Clock clock;
  net::Loop loop(clock);
  net::test::begin(loop);
  const auto sockets = listening("127.0.0.1", 0);
  std::vector<int> accepted;
  net::Listener listener(loop, sockets[0], [&](int descriptor, const boost::asio::ip::address& peer) {
    CHECK(peer.is_loopback());
    accepted.push_back(descriptor);
  });
  listener.start();
  std::vector<int> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect_to(sockets[0].port()));
  net::test::turn(loop);
  CHECK(accepted.size() == 5);
  listener.stop();
  listener.stop();
  clients.push_back(connect_to(sockets[0].port()));
  net::test::turn(loop);
  CHECK(accepted.size() == 5);
  for (const int descriptor : accepted) ::close(descriptor);
  for (const int descriptor : clients) ::close(descriptor);
}

TEST_CASE("listener: where no descriptor is left it pauses, says so once, and goes on when there are some") {
  // Once it said so with each try, five times a second for each loop and address.
  std::ostringstream said;
  const auto usual_log = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(said)));
  net::Clock clock;
  net::Loop loop(clock);
  net::test::begin(loop);
  const auto sockets = listening("127.0.0.1", 0);
  int accepted = 0;
  net::Listener listener(loop, sockets[0], [&](int descriptor, const boost::asio::ip::address&) {
    ++accepted;
    ::close(descriptor);
  });
  listener.start();
  const int client = connect_to(sockets[0].port());
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const rlimit none{3, usual.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  // Without a pause there would be no end of turns: there is always something to accept.
  net::test::turn(loop);
  const auto some_tries = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
  while (std::chrono::steady_clock::now() < some_tries) loop.turn(std::chrono::milliseconds(20));
  CHECK(accepted == 0);
  const std::string once = said.str();
  CHECK(once.find("can't accept for now") != std::string::npos);
  CHECK(std::count(once.begin(), once.end(), '\n') == 1);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (accepted == 0 && std::chrono::steady_clock::now() < deadline) loop.turn(std::chrono::milliseconds(20));
  CHECK(accepted == 1);
  ::close(client);
  spdlog::set_default_logger(usual_log);
}

TEST_CASE("listener: stopped from within its own call, and destroyed with a wait under way") {
  net::Clock clock;
  net::Loop loop(clock);
  net::test::begin(loop);
  const auto sockets = listening("127.0.0.1", 0);
  int accepted = 0;
  auto listener = std::make_unique<net::Listener>(loop, sockets[0], [](int, const boost::asio::ip::address&) {});
  listener = std::make_unique<net::Listener>(loop, sockets[0], [&](int descriptor, const boost::asio::ip::address&) {
    ++accepted;
    ::close(descriptor);
    listener->stop();
  });
  listener->start();
  const int first = connect_to(sockets[0].port());
  const int second = connect_to(sockets[0].port());
  net::test::turn(loop);
  CHECK(accepted == 1);
  listener = std::make_unique<net::Listener>(loop, sockets[0], [](int, const boost::asio::ip::address&) {});
  listener->start();
  listener.reset();
  net::test::turn(loop);
  ::close(first);
  ::close(second);
}

TEST_CASE("listen: refusing gives what had connected, and lets nobody else in") {
  const auto sockets = listening("127.0.0.1", 0);
  std::vector<int> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect_to(sockets[0].port()));
  std::vector<int> given;
  sockets[0].refuse([&](int descriptor, const boost::asio::ip::address& peer) {
    CHECK(peer.is_loopback());
    given.push_back(descriptor);
  });
  CHECK(given.size() == 5);
  const int late = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(sockets[0].port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(late, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0);
  // Another may have the place, while this one is still there.
  CHECK(std::holds_alternative<std::vector<net::ListenSocket>>(net::listen("127.0.0.1", sockets[0].port())));
  for (const int descriptor : clients) ::close(descriptor);
  for (const int descriptor : given) ::close(descriptor);
  ::close(late);
}
