// Contract section 5, one2one; rooms: hub and roster.

#include "hub_fixture.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

const PushOptions kOne2One{.one2one = true};

struct One2OneTest : HubTest {
  One2OneTest() { publish("line", "hello", kOne2One); }
};

}  // namespace

TEST_CASE_FIXTURE(One2OneTest, "one2one: a second client is refused, and the channel is named") {
  Follower first(loops[0], "x");
  Follower second(loops[1], "y");
  CHECK(stream(first, {{"line", kAll}}) == "hello");
  CHECK(stream(second, {{"line", kAll}}, 1) == "one2one line");
  CHECK(wait(second, {{"line", kAll}}, 1) == "one2one line");
  CHECK(second.seats() == 0);
  CHECK(info("line").subscribers == 1);
}

TEST_CASE_FIXTURE(One2OneTest,
                  "one2one: a refusal in one channel refuses the whole subscription, and changes nothing") {
  Follower first(loops[0], "x");
  CHECK(stream(first, {{"line", kNow}}).empty());
  Follower second(loops[0], "y");
  CHECK(wait(second, {{"news", kNow}, {"line", kNow}, {"more", kNow}}) == "one2one line");
  CHECK(stream(second, {{"news", kNow}, {"line", kNow}, {"more", kNow}}) == "one2one line");
  CHECK_FALSE(exists("news"));
  CHECK_FALSE(exists("more"));
  publish("line", "a", kOne2One);
  turn();
  CHECK(first.heard == "[a]");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: without a cid each connection is its own client, and keeps no place") {
  Follower first(loops[0]);
  Follower second(loops[0]);
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  CHECK(wait(second, {{"line", kNow}}) == "one2one line");
  first.leave(now);
  CHECK(wait(second, {{"line", kNow}}) == "parked");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: a client with a cid keeps its place for 10 s after its request ended") {
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  first.leave(now);
  Follower second(loops[1], "y");
  CHECK(wait(second, {{"line", kNow}}, 1) == "one2one line");
  now += 10s - 1ns;
  CHECK(wait(second, {{"line", kNow}}, 1) == "one2one line");
  now += 1ns;
  CHECK(wait(second, {{"line", kNow}}, 1) == "parked");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: the place is kept whether the request ended with a message or unheard") {
  Follower other(loops[1], "y");
  SUBCASE("answered with a message") {
    Follower poll(loops[0], "x");
    CHECK(wait(poll, {{"line", kNow}}) == "parked");
    publish("line", "a", kOne2One);
    turn();
    CHECK(poll.heard == "[a]");
  }
  SUBCASE("answered with a message, on several channels") {
    Follower poll(loops[0], "x");
    CHECK(wait(poll, {{"line", kNow}, {"other", kNow}}) == "parked");
    publish("other", "a");
    turn();
    CHECK(poll.heard == "other:[a]");
  }
  SUBCASE("unheard") {
    Follower poll(loops[0], "x");
    CHECK(wait(poll, {{"line", kNow}}) == "parked");
    poll.leave(now);
  }
  CHECK(wait(other, {{"line", kNow}}, 1) == "one2one line");
  // The client itself comes back to its place.
  Follower again(loops[1], "x");
  CHECK(wait(again, {{"line", kNow}}, 1) == "parked");
  again.leave(now);
  now += 10s;
  CHECK(wait(other, {{"line", kNow}}, 1) == "parked");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: a place that is taken again is not freed by the time that ran before") {
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  first.leave(now);
  now += 9s;
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  now += 60s;
  sweep();
  Follower second(loops[0], "y");
  CHECK(wait(second, {{"line", kNow}}) == "one2one line");
}

