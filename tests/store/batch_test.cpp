// Pushes that are written in one transaction: each is checked against all that came before it, and nobody sees any of
// them before it is on disk.

#include "push/hub.h"
#include "store_fixture.h"

using namespace martd;
using namespace martd::store::test;

TEST_CASE_FIXTURE(StoreTest, "batch: a thousand pushes cost few syncs, and stay in order") {
  gather();
  const auto syncs = disk->syncs();
  std::vector<std::uint64_t> tickets_;
  for (int i = 0; i < 1000; ++i)
    tickets_.push_back(ask({"c" + std::to_string(i % 7)}, std::to_string(i), {.size = 500}));
  go();
  for (const auto ticket : tickets_) CHECK(answer(ticket, Etag{}).starts_with("etag"));
  CHECK(disk->syncs() - syncs <= 4);
  std::string told;
  for (int i = 3; i < 1000; i += 7) told += (i > 3 ? " " : "") + std::to_string(i);
  kill();
  CHECK(poll("c3", kAll) == told);
}

// Each answer was told by itself: the loop woke up for the first, took the processor from the store's thread, and slept
// again before the second. About ten times for 64 pushes.
TEST_CASE_FIXTURE(StoreTest,
                  "batch: the answers of a transaction come together, and what it brings to subscribers too") {
  gather();
  Follower follower(loops[1]);
  CHECK(stream(follower, {{"news", kNow}}, 1).empty());
  for (int i = 0; i < 100; ++i) ask({i % 2 == 0 ? "news" : "other"}, std::to_string(i), {.size = 100});
  go();
  for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) CHECK(answer(ticket, Etag{}).starts_with("etag"));
  CHECK(loops[0].woken == 1);
  CHECK(loops[1].woken == 0);
  CHECK(loops[1].notified == 1);
  turn();
  CHECK(follower.heard.size() > 100);
  // The next transaction hopes for as many publishers again, and does without them.
  publish("news", "alone");
  turn();
  CHECK(follower.heard.ends_with("[alone]"));
}

TEST_CASE_FIXTURE(StoreTest, "batch: key, id and If-Match count from the push before") {
  const Etag origin{push::value(publish("news", "0")) - 1};
  gather();
  const auto first = ask({"news"}, "1", {.key = "k", .id = "i"});
  const auto keyless = ask({"news"}, "2");
  const auto same = ask({"news"}, "3", {.key = "k", .id = "i"});
  const auto stale = ask({"news"}, "4", {.key = "k", .if_match = origin + 1});
  const auto newest = ask({"news"}, "5", {.key = "k", .if_match = origin + 2});
  const auto keyed = ask({"new"}, "6", {.key = "k"});
  const auto stranger = ask({"new"}, "7", {.allowed = false});
  const auto guest = ask({"new"}, "8", {.key = "k", .allowed = false});
  go();
  CHECK(answer(first, origin) == "etag 2");
  CHECK(answer(keyless, origin) == "wrong_key");
  CHECK(answer(same, origin) == "duplicate 2");
  CHECK(answer(stale, origin) == "not_newest");
  CHECK(answer(newest, origin) == "etag 3");
  CHECK(answer(keyed, Etag{}).starts_with("etag"));
  CHECK(answer(stranger, Etag{}) == "wrong_key");
  CHECK(answer(guest, Etag{}).starts_with("etag"));
  CHECK(poll("news", kAll) == "0 1 5");
  CHECK(poll("new", kAll) == "6 8");
  kill();
  CHECK(poll("news", kAll) == "0 1 5");
  CHECK(refused({"news"}) == "wrong_key news");
}

TEST_CASE_FIXTURE(StoreTest, "batch: sizes and a clear take effect in their turn") {
  const Etag origin{push::value(publish("news", "a")) - 1};
  publish("news", "b");
  gather();
  ask({"news"}, "c", {.size = 2, .id = "c"});
  ask({"news"}, "d", {.size = 1});
  const auto dropped = ask({"news"}, "again", {.size = 5, .id = "c"});
  ask({"news"}, "e", {.size = 5});
  ask({"gone"}, "x");
  REQUIRE_FALSE(hub->clear({"gone", push::test::claim()}, now, tickets));
  const std::uint64_t ticket = tickets.drawn;
  const auto last = ask({"gone"}, "y");
  go();
  CHECK(answer(last, Etag{}).starts_with("etag"));
  CHECK(std::get<1>(loops[0].answer(ticket).result)->dropped == 1);
  CHECK(answer(dropped, origin) == "etag 5");
  for (int i = 0; i < 2; ++i) {
    CHECK(poll("news", kAll) == "d again e");
    CHECK(poll("gone", kAll) == "y");
    CHECK(poll("news", push::test::after(origin + 1)) == "missed 2: d again e");
    kill();
  }
}

