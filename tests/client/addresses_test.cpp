// A site with several addresses: which is tried when, and which one is asked.

#include <netinet/in.h>

#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "client/upstream_pool.h"
#include "client_test.h"

using namespace martd;
using namespace martd::client;
using namespace martd::client::test;

namespace {

Endpoint endpoint(std::uint32_t address, std::uint16_t port) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(address);
  place.sin_port = htons(port);
  Endpoint made;
  std::memcpy(&made.address, &place, sizeof place);
  made.size = sizeof place;
  return made;
}
Endpoint endpoint(const SiteDoor& door) { return endpoint(INADDR_LOOPBACK, door.port()); }

/// An address that takes no connection and doesn't refuse one: its queue is full.
class Hanging {
 public:
  Hanging() : door_(INADDR_LOOPBACK, 0, 0) {
    const Endpoint to = endpoint(door_);
    for (int i = 0; i < 4; ++i) {
      const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      // It is the full queue that is wanted, not the connection.
      [[maybe_unused]] const int connected =
          ::connect(descriptor, reinterpret_cast<const sockaddr*>(&to.address), to.size);
      waiting_.emplace_back(descriptor);
    }
  }
  Endpoint place() const { return endpoint(door_); }

 private:
  SiteDoor door_;
  std::vector<SiteEnd> waiting_;
};

Endpoint first_of(UpstreamPool& pool) {
  Endpoint first;
  pool.endpoints().get([&](std::span<const Endpoint> known) { first = known.front(); });
  return first;
}

}  // namespace

TEST_CASE_FIXTURE(PoolTest, "addresses: the one that works is remembered when the name is looked up again") {
  // It was forgotten with each look-up, every ten seconds: where the first address leads nowhere, a page took 2.5 s
  // then.
  SiteDoor door;
  before("http://site.invalid");
  const std::vector<Endpoint> found = {endpoint(INADDR_LOOPBACK + 1, door.port()),
                                       endpoint(INADDR_LOOPBACK + 2, door.port()), endpoint(door)};
  pool->endpoints().know(found);
  warm(door).close();
  until([&] { return pool->open() == 0; });
  pool->endpoints().know(found);
  CHECK(first_of(*pool) == endpoint(door));
  // Not one that the name doesn't have any more.
  pool->endpoints().know({found[0], found[1]});
  CHECK(first_of(*pool) == found[0]);
}

TEST_CASE_FIXTURE(PoolTest, "addresses: the two families take turns, the first stays the first") {
  before("http://site.invalid");
  const auto six = [](std::uint8_t last) {
    sockaddr_in6 place{};
    place.sin6_family = AF_INET6;
    place.sin6_addr.s6_addr[15] = last;
    Endpoint made;
    std::memcpy(&made.address, &place, sizeof place);
    made.size = sizeof place;
    return made;
  };
  const Endpoint a = endpoint(INADDR_LOOPBACK, 1);
  const Endpoint b = endpoint(INADDR_LOOPBACK, 2);
  const auto order = [&](const std::vector<Endpoint>& found) {
    pool->endpoints().know(found);
    std::vector<Endpoint> known;
    pool->endpoints().get([&](std::span<const Endpoint> all) { known.assign(all.begin(), all.end()); });
    return known;
  };
  CHECK(order({six(1), six(2), six(3), a, b}) == std::vector<Endpoint>{six(1), a, six(2), b, six(3)});
  CHECK(order({a, six(1), six(2)}) == std::vector<Endpoint>{a, six(1), six(2)});
  CHECK(order({a, b}) == std::vector<Endpoint>{a, b});
  CHECK(order({six(1)}) == std::vector<Endpoint>{six(1)});
}

TEST_CASE_FIXTURE(PoolTest, "addresses: beside one that doesn't take the connection, the next is tried") {
  // RFC 8305. Each used to have its share of --upstream-connect-timeout to itself: here that would be half an hour.
  Hanging hanging;
  SiteDoor door;
  before("http://site.invalid", 10, {.connect = 1h});
  pool->endpoints().know({hanging.place(), endpoint(door)});
  Witness witness;
  const ExchangePtr exchange = pool->ask(post(), witness);
  exchange->send("abc");
  exchange->end_of_body();
  SiteEnd end = accept(door);
  await_request(end);
  until([&] {
    end.receive();
    return end.received.ends_with("\r\n\r\nabc");
  });
  CHECK(pool->open() == 1);  // the other one is given up
  CHECK(exchange->endpoint() == endpoint(door));
  end.send(kAnswer);
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 abc end ");
  CHECK(first_of(*pool) == endpoint(door));
}

TEST_CASE_FIXTURE(PoolTest, "addresses: one that refuses beside one that hangs hurries the next") {
  Hanging hanging;
  SiteDoor door;
  before("http://site.invalid", 10, {.connect = 1h});
  pool->endpoints().know({hanging.place(), endpoint(INADDR_LOOPBACK + 1, door.port()), endpoint(door)});
  warm(door);
  CHECK(pool->open() == 1);
}

TEST_CASE_FIXTURE(PoolTest, "addresses: where there is one place only, they are tried one after another in it") {
  Hanging hanging;
  SiteDoor door;
  before("http://site.invalid", 1, {.connect = 1500ms});
  pool->endpoints().know({hanging.place(), endpoint(door)});
  warm(door);
  CHECK(pool->open() == 1);
}

TEST_CASE_FIXTURE(PoolTest,
                  "addresses: none takes the connection: the time-out of connecting, and every place is given back") {
  Hanging one;
  Hanging other;
  before("http://site.invalid", 10, {.connect = 600ms});
  pool->endpoints().know({one.place(), other.place()});
  Witness witness;
  const ExchangePtr exchange = pool->ask(get(), witness);
  until([&] { return pool->open() == 2; });
  until([&] { return witness.done(); });
  CHECK(witness.told == "connect_timeout ");
  CHECK(pool->open() == 0);
}

TEST_CASE_FIXTURE(PoolTest, "addresses: abandoned while two are tried, it leaves nothing") {
  Hanging one;
  Hanging other;
  before("http://site.invalid", 10, {.connect = 1h});
  pool->endpoints().know({one.place(), other.place()});
  Witness witness;
  const ExchangePtr exchange = pool->ask(get(), witness);
  until([&] { return pool->open() == 2; });
  exchange->abandon();
  turn();
  CHECK(pool->open() == 0);
  CHECK(witness.told.empty());
}
