#include "push/roster.h"

#include <map>
#include <random>

#include "hub_fixture.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

TEST_CASE_FIXTURE(HubTest, "delivery: who waits gets what is published") {
  Follower poll(loops[0]);
  CHECK(wait(poll, {{"news", kAll}}) == "parked");
  publish("news", "a");
  CHECK(poll.heard.empty());  // on the loop's turn, not before
  turn();
  CHECK(poll.heard == "[a]");
  CHECK(poll.seats() == 0);
  CHECK(info("news").subscribers == 0);
}

TEST_CASE_FIXTURE(HubTest, "delivery: five publishes in one turn are one delivery, and the loop is told once") {
  Follower stream_of(loops[0]);
  CHECK(stream(stream_of, {{"news", kNow}}).empty());
  for (const char* payload : {"1", "2", "3", "4", "5"}) publish("news", payload);
  CHECK(loops[0].notified == 1);
  turn();
  CHECK(stream_of.heard == "[1 2 3 4 5]");
  CHECK(stream_of.deliveries == 1);
}

TEST_CASE_FIXTURE(HubTest, "delivery: a burst larger than the channel's size reaches whoever keeps up") {
  Follower follower(loops[0]);
  Follower poll(loops[1]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  CHECK(wait(poll, {{"news", kNow}}, 1) == "parked");
  for (int i = 0; i < 20; ++i) publish("news", std::to_string(i), {.size = 2});
  turn();
  CHECK(follower.heard == "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19]");
  CHECK(poll.heard == follower.heard);
}

TEST_CASE_FIXTURE(HubTest,
                  "delivery: what is cleared or expires before the loop's turn still reaches whoever keeps up") {
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  publish("news", "a", {.life = 1ms});
  now += 1s;
  CHECK(sweep() == false);
  publish("news", "b");
  clear("news");
  turn();
  CHECK(follower.heard == "[a b]");
  publish("news", "c");
  turn();
  CHECK(follower.heard == "[a b][c]");
}

TEST_CASE_FIXTURE(HubTest, "delivery: an empty message moves the cursor and is given to nobody") {
  Follower follower(loops[0]);
  Follower poll(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  CHECK(wait(poll, {{"news", kNow}}) == "parked");
  const Etag empty = publish("news", "");
  turn();
  CHECK(follower.deliveries == 0);
  CHECK(poll.seats() == 1);
  CHECK(follower.cursor() == empty);
  CHECK(poll.cursor() == empty);
  publish("news", "a");
  turn();
  CHECK(follower.heard == "[a]");
}

TEST_CASE_FIXTURE(HubTest, "delivery: nothing between the look and the wait is lost, and nothing is told twice") {
  publish("news", "a");
  Follower first(loops[0]);
  CHECK(wait(first, {{"news", kNow}}) == "parked");
  publish("news", "b");
  // The loop has not served b yet; who comes now has read it from the backlog.
  Follower second(loops[0]);
  CHECK(stream(second, {{"news", kAll}}) == "a b");
  publish("news", "c");
  turn();
  CHECK(first.heard == "[b c]");
  CHECK(second.heard == "[c]");
}

TEST_CASE_FIXTURE(HubTest, "delivery: who sits down after others have left between two publishes gets what follows") {
  // Pending for this loop: 1. The only subscriber leaves, 2 and 3 go to nobody here, another comes, 4 is published:
  // what waits for the loop must not be taken for a row without holes.
  Follower left_early(loops[0]);
  CHECK(stream(left_early, {{"news", kNow}}).empty());
  publish("news", "1");
  left_early.leave(now);
  publish("news", "2");
  publish("news", "3");
  Follower next(loops[0]);
  CHECK(wait(next, {{"news", kNow}}) == "parked");
  publish("news", "4");
  turn();
  CHECK(next.heard == "[4]");
}

TEST_CASE_FIXTURE(HubTest, "delivery: who sits down after others have left gets the one message that follows") {
  Follower left_early(loops[0]);
  CHECK(stream(left_early, {{"news", kNow}}).empty());
  publish("news", "1");
  left_early.leave(now);
  publish("news", "2");
  Follower next(loops[0]);
  CHECK(stream(next, {{"news", kNow}}).empty());
  publish("news", "3");
  turn();
  CHECK(next.heard == "[3]");
  CHECK(next.catch_up(now).empty());
}

TEST_CASE_FIXTURE(HubTest,
                  "delivery: who is slow is passed over, and served from the backlog what follows its cursor") {
  Follower slow(loops[0]);
  CHECK(stream(slow, {{"news", kNow}}).empty());
  slow.answer = Delivery::behind;
  publish("news", "a", {.size = 3});
  turn();
  CHECK(slow.behind());
  for (const char* payload : {"b", "c"}) publish("news", payload, {.size = 3});
  turn();
  CHECK(slow.heard.empty());
  slow.answer = Delivery::taken;
  CHECK(slow.catch_up(now) == "a b c");
  publish("news", "d", {.size = 3});
  turn();
  CHECK(slow.heard == "[d]");
}

TEST_CASE_FIXTURE(HubTest, "delivery: who is slow and comes back too late is told what it missed, once") {
  Follower slow(loops[0]);
  CHECK(stream(slow, {{"news", kNow}}).empty());
  slow.answer = Delivery::behind;
  for (int i = 0; i < 10; ++i) publish("news", std::to_string(i), {.size = 3});
  turn();
  CHECK(slow.catch_up(now) == "missed 7: 7 8 9");
  CHECK(slow.catch_up(now).empty());
}

TEST_CASE_FIXTURE(HubTest,
                  "delivery: what the slow one catches up with before its loop's turn isn't given to it again") {
  Follower slow(loops[0]);
  CHECK(stream(slow, {{"news", kNow}}).empty());
  slow.answer = Delivery::behind;
  publish("news", "a");
  turn();
  publish("news", "b");
  slow.answer = Delivery::taken;
  CHECK(slow.catch_up(now) == "a b");
  publish("news", "c");
  turn();
  CHECK(slow.heard == "[c]");
}

TEST_CASE_FIXTURE(HubTest, "delivery: catching up in small pieces loses and repeats nothing") {
  for (int i = 0; i < 10; ++i) publish("news", std::to_string(i));
  Follower follower(loops[0]);
  std::vector<Etag> quiet;
  const Want want{"news", kAll};
  REQUIRE_FALSE(loops[0].roster.join(follower, {&want, 1}, now, quiet));
  const Resume first = loops[0].roster.resume(follower, 0, 3, now);
  CHECK(text(first) == "0 1 2");
  CHECK(first.more);
  CHECK(follower.cursor() == first.messages.back().etag);
  CHECK(follower.catch_up(now, 1) == "3 4 5 6 7 8 9");
}

TEST_CASE_FIXTURE(HubTest,
                  "lagging loop: too much pending is let go, and its subscribers are served from the backlog") {
  Follower follower(loops[0]);
  Follower poll(loops[0]);
  Follower elsewhere(loops[1]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  CHECK(wait(poll, {{"news", kNow}}) == "parked");
  CHECK(stream(elsewhere, {{"news", kNow}}, 1).empty());
  const std::string megabyte(1 << 20, 'x');
  publish("news", "begin", {.size = 3});
  loops[1].turn(now);
  for (std::size_t sent = 0; sent <= Channel::kMaxPendingBytes; sent += megabyte.size()) {
    publish("news", megabyte, {.size = 3});
    loops[1].turn(now);
  }
  publish("news", "end", {.size = 3});
  CHECK(loops[0].notified == 1);
  turn();
  CHECK(follower.deliveries == 0);
  CHECK(follower.lags == 1);
  CHECK(poll.lags == 1);
  CHECK(follower.behind());
  CHECK(elsewhere.lags == 0);
  CHECK(elsewhere.deliveries == 35);
  const std::string told = follower.catch_up(now);
  CHECK(told.starts_with("missed 32: "));
  CHECK(told.ends_with(" end"));
  // From here on it keeps up again.
  publish("news", "after", {.size = 3});
  turn();
  CHECK(follower.heard == "[after]");
  CHECK(elsewhere.heard.ends_with("[end][after]"));
}

TEST_CASE_FIXTURE(HubTest, "several channels: one answer of a poll takes it off all of them") {
  Follower poll(loops[0]);
  CHECK(wait(poll, {{"a", kNow}, {"b", kNow}, {"c", kNow}}) == "parked");
  CHECK(info("a").subscribers == 1);
  publish("a", "1");
  publish("b", "2");
  turn();
  CHECK(poll.heard == "a:[1]");
  CHECK(poll.seats() == 0);
  CHECK(info("a").subscribers == 0);
  CHECK_FALSE(exists("c"));
}

TEST_CASE_FIXTURE(HubTest, "several channels: a stream gets each in order, in the slot of its own list") {
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"b", kNow}, {"a", kNow}}).empty());
  publish("a", "1");
  turn();
  publish("b", "2");
  turn();
  CHECK(follower.heard == "a:[1]b:[2]");
  CHECK(follower.channel(0) == "b");
}

