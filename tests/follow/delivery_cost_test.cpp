// What a delivery may cost for each of its subscribers: one write of bytes that all share, and nothing else. A vector
// that was built for each subscriber of ten thousand once made a push take twice as long, and nobody saw it but the
// benchmark.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdlib>
#include <deque>
#include <memory>
#include <new>

#include "../net/turns.h"
#include "../push/hub_calls.h"
#include "fake_outlet.h"
#include "follow/following.h"
#include "net/clock.h"
#include "push/hub.h"

namespace {

std::size_t allocations = 0;

void* counted(std::size_t bytes) {
  ++allocations;
  if (void* made = std::malloc(bytes)) return made;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* made) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }
void operator delete[](void* made, std::size_t) noexcept { std::free(made); }

namespace martd::follow::test {
namespace {

struct Cost {
  std::size_t allocations = 0;
  std::size_t offers = 0;
  std::size_t others = 0;
};

/// One loop with so many who follow `news` as `asked` says.
struct Crowd {
  Crowd(std::size_t count, wire::Transport transport, bool json) {
    asked.transport = transport;
    asked.json = json;
    asked.wait = std::chrono::seconds{300};
    asked.wants.push_back({"news", push::Cursor{push::Cursor::Kind::now, {}}});
    for (std::size_t i = 0; i < count; ++i) outlets.emplace_back(desk);
    for (FakeOutlet& outlet : outlets) followers.push_back(make_subscriber(outlet, asked));
    begin();
  }
  ~Crowd() {
    for (const auto& follower : followers) follower->hung_up(loop.now());
  }
  /// Polls, after they were answered, or whoever is new.
  void begin() {
    for (std::size_t i = 0; i < outlets.size(); ++i) {
      if (asked.transport == wire::Transport::poll) followers[i] = make_subscriber(outlets[i], asked);
      followers[i]->begin(asked, loop.now());
      REQUIRE(followers[i]->holding());
    }
  }
  Cost deliver() {
    const auto content = push::test::content("a payload of some length, so that it isn't kept in place");
    for (FakeOutlet& outlet : outlets) outlet.offers = outlet.others = 0;
    REQUIRE(push::test::publish_in(hub, "news", content, loop.now()).has_value());
    const std::size_t before = allocations;
    net::test::turn(loop);
    Cost cost{allocations - before, 0, 0};
    for (const FakeOutlet& outlet : outlets) {
      CHECK(outlet.offers == 1);
      cost.offers += outlet.offers;
      cost.others += outlet.others;
    }
    return cost;
  }

  net::Clock clock;
  net::Loop loop{clock};
  push::Hub hub{clock.start()};
  Counters counters;
  Settings settings;
  Desk desk{0, loop, hub, counters, settings};
  wire::SubscribeRequest asked;
  std::deque<FakeOutlet> outlets;
  std::vector<std::unique_ptr<HeldSubscriber>> followers;
};

TEST_CASE("delivery: a thousand subscribers cost no allocation more than one, and no call but one write each") {
  wire::Transport transport = wire::Transport::event_stream;
  bool json = false;
  SUBCASE("events") {}
  SUBCASE("JSON events") { json = true; }
  SUBCASE("lines") { transport = wire::Transport::line_stream; }
  SUBCASE("long-polls") { transport = wire::Transport::poll; }
  Crowd one(1, transport, json);
  Crowd many(1000, transport, json);
  Cost alone, together;
  // What a loop keeps for its turns grows with the first of them.
  for (int round = 0; round < 3; ++round) {
    alone = one.deliver();
    together = many.deliver();
    if (transport == wire::Transport::poll && round < 2) {
      one.begin();
      many.begin();
    }
  }
  CHECK(together.allocations == alone.allocations);
  CHECK(alone.allocations > 0);
  CHECK(together.offers == 1000);
  CHECK(together.others == 0);
  CHECK(many.outlets.front().bytes == one.outlets.front().bytes);
}

}  // namespace
}  // namespace martd::follow::test
