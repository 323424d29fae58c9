// Accepting can fail for the sake of one connection, which must not keep the next from being accepted, or for want of
// something, where trying again at once would be all that the loop does.

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "net/listener.h"
#include "socket_faults.h"
#include "socket_pair.h"
#include "step_clock.h"
#include "turns.h"

using namespace martd;
using namespace std::chrono_literals;
namespace faults = net::test::faults;

namespace {

struct AcceptTest {
  AcceptTest() {
    spdlog::set_level(spdlog::level::off);
    auto made = net::listen("127.0.0.1", 0);
    REQUIRE(std::holds_alternative<std::vector<net::ListenSocket>>(made));
    for (auto& socket : std::get<std::vector<net::ListenSocket>>(made)) sockets.push_back(std::move(socket));
    net::test::begin(loop);
    listener =
        std::make_unique<net::Listener>(loop, sockets.front(), [this](int descriptor, const boost::asio::ip::address&) {
          ++accepted;
          ::close(descriptor);
        });
  }
  ~AcceptTest() {
    faults::stop();
    for (const int client : clients) ::close(client);
    spdlog::set_level(spdlog::level::info);
  }
  AcceptTest(const AcceptTest&) = delete;

  /// In the listener's queue when this returns.
  void connect() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(sockets.front().port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    clients.push_back(descriptor);
  }
  static std::size_t tries() { return faults::calls()[faults::Call::accept]; }

  net::test::StepClock clock;
  net::Loop loop{clock};
  std::vector<net::ListenSocket> sockets;
  std::unique_ptr<net::Listener> listener;
  std::vector<int> clients;
  int accepted = 0;
};

}  // namespace

TEST_CASE_FIXTURE(AcceptTest, "accept: a connection that is gone when it is accepted doesn't keep the next from it") {
  listener->start();
  for (const int error : {ECONNABORTED, EINTR, EPROTO, ENETDOWN, EHOSTUNREACH}) {
    CAPTURE(error);
    accepted = 0;
    for (int i = 0; i < 2; ++i) connect();
    faults::fail_accept(error);
    loop.turn(Duration{0});
    CHECK(accepted == 2);
  }
}

TEST_CASE_FIXTURE(AcceptTest, "accept: where something is wanting it is left alone for a while, and then it goes on") {
  listener->start();
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    CAPTURE(error);
    accepted = 0;
    for (int i = 0; i < 2; ++i) connect();
    faults::fail_accept(error);
    const std::size_t before = tries();
    for (int i = 0; i < 5; ++i) loop.turn(Duration{0});
    CHECK(tries() == before + 1);
    CHECK(accepted == 0);
    clock.step(1s);
    net::test::turn(loop);
    CHECK(accepted == 2);
  }
}

TEST_CASE_FIXTURE(AcceptTest, "accept: a listener that the kernel has no room to watch is watched later") {
  faults::follow(sockets.front().descriptor(), 0);
  faults::fail(faults::Manner::no_memory, 1);
  listener->start();
  REQUIRE(faults::failed());
  connect();
  net::test::turn(loop);
  CHECK(accepted == 0);
  clock.step(1s);
  net::test::turn(loop);
  CHECK(accepted == 1);
}

TEST_CASE_FIXTURE(AcceptTest, "accept: nothing is lost where a signal comes while the loop waits") {
  listener->start();
  connect();
  faults::interrupt_wait();
  CHECK_FALSE(loop.turn(Duration{0}));
  CHECK(accepted == 0);
  CHECK(loop.turn(Duration{0}));
  CHECK(accepted == 1);
}