TEST_CASE_FIXTURE(HubTest, "one2one: the place keeps the channel, and the sweep lets both go") {
  publish("line", "a", {.life = 1s, .one2one = true, .key = "k"});
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  now += 1s;
  sweep();
  first.leave(now);
  now += 10s - 1ns;
  sweep();
  CHECK(channels() == 1);
  CHECK(refused({"line"}) == "wrong_key line");
  now += 1ns;
  sweep();
  CHECK(channels() == 0);
  CHECK(cost() == 0);
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: the same cid again replaces the older connection, on whichever loop it is") {
  Follower older(loops[0], "x");
  CHECK(wait(older, {{"line", kNow}}) == "parked");
  Follower newer(loops[1], "x");
  CHECK(wait(newer, {{"line", kNow}}, 1) == "parked");
  CHECK(info("line").subscribers == 1);
  turn();
  CHECK(older.ended == "replaced line");
  CHECK(older.left.channels == std::vector<std::string>{"line"});
  CHECK(older.left.cursors == std::vector<Etag>{newer.cursor()});
  CHECK(info("line").subscribers == 1);
  publish("line", "a", kOne2One);
  turn();
  CHECK(older.heard.empty());
  CHECK(newer.heard == "[a]");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: the one that is replaced doesn't take the place with it when it goes") {
  Follower older(loops[0], "x");
  CHECK(wait(older, {{"line", kNow}}) == "parked");
  Follower newer(loops[0], "x");
  CHECK(wait(newer, {{"line", kNow}}) == "parked");
  SUBCASE("told by its loop") { turn(); }
  SUBCASE("hanging up before it is told") { older.leave(now); }
  now += 20s;
  sweep();
  Follower other(loops[0], "y");
  CHECK(wait(other, {{"line", kNow}}) == "one2one line");
  CHECK(info("line").subscribers == 1);
  turn();
  publish("line", "a", kOne2One);
  turn();
  CHECK(newer.heard == "[a]");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: replaced in one channel, it is off all the others") {
  Follower older(loops[0], "x");
  CHECK(wait(older, {{"news", kNow}, {"line", kNow}}) == "parked");
  Follower newer(loops[0], "x");
  CHECK(wait(newer, {{"line", kNow}}) == "parked");
  turn();
  CHECK(older.ended == "replaced line");
  CHECK(older.left.channels == std::vector<std::string>{"news", "line"});
  CHECK_FALSE(exists("news"));
}

// A page called martd.sub twice for its one2one channel. The second call caught up by a poll that doesn't wait; that
// took the seat of the stream, and sat down on it no more than it waited: the page heard nothing until it was loaded
// anew.
TEST_CASE_FIXTURE(One2OneTest, "one2one: a look by the client that sits there leaves it where it sits") {
  Follower seated(loops[1], "x");
  CHECK(stream(seated, {{"line", kNow}}, 1).empty());
  CHECK(poll("line", kAll, "x") == "hello");
  CHECK(poll("line", kNow, "x").empty());
  Follower waits(loops[0], "x");
  CHECK(wait(waits, {{"line", kAll}}) == "hello");  // it would have waited
  turn();
  CHECK(seated.ended.empty());
  CHECK(info("line").subscribers == 1);
  publish("line", "a", kOne2One);
  turn();
  CHECK(seated.heard == "[a]");
  // The looks didn't make its place one that is over some day, either.
  now += 20s;
  sweep();
  Follower other(loops[0], "y");
  CHECK(wait(other, {{"line", kNow}}) == "one2one line");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: a look by the client whose place is kept keeps it from then on") {
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  first.leave(now);
  Follower other(loops[1], "y");
  for (int i = 0; i < 3; ++i) {
    now += 9s;
    CHECK(poll("line", kNow, "x").empty());
    now += 9s;
    Follower waits(loops[0], "x");
    CHECK(wait(waits, {{"line", kAll}}) == "hello");
  }
  now += 10s - 1ns;
  sweep();
  CHECK(wait(other, {{"line", kNow}}, 1) == "one2one line");
  now += 1ns;
  CHECK(wait(other, {{"line", kNow}}, 1) == "parked");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: a look at a place that is free doesn't take it") {
  CHECK(poll("line", kNow, "x").empty());
  CHECK(poll("line", kAll, "x") == "hello");
  Follower waits(loops[0], "x");
  CHECK(wait(waits, {{"line", kAll}}) == "hello");
  Follower other(loops[1], "y");
  CHECK(wait(other, {{"line", kNow}}, 1) == "parked");
  publish("line", "a", kOne2One);
  turn();
  CHECK(other.heard == "[a]");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: a look of another client is refused as long as the place is taken") {
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  CHECK(poll("line", kAll, "y") == "one2one line");
  CHECK(poll("line", kAll) == "one2one line");
  first.leave(now);
  now += 10s - 1ns;
  CHECK(poll("line", kAll, "y") == "one2one line");
  now += 1ns;
  CHECK(poll("line", kAll, "y") == "hello");
}

