// Contract section 3 over lives of a channel: forgotten, reborn, restarted. Rooms: registry, forgotten, hub.

#include <chrono>
#include <thread>

#include "hub_fixture.h"
#include "push/forgotten.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

TEST_CASE_FIXTURE(HubTest, "lives: a reborn channel's etags are greater than every one before") {
  const Etag old = publish("news", "a");
  forget("news");
  const Etag young = publish("news", "b");  // at the very same nanosecond
  CHECK(young > old + 1);
}

TEST_CASE_FIXTURE(HubTest, "lives: a channel that was forgotten while idle and comes back raises no false alarm") {
  const Etag a = publish("news", "a");
  const Etag b = publish("news", "b");
  now += 2h;
  CHECK_FALSE(exists("news"));
  // b's reader has missed nothing, whether the channel lives again or not.
  CHECK(poll("news", after(b)).empty());
  publish("news", "c");
  CHECK(poll("news", after(b)) == "c");
  CHECK(poll("news", after(a)) == "missed some: c");
  CHECK(poll("news", kAll) == "c");
}

TEST_CASE_FIXTURE(HubTest, "lives: what was lost with a forgotten channel is told at once, and once") {
  const Etag a = publish("news", "a");
  publish("news", "b");
  publish("news", "c");
  now += 2h;
  CHECK(poll("news", after(a)) == "missed 2");
  CHECK(poll("news", after(cursor)).empty());
  now += 1s;
  publish("news", "d");
  CHECK(poll("news", after(cursor)) == "d");
}

TEST_CASE_FIXTURE(HubTest, "lives: two lives ago, the loss in between is not forgotten") {
  const Etag first = publish("news", "a");
  forget("news");
  now += 1s;
  const Etag second = publish("news", "b");
  forget("news");
  now += 1s;
  publish("news", "c");
  CHECK(poll("news", after(first)) == "missed some: c");
  CHECK(poll("news", after(second)) == "c");
}

TEST_CASE_FIXTURE(HubTest,
                  "lives: looking at a forgotten channel, or following it for a while, doesn't lose its memory") {
  const Etag a = publish("news", "a");
  const Etag b = publish("news", "b");
  forget("news");
  now += 1s;
  for (int i = 0; i < 3; ++i) {
    CHECK(poll("news", after(b)).empty());
    Follower follower(loops[0]);
    CHECK(wait(follower, {{"news", after(b)}}) == "parked");
    now += 1s;
    follower.leave(now);
    CHECK(poll("news", after(a)) == "missed 1");
  }
  publish("news", "c");
  CHECK(poll("news", after(b)) == "c");
}

TEST_CASE_FIXTURE(HubTest, "lives: the cursor of an unknown channel is the clock, and loses nothing that comes later") {
  CHECK(poll("news", kNow).empty());
  CHECK(cursor == origin_at(now));
  now += 1s;
  publish("news", "a");
  CHECK(poll("news", after(cursor)) == "a");
}

TEST_CASE_FIXTURE(HubTest,
                  "lives: a clock that was given out loses nothing of a channel that a loop with an older now bears") {
  // Loops read the clock once a turn, so one may bear a channel with a time that is behind what another has given out.
  Etag clock{};
  SUBCASE("given to a poll that didn't wait") {
    CHECK(poll("news", kNow).empty());
    clock = cursor;
  }
  SUBCASE("given to a poll that waited") {
    Follower poll(loops[0]);
    CHECK(wait(poll, {{"news", kNow}}) == "parked");
    now += 25s;
    clock = poll.leave(now).cursors[0];
  }
  now -= 3ns;
  for (const char* payload : {"1", "2", "3", "4", "5"}) publish("news", payload);
  CHECK(poll("news", after(clock)) == "1 2 3 4 5");
}

TEST_CASE_FIXTURE(HubTest, "lives: a cursor of an unknown channel, and a life that has passed since, is a loss") {
  CHECK(poll("news", kNow).empty());
  const Etag clock = cursor;
  now += 1s;
  publish("news", "a");
  forget("news");
  now += 1s;
  CHECK(poll("news", after(clock)) == "missed some");
  CHECK(poll("news", after(cursor)).empty());
}

