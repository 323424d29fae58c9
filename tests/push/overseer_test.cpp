#include "push/overseer.h"

#include <functional>
#include <thread>

#include "hub_fixture.h"
#include "push/hub.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

struct OverseerTest : HubTest {
  Overseer overseer{*hub};

  /// The names of a page joined by spaces, `…` behind them where there is more.
  std::string list(const ChannelQuery& query) {
    const ChannelPage page = overseer.list(query);
    std::string out;
    for (const ChannelRow& row : page.rows) out += (out.empty() ? "" : " ") + row.name;
    return out + (page.more ? " …" : "");
  }
  /// `2`, `2 more`, or `none` where there is no such channel.
  std::string kick(const std::string& channel, const KickOrder& order) {
    const auto kicked = overseer.kick(channel, order, now);
    if (!kicked) return "none";
    return std::to_string(kicked->seats) + (kicked->more ? " more" : "");
  }
};

/// What is handed over waits until the test takes its turn.
struct WaitingStore final : Store {
  std::optional<std::string> refusal(bool) const override { return std::nullopt; }
  void submit(StoreEntryPtr entry) override { entries.push_back(std::move(entry)); }
  void submit_lazily(StoreEntryPtr) override {}
  void after_settling(std::function<void()> call) override { settled = std::move(call); }

  std::vector<StoreEntryPtr> entries;
  std::function<void()> settled;
};

struct NoWriter final : StoreWriter {
  void put_channel(std::string_view, const ChannelRecord&) override {}
  void put_message(std::string_view, const Message&) override {}
  void drop(std::string_view, Channel::Life, Etag) override {}
  void forget(std::string_view, Channel::Life) override {}
  void evict(std::string_view, Etag) override {}
  void put_ceiling(Etag) override {}
};

}  // namespace

// A channel that was born for a push that is still being written was in the list, though the push could fail, and /pub
// said that there was none.
TEST_CASE_FIXTURE(OverseerTest, "an operator sees no channel whose first message is not on disk") {
  WaitingStore store;
  NoWriter writer;
  Hub later(now);
  TestLoop loop(later, 0);
  later.keep_in(store, Durability::always);
  Overseer over(later);
  CHECK_FALSE(later.publish(job_of({"news"}, "a", {}), now, tickets));
  REQUIRE(store.entries.size() == 1);
  store.entries[0]->write(writer);
  CHECK(over.list({}).rows.empty());
  CHECK_FALSE(over.describe("news", 1, now));
  CHECK_FALSE(over.read("news", kAll, SIZE_MAX, now));
  CHECK_FALSE(over.kick("news", {}, now));
  store.entries[0]->settled(true);
  store.settled();
  CHECK(over.list({}).rows.size() == 1);
  CHECK(text(*over.read("news", kAll, SIZE_MAX, now)) == "a");
}

TEST_CASE_FIXTURE(OverseerTest, "list: channels by name, from a prefix, behind a name, cut at the limit") {
  for (const char* name : {"b", "a", "news/2", "news/1", "news", "z"}) publish(name, "x");
  CHECK(list({}) == "a b news news/1 news/2 z");
  CHECK(list({.prefix = "news"}) == "news news/1 news/2");
  CHECK(list({.prefix = "news/"}) == "news/1 news/2");
  CHECK(list({.limit = 2}) == "a b …");
  CHECK(list({.after = "b", .limit = 2}) == "news news/1 …");
  CHECK(list({.after = "news/1", .limit = 2}) == "news/2 z");
  CHECK(list({.prefix = "news", .after = "news/2"}).empty());
  CHECK(list({.prefix = "n", .after = "a", .limit = 3}) == "news news/1 news/2");
}

TEST_CASE_FIXTURE(OverseerTest, "list: a page after the other has every channel once") {
  for (int i = 0; i < 1000; ++i) publish("c" + std::to_string(i), "x");
  std::size_t seen = 0;
  ChannelQuery query{.limit = 7};
  for (bool more = true; more;) {
    const ChannelPage page = overseer.list(query);
    for (const ChannelRow& row : page.rows) {
      CHECK(row.name > query.after);
      query.after = row.name;
      ++seen;
    }
    more = page.more;
  }
  CHECK(seen == 1000);
}