TEST_CASE_FIXTURE(One2OneTest, "one2one: a stream that has news at once sits down all the same, and replaces") {
  Follower older(loops[0], "x");
  CHECK(stream(older, {{"line", kNow}}).empty());
  Follower newer(loops[1], "x");
  CHECK(stream(newer, {{"line", kAll}}, 1) == "hello");
  turn();
  CHECK(older.ended == "replaced line");
  CHECK(info("line").subscribers == 1);
}

TEST_CASE_FIXTURE(HubTest,
                  "one2one: a push that sets it lets the first stay, over all loops, and counts after the kicks") {
  std::deque<Follower> all;
  for (std::size_t i = 0; i < 6; ++i) {
    all.emplace_back(loops[i % 2], "client" + std::to_string(i));
    CHECK(stream(all.back(), {{"line", kNow}}, i % 2).empty());
  }
  // The first has left: who came second is first now.
  all[0].leave(now);
  const Receipt receipt = push("line", "a", kOne2One);
  CHECK(receipt.subscribers == 1);
  turn();
  CHECK(all[0].ended.empty());
  CHECK(all[1].ended.empty());
  CHECK(all[1].heard == "[a]");
  for (std::size_t i = 2; i < 6; ++i) {
    CHECK(all[i].ended == "one2one line");
    CHECK(all[i].heard.empty());
  }
  // Its cid has the place.
  Follower again(loops[0], "client1");
  CHECK(wait(again, {{"line", kNow}}) == "parked");
  turn();
  CHECK(all[1].ended == "replaced line");
}

TEST_CASE_FIXTURE(HubTest, "one2one: the one that stays has no cid, and its place goes with it") {
  Follower first(loops[1]);
  Follower second(loops[0], "x");
  CHECK(stream(first, {{"line", kNow}}, 1).empty());
  CHECK(stream(second, {{"line", kNow}}).empty());
  publish("line", "a", kOne2One);
  turn();
  CHECK(second.ended == "one2one line");
  first.leave(now);
  Follower third(loops[0], "y");
  CHECK(wait(third, {{"line", kNow}}) == "parked");
}

TEST_CASE_FIXTURE(One2OneTest,
                  "one2one: who stands for several clients is refused, also while nobody has the channel") {
  Follower shared(loops[0], "*");
  CHECK(stream(shared, {{"news", kNow}, {"line", kNow}}) == "one2one line");
  CHECK(wait(shared, {{"line", kAll}}) == "one2one line");
  CHECK(stream(shared, {{"news", kNow}}).empty());
  Follower first(loops[0], "x");
  CHECK(stream(first, {{"line", kAll}}) == "hello");
}

TEST_CASE_FIXTURE(HubTest, "one2one: who stands for several clients never is the one that stays") {
  Follower shared(loops[1], "*");
  Follower first(loops[0], "x");
  Follower second(loops[1], "y");
  CHECK(stream(shared, {{"line", kNow}}, 1).empty());
  CHECK(stream(first, {{"line", kNow}}).empty());
  CHECK(stream(second, {{"line", kNow}}, 1).empty());
  publish("line", "before");
  CHECK(push("line", "a", kOne2One).subscribers == 1);
  turn();
  CHECK(shared.heard == "[before]");
  CHECK(shared.ended == "one2one line");
  CHECK(first.heard == "[before a]");
  CHECK(second.ended == "one2one line");
}

