// Expiry by due times, and what the sweep may cost. Rooms: registry, hub.

#include "push/registry.h"

#include "hub_fixture.h"
#include "push/hub.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

/// Names that all lie in one shard.
std::vector<std::string> neighbours(std::size_t count) {
  std::vector<std::string> names;
  for (int i = 0; names.size() < count; ++i) {
    std::string name = "n" + std::to_string(i);
    if (Registry::shard_of(name) == 7) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

TEST_CASE("registry: names are spread over all shards") {
  std::vector<int> hits(Registry::kShards);
  for (int i = 0; i < 6400; ++i) ++hits[Registry::shard_of("channel/" + std::to_string(i))];
  for (const int count : hits) CHECK(count > 30);
  CHECK(Registry::mask_of("news") == std::uint64_t{1} << Registry::shard_of("news"));
}

TEST_CASE("registry: what isn't born isn't found, what is born and has nothing is forgotten by settle") {
  Registry registry(kStart);
  const Registry::ShardLock lock(registry, Registry::mask_of("news"));
  CHECK(registry.find("news", kStart) == nullptr);
  Channel& channel = registry.find_or_create("news", kStart);
  CHECK(registry.find("news", kStart) == &channel);
  CHECK(&registry.find_or_create("news", kStart + 1s) == &channel);
  CHECK(registry.channels() == 1);
  CHECK(registry.cost() == Registry::cost_of("news"));
  CHECK(registry.settle(channel));
  CHECK(registry.find("news", kStart) == nullptr);
  CHECK(registry.channels() == 0);
  CHECK(registry.cost() == 0);
}

TEST_CASE("registry: an origin is later than the start's doubt, even where the clock stands or goes back") {
  Registry registry(kStart);
  const Registry::ShardLock lock(registry, ~std::uint64_t{0});
  CHECK(registry.find_or_create("a", kStart).newest() == origin_at(kStart) + 1);
  CHECK(registry.find_or_create("b", kStart - 1h).newest() == origin_at(kStart) + 1);
  CHECK(registry.find_or_create("c", kStart + 1h).newest() == origin_at(kStart + 1h));
}

TEST_CASE_FIXTURE(HubTest, "sweep: lets go what is over, and only that") {
  publish("short", "a", {.life = 1s});
  publish("long", "a", {.life = 10s});
  publish("mixed", "a", {.expire = 1s});
  publish("mixed", "b");
  now += 1s - 1ns;
  hub->sweep(now);
  CHECK(hub->registry().channels() == 3);
  now += 1ns;
  CHECK_FALSE(hub->sweep(now));
  CHECK(hub->registry().channels() == 2);
  CHECK(info("mixed").messages == 1);
  now += 9s;
  hub->sweep(now);
  CHECK(hub->registry().channels() == 1);
  now += 1h;
  hub->sweep(now);
  CHECK(hub->registry().channels() == 0);
  CHECK(hub->registry().cost() == 0);
}

TEST_CASE_FIXTURE(HubTest, "sweep: a channel's memory is freed while it has subscribers") {
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  publish("news", std::string(1000, 'x'), {.life = 1s});
  turn();
  now += 1s;
  hub->sweep(now);
  CHECK(hub->registry().cost() == Registry::cost_of("news"));
}

TEST_CASE_FIXTURE(HubTest, "sweep: a later message that is over earlier brings the channel's time forward") {
  publish("news", "a");
  publish("news", "b", {.expire = 1s});
  now += 1s;
  hub->sweep(now);
  std::size_t kept = 0;
  hub->registry().each_in_pieces([&](const Channel& channel) { kept += channel.backlog().count(); });
  CHECK(kept == 1);
}

TEST_CASE_FIXTURE(HubTest,
                  "sweep: a life that is made shorter brings the time forward, a longer one lets the messages stay") {
  publish("news", "a", {.life = 1h});
  publish("news", "b", {.life = 1s});
  now += 1s;
  hub->sweep(now);
  CHECK(hub->registry().channels() == 0);
  publish("news", "a", {.life = 1s});
  publish("news", "b", {.life = 1h});
  now += 30min;
  hub->sweep(now);
  CHECK(poll("news", kAll) == "a b");
}

TEST_CASE_FIXTURE(HubTest, "sweep: each turn is bounded, and says that there is more") {
  const auto names = neighbours(10);
  for (const std::string& name : names) publish(name, "a", {.life = 1s});
  publish("n", "b", {.life = 1h});
  now += 1s;
  Registry& registry = hub->registry();
  CHECK(registry.sweep(7, now, 4));
  CHECK(registry.channels() == 7);
  CHECK(registry.sweep(7, now, 4));
  CHECK(registry.channels() == 3);
  CHECK_FALSE(registry.sweep(7, now, 4));
  CHECK(registry.channels() == 1);
}

TEST_CASE_FIXTURE(HubTest, "sweep: channels that end together go in small pieces") {
  // One call took up to 32,000 of them, and whoever published or was to be delivered to on that loop waited for all.
  constexpr std::size_t kChannels = 5000;
  for (std::size_t i = 0; i < kChannels; ++i) publish("c" + std::to_string(i), "a", {.life = 1s});
  now += 1s;
  std::size_t left = kChannels;
  while (hub->sweep(now)) {
    const std::size_t there = hub->registry().channels();
    CHECK(there < left);
    CHECK(there + 1100 >= left);
    left = there;
  }
  CHECK(hub->registry().channels() == 0);
}

TEST_CASE_FIXTURE(HubTest, "sweep: exactly as many as may be is not 'more'") {
  for (const std::string& name : neighbours(4)) publish(name, "a", {.life = 1s});
  now += 1s;
  CHECK_FALSE(hub->registry().sweep(7, now, 4));
  CHECK(hub->registry().channels() == 0);
}

TEST_CASE_FIXTURE(HubTest, "sweep: looks at nothing that isn't due") {
  // One look a channel is all that a turn has, so if it were spent on those that aren't due, the due one would stay.
  const auto names = neighbours(2000);
  for (std::size_t i = 0; i + 1 < names.size(); ++i) publish(names[i], "a", {.life = 1h});
  publish(names.back(), "a", {.life = 1s});
  now += 1s;
  CHECK_FALSE(hub->registry().sweep(7, now, 1));
  CHECK(hub->registry().channels() == names.size() - 1);
  // A busy channel comes up once for each of its lives, not for each of its messages.
  for (int i = 0; i < 1000; ++i) publish(names[0], "a", {.size = 1000});
  CHECK_FALSE(hub->registry().sweep(7, now, 0));
}

TEST_CASE_FIXTURE(HubTest, "sweep: a channel that a loop is still to serve waits for it") {
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  publish("news", "a", {.life = 1s});
  follower.leave(now);
  now += 2s;
  hub->sweep(now);
  CHECK(hub->registry().channels() == 1);
  turn();
  CHECK(hub->registry().channels() == 0);
}

TEST_CASE_FIXTURE(HubTest, "each: every channel once") {
  for (int i = 0; i < 200; ++i) publish("c" + std::to_string(i), "x");
  std::size_t seen = 0;
  hub->registry().each_in_pieces([&](const Channel& channel) { seen += channel.backlog().count(); });
  CHECK(seen == 200);
}

TEST_CASE("registry: a name's key finds what its name finds") {
  Registry registry(kStart);
  const std::string name = "news";
  const ChannelKey key(name);
  const Registry::ShardLock lock(registry, Registry::mask_of(key));
  Channel& channel = registry.find_or_create(key, kStart);
  CHECK(registry.find(name, kStart) == &channel);
  CHECK(channel.key().name == name);
  CHECK(channel.key().hash == key.hash);
  CHECK(Registry::shard_of(channel.key()) == Registry::shard_of("news"));
}