TEST_CASE_FIXTURE(HubTest,
                  "lives: a channel that has only subscribers exists, and is forgotten with the last of them") {
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kAll}}).empty());
  CHECK(info("news").subscribers == 1);
  CHECK(info("news").messages == 0);
  CHECK(info("news").etag == follower.cursor());
  follower.leave(now);
  CHECK_FALSE(exists("news"));
  CHECK(cost() == 0);
}

TEST_CASE_FIXTURE(HubTest, "lives: a subscriber keeps the channel, its key and its etags when the messages are gone") {
  const Etag a = publish("news", "a", {.life = 1s, .key = "k"});
  Follower follower(loops[0]);
  CHECK(wait(follower, {{"news", after(a)}}) == "parked");
  now += 1s;
  sweep();
  CHECK(refused({"news"}) == "wrong_key news");
  CHECK(publish("news", "b", {.key = "k"}) == a + 1);
  turn();
  CHECK(follower.heard == "[b]");
}

// A site set a channel's attributes anew every minute, with empty pushes. Who had read its one message, and came back
// after half an hour, was told that fifteen were missed.
TEST_CASE_FIXTURE(HubTest, "empty pushes: who has read the last message has missed nothing, however many follow") {
  const Etag first = publish("news", "a");
  const Etag read = publish("news", "b");
  Etag between{};
  for (int i = 0; i < 25; ++i) {
    const Etag etag = publish("news", "");
    if (i == 7) between = etag;
  }
  CHECK(poll("news", after(read)).empty());
  CHECK(cursor == read + 25);
  CHECK(poll("news", after(between)).empty());
  CHECK(poll("news", after(first)) == "missed 16");  // the count is of etags
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", after(read)}}).empty());
  publish("news", "c");
  turn();
  CHECK(follower.heard == "[c]");
  CHECK(poll("news", after(read)) == "c");
  CHECK(poll("news", after(first)) == "missed 17: c");
}

TEST_CASE_FIXTURE(HubTest, "empty pushes: between and before the visible ones they are no loss either") {
  const Etag first = publish("news", "", {.size = 2});
  const Etag second = publish("news", "", {.size = 2});
  publish("news", "", {.size = 2});
  const Etag a = publish("news", "a", {.size = 2});
  CHECK(poll("news", after(Etag{value(first) - 1})) == "a");
  CHECK(poll("news", after(first)) == "a");
  publish("news", "b", {.size = 2});
  CHECK(poll("news", after(second)) == "a b");
  publish("news", "", {.size = 2});
  CHECK(poll("news", after(second)) == "missed 2: b");
  CHECK(poll("news", after(a)) == "b");
}

TEST_CASE_FIXTURE(HubTest, "empty pushes: gone by life, by expire or by a clear, they are no loss") {
  Follower keeps(loops[0]);
  CHECK(stream(keeps, {{"news", kNow}}).empty());
  const Etag a = publish("news", "a");
  publish("news", "", {.expire = 1s});
  const Etag c = publish("news", "c");
  now += 1s;
  sweep();
  CHECK(poll("news", after(a)) == "c");
  SUBCASE("a clear") {
    publish("news", "");
    clear("news");
  }
  SUBCASE("life") {
    publish("news", "", {.life = 10s});
    now += 10s;
    sweep();
  }
  SUBCASE("a smaller size") {
    publish("news", "", {.size = 2});
    publish("news", "", {.size = 1});
  }
  CHECK(poll("news", after(c)).empty());
  CHECK(poll("news", after(a)) == "missed 3");
}

TEST_CASE_FIXTURE(HubTest, "empty pushes: over the end of a channel, and a life that had no others, they are no loss") {
  publish("news", "a");
  const Etag b = publish("news", "b");
  const Etag empty = publish("news", "");
  forget("news");
  CHECK(poll("news", after(b)).empty());
  now += 1s;
  const Etag only = publish("news", "");
  CHECK(poll("news", after(b)).empty());
  CHECK(poll("news", after(empty)).empty());
  forget("news");
  now += 1s;
  CHECK(poll("news", after(b)).empty());
  CHECK(poll("news", after(only)).empty());
  publish("news", "c");
  CHECK(poll("news", after(b)) == "c");
  CHECK(poll("news", after(Etag{value(b) - 1})) == "missed some: c");
  // One that never had a visible message: who knows its clock has missed nothing.
  CHECK(poll("never", kNow).empty());
  const Etag clock = cursor;
  now += 1s;
  publish("never", "");
  forget("never");
  now += 1s;
  CHECK(poll("never", after(clock)).empty());
}

