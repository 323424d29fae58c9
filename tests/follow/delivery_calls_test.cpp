// What a delivery may cost for each of its subscribers in system calls: one, which sends. Everything is real but the
// clients, whose ends are in the test.

#include <sys/resource.h>

#include <string>
#include <vector>

#include "../http/worker_fixture.h"
#include "../net/socket_faults.h"

using namespace martd;
using namespace martd::http::test;

namespace faults = net::test::faults;
using faults::Call;
using faults::Calls;

namespace {

constexpr std::size_t kMany = 1000;

/// Each connection has two ends here.
void allow_descriptors() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 4096));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_cur > 2 * kMany + 100);
}

Calls operator-(Calls after, const Calls& before) {
  for (std::size_t i = 0; i < faults::kCalls; ++i) after.of[i] -= before.of[i];
  after.all -= before.all;
  after.waits -= before.waits;
  return after;
}

/// One delivery to so many, who have all got some before.
Calls delivery(std::size_t count, const std::string& transport) {
  WorkerTest server;
  std::vector<net::test::Peer> peers(count);
  int whose = 0;
  for (net::test::Peer& peer : peers) {
    const int descriptor = peer.give();
    faults::follow(descriptor, whose++);
    server.worker.accept(descriptor, address("127.0.0.1"), nullptr);
  }
  const std::string now = "GET /sub?news=now&.transport=" + transport + " HTTP/1.1\r\nHost: a\r\n\r\n";
  Calls cost;
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    if (round == 0 || transport == "poll")
      for (net::test::Peer& peer : peers) peer.send(now);
    server.turn();
    for (net::test::Peer& peer : peers) {
      peer.receive();
      peer.received.clear();
    }
    REQUIRE(server.subscribers("news") == count);
    const Calls before = faults::calls();
    server.publish("news", "a payload of some length " + std::to_string(round));
    server.turn();
    cost = faults::calls() - before;
    std::size_t heard = 0;
    for (net::test::Peer& peer : peers) {
      peer.receive();
      const auto at = peer.received.find("some length " + std::to_string(round));
      if (at != std::string::npos && peer.received.find("some length", at + 1) == std::string::npos) ++heard;
    }
    CHECK(heard == count);
  }
  return cost;
}

}  // namespace

TEST_CASE("delivery: a thousand subscribers cost a thousand sends, and no other system call more than one does") {
  allow_descriptors();
  for (const std::string transport : {"sse", "lines", "poll"}) {
    CAPTURE(transport);
    const Calls one = delivery(1, transport);
    const Calls many = delivery(kMany, transport);
    CHECK(one[Call::send] == 1);
    CHECK(many[Call::send] == kMany);
    for (const Call call : {Call::receive, Call::watch, Call::option, Call::look, Call::shut_down, Call::accept})
      CHECK(many[call] == 0);
    CHECK(many.all - many[Call::send] == one.all - one[Call::send]);
    CHECK(many.waits == one.waits);
  }
}