TEST_CASE_FIXTURE(HubTest, "one2one: where all stand for several clients, all go, and the place is free") {
  Follower shared(loops[0], "*");
  Follower other(loops[1], "*");
  CHECK(stream(shared, {{"line", kNow}}).empty());
  CHECK(stream(other, {{"line", kNow}}, 1).empty());
  CHECK(push("line", "a", kOne2One).subscribers == 0);
  turn();
  CHECK(shared.ended == "one2one line");
  CHECK(other.ended == "one2one line");
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
}

TEST_CASE_FIXTURE(HubTest, "one2one: who is kicked between two pending messages gets the first and not the second") {
  Follower first(loops[0]);
  Follower second(loops[0]);
  CHECK(stream(first, {{"line", kNow}}).empty());
  CHECK(stream(second, {{"line", kNow}}).empty());
  publish("line", "before");
  publish("line", "at", kOne2One);
  publish("line", "behind", kOne2One);
  turn();
  CHECK(first.heard == "[before at behind]");
  CHECK(second.heard == "[before]");
  CHECK(second.ended == "one2one line");
}

TEST_CASE_FIXTURE(HubTest, "one2one: a poll that is kicked behind a message is answered with the message instead") {
  Follower first(loops[0]);
  Follower second(loops[0]);
  CHECK(stream(first, {{"line", kNow}}).empty());
  CHECK(wait(second, {{"line", kNow}}) == "parked");
  publish("line", "before");
  publish("line", "at", kOne2One);
  turn();
  CHECK(second.heard == "[before]");
  CHECK(second.ended.empty());
  CHECK(second.seats() == 0);
  CHECK(info("line").subscribers == 1);
}

TEST_CASE_FIXTURE(HubTest, "one2one: set, taken back and set again between two turns, each is kicked once") {
  Follower first(loops[0]);
  Follower second(loops[1]);
  Follower third(loops[0]);
  CHECK(stream(first, {{"line", kNow}}).empty());
  CHECK(stream(second, {{"line", kNow}}, 1).empty());
  CHECK(push("line", "a", kOne2One).subscribers == 1);
  CHECK(push("line", "b").subscribers == 1);
  CHECK(stream(third, {{"line", kNow}}).empty());
  CHECK(info("line").subscribers == 2);
  CHECK(push("line", "c", kOne2One).subscribers == 1);
  turn();
  CHECK(info("line").subscribers == 1);
  CHECK(first.heard == "[a b c]");
  CHECK(second.ended == "one2one line");
  CHECK(third.ended == "one2one line");
  first.leave(now);
  CHECK(info("line").subscribers == 0);
}

TEST_CASE_FIXTURE(HubTest, "one2one: a channel that is no longer one2one takes everyone, and keeps no place") {
  publish("line", "a", kOne2One);
  Follower first(loops[0], "x");
  CHECK(wait(first, {{"line", kNow}}) == "parked");
  first.leave(now);
  publish("line", "b");
  Follower second(loops[0], "y");
  Follower third(loops[0], "y");
  CHECK(wait(second, {{"line", kNow}}) == "parked");
  CHECK(wait(third, {{"line", kNow}}) == "parked");
  turn();
  CHECK(second.ended.empty());
  CHECK(info("line").subscribers == 2);
}

TEST_CASE_FIXTURE(HubTest, "one2one: a refused push kicks nobody") {
  publish("line", "a", {.key = "k"});
  Follower first(loops[0]);
  Follower second(loops[0]);
  CHECK(stream(first, {{"line", kNow}}).empty());
  CHECK(stream(second, {{"line", kNow}}).empty());
  CHECK(refused({"line"}, kOne2One) == "wrong_key line");
  CHECK(info("line", "k").subscribers == 2);
  turn();
  CHECK(second.ended.empty());
}