TEST_CASE_FIXTURE(OverseerTest, "list: every channel that stays is seen once while others come and go") {
  // Tables grow and shrink between two pieces of a shard: nothing may be left out or come twice for that.
  for (int i = 0; i < 5000; ++i) publish("stays" + std::to_string(i), "x");
  std::atomic<bool> done = false;
  std::thread other([&] {
    for (int i = 0; i < 40000; ++i) {
      (void)publish_in(*hub, "comes" + std::to_string(i), content("x"), now);
    }
    done = true;
  });
  int rounds = 0;
  while (!done || rounds == 0) {
    CHECK(overseer.list({.prefix = "stays", .limit = 10000}).rows.size() == 5000);
    ++rounds;
  }
  other.join();
  CHECK(overseer.list({.limit = 100000}).rows.size() == 45000);
}

TEST_CASE_FIXTURE(OverseerTest, "list: what a row says, and never the key") {
  publish("news", "hello", {.size = 3, .life = 60s, .one2one = true, .key = "secret"});
  now += 1s;
  const Etag etag = publish("news", "", {.size = 3, .life = 60s, .one2one = true, .key = "secret"});
  const ChannelRow row = overseer.list({}).rows.at(0);
  CHECK(row.attributes.size == 3);
  CHECK(row.attributes.life == 60s);
  CHECK(row.attributes.one2one);
  CHECK(row.attributes.key.empty());
  CHECK(row.keyed);
  CHECK(row.messages == 2);
  CHECK(row.bytes == 5);
  CHECK(row.etag == etag);
  CHECK(row.last == now);
}

TEST_CASE_FIXTURE(OverseerTest, "describe: the newest messages first, as many as were asked for") {
  for (const char* payload : {"a", "b", "c"}) publish("news", payload);
  const auto detail = overseer.describe("news", 2, now);
  REQUIRE(detail);
  CHECK(text(detail->messages) == "c b");
  CHECK(detail->row.messages == 3);
  CHECK_FALSE(overseer.describe("nothing", 2, now));
  now += 2h;
  CHECK_FALSE(overseer.describe("news", 2, now));
}

TEST_CASE_FIXTURE(OverseerTest, "read: what follows a cursor, and nobody sits down for it") {
  publish("line", "a", {.size = 2, .one2one = true});
  const Etag first = info("line").etag;
  for (const char* payload : {"b", "c", "d"}) publish("line", payload, {.size = 2, .one2one = true});
  CHECK(text(*overseer.read("line", after(first), SIZE_MAX, now)) == "missed 1: c d");
  CHECK(text(*overseer.read("line", kAll, SIZE_MAX, now)) == "c d");
  CHECK_FALSE(overseer.read("nothing", kAll, SIZE_MAX, now));
  CHECK(info("line").subscribers == 0);
  Follower follower(loops[0], "x");
  CHECK(stream(follower, {{"line", kNow}}).empty());
}

TEST_CASE_FIXTURE(OverseerTest, "kick: a client by its cid, on whichever loop, and nobody else") {
  Follower one(loops[0], "x"), two(loops[1], "x"), other(loops[0], "y");
  CHECK(stream(one, {{"news", kNow}, {"more", kNow}}).empty());
  CHECK(wait(two, {{"news", kNow}}, 1) == "parked");
  CHECK(stream(other, {{"news", kNow}}).empty());
  CHECK(kick("news", {.cid = "x", .seat = {}}) == "2");
  CHECK(info("news").subscribers == 1);
  CHECK(kick("news", {.cid = "x", .seat = {}}) == "0");  // they are on their way out
  turn();
  CHECK(one.ended == "kicked news");
  CHECK(two.ended == "kicked news");
  CHECK(one.seats() == 0);
  CHECK(info("news").subscribers == 1);
  publish("news", "a");
  turn();
  CHECK(other.heard == "[a]");
  CHECK(one.heard.empty());
  CHECK_FALSE(exists("more"));
  CHECK(kick("nothing", {.cid = "x", .seat = {}}) == "none");
}

TEST_CASE_FIXTURE(OverseerTest, "kick: one without a cid by its number, as the list has it") {
  Follower one(loops[0]), two(loops[0]);
  CHECK(stream(one, {{"news", kNow}}).empty());
  CHECK(stream(two, {{"news", kNow}}).empty());
  std::vector<SubscriberInfo> sitting;
  loops[0].attendance.followers("news", 10, now, sitting);
  REQUIRE(sitting.size() == 2);
  CHECK(kick("news", {.cid = {}, .seat = sitting[1].seat}) == "1");
  sitting.clear();
  loops[0].attendance.followers("news", 10, now, sitting);
  CHECK(sitting.size() == 1);  // also before its loop has told it
  turn();
  CHECK(one.ended.empty());
  CHECK(two.ended == "kicked news");
}