TEST_CASE_FIXTURE(HubTest,
                  "leaving: where it stood is given back, and the clock where the channel never had a message") {
  const Etag a = publish("a", "1");
  Follower poll(loops[0]);
  CHECK(wait(poll, {{"a", after(a)}, {"empty", kNow}}) == "parked");
  now += 25s;
  const Left left = poll.leave(now);
  CHECK(left.channels == std::vector<std::string>{"a", "empty"});
  CHECK(left.cursors == std::vector<Etag>{a, origin_at(now)});
  CHECK_FALSE(exists("empty"));
  // And what it was given loses nothing and raises no alarm.
  now += 1s;
  publish("empty", "2");
  CHECK(this->poll("empty", after(left.cursors[1])) == "2");
}

TEST_CASE_FIXTURE(HubTest, "leaving: a channel with other subscribers gives its newest etag back, not the clock") {
  Follower first(loops[0]);
  Follower second(loops[1]);
  CHECK(wait(first, {{"news", kNow}}) == "parked");
  CHECK(wait(second, {{"news", kNow}}, 1) == "parked");
  const Etag at = first.cursor();
  now += 1s;
  CHECK(first.leave(now).cursors == std::vector<Etag>{at});
  publish("news", "a");
  turn();
  CHECK(second.heard == "[a]");
  CHECK(poll("news", after(at)) == "a");
}