TEST_CASE_FIXTURE(HubTest, "lives: the key goes with the channel") {
  publish("news", "a", {.life = 1s, .key = "k"});
  CHECK(refused({"news"}) == "wrong_key news");
  now += 1s;
  CHECK(refused({"news"}) == "taken");
}

TEST_CASE_FIXTURE(HubTest, "restart without a store: every cursor older than the start has missed something") {
  const Etag a = publish("news", "a");
  now += 10s;
  restart_without_store();
  CHECK(poll("news", after(a)) == "missed some");
  CHECK(poll("news", after(cursor)).empty());
  CHECK(poll("quiet", after(Etag{value(origin_at(server_start)) - 1})) == "missed some");
  CHECK(poll("quiet", after(origin_at(server_start))).empty());
  now += 1s;
  publish("news", "b");
  CHECK(poll("news", after(a)) == "missed some: b");
  CHECK(poll("news", kAll) == "b");
  CHECK(poll("news", kNow).empty());
}

TEST_CASE_FIXTURE(HubTest, "clock gone back: a later cursor gets everything kept and is told, never waits until then") {
  now += 1h;
  const Etag a = publish("news", "a");
  now -= 30min;
  restart_without_store();
  Follower waiting(loops[0]);
  CHECK(wait(waiting, {{"news", after(a)}}) == "missed some");
  CHECK(waiting.seats() == 0);
  publish("news", "b");
  CHECK(poll("news", after(a)) == "missed some: b");
  CHECK(poll("news", after(cursor)).empty());
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", after(a)}}) == "missed some: b");
  publish("news", "c");
  turn();
  CHECK(follower.heard == "[c]");
}

TEST_CASE_FIXTURE(HubTest,
                  "told at once: a poll with a loss in one channel is answered, and the others keep their cursors") {
  const Etag a = publish("a", "1", {.size = 1});
  publish("a", "2", {.size = 1});
  publish("a", "3", {.size = 1});
  const Etag b = publish("b", "1");
  Follower poller(loops[0]);
  CHECK(wait(poller, {{"b", after(b)}, {"a", after(a)}}) == " | missed 1: 3");
  clear("a");
  CHECK(wait(poller, {{"b", after(b)}, {"a", after(a)}}) == " | missed 2");
}

TEST_CASE_FIXTURE(HubTest,
                  "the memory of the forgotten: the newest 100,000 raise no alarm, older ones do when in doubt") {
  // The first is pushed out by the last of 100,000 others; the second is not.
  const Etag first = publish("first", "a");
  forget("first");
  now += 1ms;
  const Etag second = publish("second", "a");
  forget("second");
  now += 1ms;
  // On a busy machine a store may be behind by all that it lets wait, and says so.
  const auto end = std::chrono::steady_clock::now() + 5min;
  const auto until_taken = [&](const auto& ask) {
    while (!ask()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      std::this_thread::yield();
    }
  };
  for (std::size_t i = 1; i < Forgotten::kCapacity; ++i) {
    const std::string name = "c" + std::to_string(i);
    until_taken([&] { return try_publish({name}, "x").has_value(); });
    until_taken([&] { return try_clear(name).has_value(); });
  }
  now += 1ms;
  CHECK(poll("second", after(second)).empty());
  CHECK(poll("first", after(first)).empty());  // it was the highest of the older ones: not in doubt itself
  CHECK(poll("first", after(Etag{value(first) - 1})) == "missed some");
  CHECK(poll("never", after(Etag{value(first) - 1})) == "missed some");
  CHECK(poll("never", after(first)).empty());
  CHECK(poll("second", after(second)).empty());
}