TEST_CASE_FIXTURE(OverseerTest, "kick: what was published before is still its own") {
  Follower follower(loops[0], "x");
  CHECK(stream(follower, {{"news", kNow}}).empty());
  publish("news", "before");
  CHECK(kick("news", {.cid = "x", .seat = {}}) == "1");
  publish("news", "after");
  turn();
  CHECK(follower.heard == "[before]");
  CHECK(follower.ended == "kicked news");
}

TEST_CASE_FIXTURE(OverseerTest, "kick: the place of a one2one channel is kept for ten seconds, as after a hang-up") {
  publish("line", "a", {.one2one = true});
  Follower first(loops[0], "x"), second(loops[1], "y");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  CHECK(kick("line", {.cid = "x", .seat = {}}) == "1");
  turn();
  CHECK(wait(second, {{"line", kNow}}, 1) == "one2one line");
  now += 10s;
  CHECK(wait(second, {{"line", kNow}}, 1) == "parked");
}

TEST_CASE_FIXTURE(OverseerTest, "kick: without a cid the place is free at once") {
  publish("line", "a", {.one2one = true});
  Follower first(loops[0]), second(loops[1]);
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  std::vector<SubscriberInfo> sitting;
  loops[0].attendance.followers("line", 1, now, sitting);
  CHECK(kick("line", {.cid = {}, .seat = sitting.at(0).seat}) == "1");
  CHECK(wait(second, {{"line", kNow}}, 1) == "parked");
  turn();
  CHECK(first.ended == "kicked line");
  CHECK(second.seats() == 1);
}

TEST_CASE_FIXTURE(OverseerTest, "kick: a crowd goes in several calls, so that no shard is held for long") {
  std::deque<Follower> crowd;
  for (std::size_t i = 0; i < Overseer::kMostKicks + 10; ++i) {
    crowd.emplace_back(loops[i % 2], "x");
    CHECK(stream(crowd.back(), {{"news", kNow}}, i % 2).empty());
  }
  CHECK(kick("news", {.cid = "x", .seat = {}}) == std::to_string(Overseer::kMostKicks) + " more");
  CHECK(info("news").subscribers == 10);
  CHECK(kick("news", {.cid = "x", .seat = {}}) == "10");
  turn();
  for (const Follower& follower : crowd) CHECK(follower.ended == "kicked news");
  CHECK_FALSE(exists("news"));
}

TEST_CASE_FIXTURE(OverseerTest, "followers: who sits there, how far each has read, at most as many as asked for") {
  Follower reader(loops[0], "x");
  CHECK(stream(reader, {{"news", kNow}, {"other", kNow}}).empty());
  reader.answer = Delivery::behind;
  publish("news", "a");
  publish("news", "b");
  turn();
  std::vector<SubscriberInfo> sitting;
  loops[0].attendance.followers("news", 10, now, sitting);
  REQUIRE(sitting.size() == 1);
  CHECK(sitting[0].cid == "x");
  CHECK(sitting[0].channels == 2);
  CHECK(sitting[0].channel == "news");
  CHECK(sitting[0].messages == 2);
  CHECK(sitting[0].behind);
  Follower another(loops[0]);
  CHECK(stream(another, {{"news", kNow}}).empty());
  sitting.clear();
  loops[0].attendance.followers("news", 1, now, sitting);
  CHECK(sitting.size() == 1);
  loops[1].attendance.followers("news", 10, now, sitting);
  loops[0].attendance.followers("nothing", 10, now, sitting);
  CHECK(sitting.size() == 1);
  CHECK(loops[0].attendance.describe(reader, now)->channel == "news");
  reader.leave(now);
  CHECK_FALSE(loops[0].attendance.describe(reader, now));
}

TEST_CASE_FIXTURE(OverseerTest, "an operator pushes to and clears a channel past its key, which stays") {
  publish("news", "a", {.key = "secret"});
  CHECK(refused({"news"}) == "wrong_key news");
  PushJob job = job_of({"news"}, "b", {.allowed = false});
  job.claim.past_keys = true;
  CHECK(hub->publish(std::move(job), now, tickets)->has_value());
  CHECK(refused({"news"}) == "wrong_key news");
  CHECK_FALSE(try_clear("news").has_value());
  const auto cleared = clear_in(*hub, "news", now, Claim{.key = {}, .rights = {}, .past_keys = true});
  REQUIRE(cleared.has_value());
  CHECK(cleared->dropped == 2);
}