TEST_CASE_FIXTURE(HubTest, "leaving: twice, or without ever having sat down, is nothing") {
  Follower follower(loops[0]);
  CHECK(follower.leave(now).channels.empty());
  CHECK(wait(follower, {{"news", kNow}}) == "parked");
  CHECK(follower.leave(now).channels.size() == 1);
  CHECK(follower.leave(now).channels.empty());
}

TEST_CASE_FIXTURE(HubTest,
                  "leaving: while others are served, polls go and streams stay, and each hears everything once") {
  std::deque<Follower> all;
  for (int i = 0; i < 40; ++i) {
    all.emplace_back(loops[0]);
    if (i % 3 == 0) {
      CHECK(wait(all.back(), {{"news", kNow}}) == "parked");
    } else if (i % 3 == 1) {
      CHECK(wait(all.back(), {{"other", kNow}, {"news", kNow}}) == "parked");
    } else {
      CHECK(stream(all.back(), {{"news", kNow}}).empty());
    }
  }
  publish("news", "a");
  turn();
  CHECK(info("news").subscribers == 13);
  CHECK_FALSE(exists("other"));
  publish("news", "b");
  turn();
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].heard == (i % 3 == 0 ? "[a]" : i % 3 == 1 ? "news:[a]" : "[a][b]"));
    CHECK(all[i].seats() == (i % 3 == 2));
  }
}

TEST_CASE("seats: whoever comes, goes and is served in whatever order, each hears exactly what it should") {
  // Against a model: what was published in a channel while a follower sat there is what it heard there.
  HubTest test;
  std::minstd_rand random(4);
  const std::vector<std::string> names{"a", "b", "c", "d"};
  struct Reader {
    std::unique_ptr<Follower> follower;
    std::map<std::string, std::string> expected;
    std::map<std::string, std::string> heard;
  };
  std::vector<Reader> readers;
  int count = 0;
  const auto collect = [&] {
    for (Reader& reader : readers) {
      // `a:[1 2]b:[3]` where it follows several, else `[1 2]`
      std::string rest = reader.follower->news();
      while (!rest.empty()) {
        const auto open = rest.find('[');
        const auto close = rest.find(']');
        const std::string channel = open > 0 ? rest.substr(0, open - 1) : std::string(reader.follower->channel(0));
        std::string& heard = reader.heard[channel];
        heard += (heard.empty() ? "" : " ") + rest.substr(open + 1, close - open - 1);
        rest.erase(0, close + 1);
      }
      for (const auto& [channel, expected] : reader.expected) REQUIRE(reader.heard[channel] == expected);
    }
  };
  for (int step = 0; step < 3000; ++step) {
    const auto what = random() % 10;
    if (what < 3 && readers.size() < 30) {
      Reader reader{std::make_unique<Follower>(test.loops[0]), {}, {}};
      std::vector<Want> wants;
      for (const std::string& name : names)
        if (random() % 2) wants.push_back({name, kNow});
      if (wants.empty()) wants.push_back({names[0], kNow});
      std::vector<Etag> quiet;
      REQUIRE_FALSE(test.loops[0].roster.join(*reader.follower, wants, test.now, quiet));
      REQUIRE(reader.follower->catch_up(test.now).empty());
      for (const auto& want : wants) reader.expected[std::string(want.channel.name)];
      readers.push_back(std::move(reader));
    } else if (what < 5 && !readers.empty()) {
      test.turn();
      collect();
      const std::size_t index = random() % readers.size();
      readers[index].follower->leave(test.now);
      readers.erase(readers.begin() + static_cast<std::ptrdiff_t>(index));
    } else if (what < 8) {
      const std::string& channel = names[random() % names.size()];
      const std::string payload = std::to_string(++count);
      test.publish(channel, payload, {.size = 1});
      for (Reader& reader : readers)
        if (const auto found = reader.expected.find(channel); found != reader.expected.end())
          found->second += (found->second.empty() ? "" : " ") + payload;
    } else {
      test.turn();
      collect();
    }
    test.now += 1ms;
  }
  test.turn();
  collect();
  for (Reader& reader : readers) reader.follower->leave(test.now);
}