TEST_CASE_FIXTURE(StoreTest, "batch: empty messages that others of the same transaction push out are no loss") {
  const Etag a = publish("news", "a");
  gather();
  for (int i = 0; i < 3; ++i) ask({"cleared"}, i == 0 ? "x" : "");
  for (int i = 0; i < 25; ++i) ask({"news"}, i == 2 ? "b" : "", {.size = 5});
  REQUIRE_FALSE(hub->clear({"cleared", push::test::claim()}, now, tickets));
  const auto last = ask({"cleared"}, "");
  go();
  CHECK(answer(last, Etag{}).starts_with("etag"));
  const Etag cleared{push::value(info("cleared").etag) - 4};
  for (int i = 0; i < 2; ++i) {
    CHECK(poll("news", push::test::after(a)) == "missed 20");
    CHECK(poll("news", push::test::after(a + 2)) == "missed 18");
    CHECK(poll("news", push::test::after(a + 3)).empty());
    CHECK(poll("cleared", push::test::after(cleared)) == "missed 3");
    CHECK(poll("cleared", push::test::after(cleared + 1)).empty());
    kill();
  }
}

// A push and the clear behind it in one transaction wrote neither the message nor the channel's row: after a restart
// what was cleared was back, and the etag was given to another message.
TEST_CASE_FIXTURE(StoreTest, "batch: a push that is cleared at once takes what was before it along") {
  const Etag a = publish("news", "a");
  publish("news", "b");
  gather();
  Follower stays(loops[0]);
  CHECK(stream(stays, {{"news", kNow}}).empty());
  const auto pushed = ask({"news"}, "c");
  REQUIRE_FALSE(hub->clear({"news", push::test::claim()}, now, tickets));
  const std::uint64_t ticket = tickets.drawn;
  go();
  CHECK(answer(pushed, a) == "etag 2");
  CHECK(std::get<1>(loops[0].answer(ticket).result)->dropped == 3);
  kill();
  CHECK(poll("news", kAll).empty());
  CHECK(publish("news", "d") > a + 2);
  CHECK(poll("news", kAll) == "d");
}

TEST_CASE_FIXTURE(StoreTest, "batch: nobody sees what is not on disk") {
  gather();
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  ask({"news", "other"}, "a");
  turn();
  CHECK(follower.heard.empty());
  disk->fail(FaultDisk::Fault::sync_error, 0, 1);
  go();
  CHECK(answer(tickets.drawn, Etag{}) == "store_away");
  turn();
  CHECK(follower.heard.empty());
  CHECK_FALSE(exists("other"));
  CHECK(hub->registry().messages() == 0);
  await_recovery();
  const Etag b = publish("news", "b");
  turn();
  CHECK(follower.heard == "[b]");
  kill();
  CHECK(poll("news", kAll) == "b");
  CHECK(cursor == b);
  CHECK_FALSE(exists("other"));
}

// A channel whose last message expires between the check and the commit would be forgotten, and born anew with other
// etags than those that are being written.
TEST_CASE_FIXTURE(StoreTest, "batch: a channel that would be forgotten meanwhile stays") {
  publish("news", "a", {.life = 10s});
  gather();
  for (int i = 0; i < 200; ++i) ask({"news"}, "b" + std::to_string(i), {.size = 1000, .life = 10s});
  go();
  for (int i = 0; i < 1000; ++i) hub->sweep(now + 9s);
  CHECK(answer(tickets.drawn, Etag{}).starts_with("etag"));
  CHECK(info("news").messages >= 200);
}

TEST_CASE_FIXTURE(StoreTest, "batch: what is staged counts against --max-memory") {
  hub->limit_memory(50000);
  gather();
  hub->limit_memory(50000);
  std::vector<std::uint64_t> asked;
  for (int i = 0; i < 20; ++i) asked.push_back(ask({"c" + std::to_string(i)}, std::string(10000, 'x')));
  go();
  int taken = 0;
  for (const auto ticket : asked) taken += answer(ticket, Etag{}) != "memory_full";
  CHECK(taken == 4);
  CHECK(hub->registry().cost() <= 50000);
}
