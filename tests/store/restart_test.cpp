// What outlives a restart, a crash, and a power cut.

#include <map>
#include <vector>

#include "push/hub.h"
#include "store_fixture.h"

using namespace martd;
using namespace martd::store::test;

namespace {

push::Cursor after(Etag etag) { return push::test::after(etag); }

struct IntervalTest : StoreTest {
  IntervalTest() {
    durability = Durability::interval;
    renew();
  }
};

}  // namespace

TEST_CASE_FIXTURE(StoreTest, "restart: messages are there with all that belongs to them, and etags go on") {
  auto* content = new push::Content;
  const push::ContentPtr owned(content);
  content->payload = std::string("\0\xFF\r\n", 4);
  content->content_type = "text/x; q=\xE9";
  content->event = "e";
  content->id = std::string("i\0d", 3);
  content->expire = 1h;
  const auto job = [](push::ContentPtr said) {
    push::PushJob made;
    made.channels = {"n\xC3\xA4"};
    made.attributes = {.size = 3, .life = 2h, .one2one = true, .key = {}};
    made.content = std::move(said);
    made.claim = push::test::claim("k\xFF");
    return made;
  };
  REQUIRE_FALSE(hub->publish(job(owned), now, tickets));
  const Time published = now;
  const Etag etag = std::get<0>(loops[0].answer(tickets.drawn).result)->front().etag;

  for (const auto& again : {&StoreTest::restart, &StoreTest::kill}) {
    (this->*again)(1s);
    const push::ChannelInfo found = info("n\xC3\xA4", "k\xFF");
    CHECK(found.etag == etag);
    CHECK(found.attributes.size == 3);
    CHECK(found.attributes.life == 2h);
    CHECK(found.attributes.one2one);
    CHECK(found.messages == 1);
    CHECK(refused({"n\xC3\xA4"}) == "wrong_key n\xC3\xA4");
    hub->registry().each_in_pieces([&](const push::Channel& channel) {
      const push::Message& message = channel.backlog()[0];
      CHECK(message.etag == etag);
      CHECK(message.published == published);
      CHECK(message.content->payload == content->payload);
      CHECK(message.content->content_type == content->content_type);
      CHECK(message.content->event == "e");
      CHECK(message.content->id == content->id);
      CHECK(message.content->expire == Duration(1h));
    });
  }
  REQUIRE_FALSE(hub->publish(job(push::test::content("again", content->id)), now, tickets));
  const auto duplicate = std::get<0>(loops[0].answer(tickets.drawn).result);
  CHECK(duplicate->front().duplicate);
  CHECK(duplicate->front().etag == etag);
  CHECK(push("n\xC3\xA4", "b", {.key = "k\xFF"}).etag == etag + 1);
}

TEST_CASE_FIXTURE(StoreTest, "restart: what is missed is counted as if there had been none") {
  std::vector<Etag> etags;
  for (const char* text : {"a", "b", "c", "d", "e"}) etags.push_back(publish("news", text, {.size = 3}));
  publish("news", "short", {.size = 4, .expire = 5s});
  publish("news", "f", {.size = 4});
  now += 6s;
  const auto told = [&] {
    std::string out = poll("news", kAll) + " / ";
    for (const Etag etag : etags) out += poll("news", after(etag)) + " / ";
    return out;
  };
  const std::string before = told();
  CHECK(before == "d e f / missed 3: d e f / missed 2: d e f / missed 1: d e f / missed 1: e f / missed 1: f / ");
  restart();
  CHECK(told() == before);
  kill();
  CHECK(told() == before);
  Follower stays(loops[0]);
  CHECK(stream(stays, {{"news", kNow}}).empty());
  clear("news");
  publish("news", "g");
  kill();
  CHECK(poll("news", after(etags[0])) == "missed 6: g");
  CHECK(poll("news", kAll) == "g");
}

TEST_CASE_FIXTURE(StoreTest, "restart: empty messages that are gone are no loss after it either") {
  std::map<std::string, std::vector<Etag>> etags;
  const auto add = [&](const std::string& channel, const char* text, const PushOptions& options = {}) {
    etags[channel].push_back(publish(channel, text, options));
  };
  for (const char* text : {"", "a", "", "b", "", "", ""}) add("sized", text, {.size = 3});
  for (const char* text : {"c", "", ""}) add("over", text, {.life = 10s});
  add("middle", "d");
  add("middle", "", {.expire = 5s});
  add("middle", "e", {.expire = 5s});
  add("middle", "");
  add("middle", "f");
  for (const char* text : {"g", ""}) add("cleared", text);
  for (const char* text : {"h", ""}) add("forgotten", text);
  Follower stays(loops[0]);
  CHECK(stream(stays, {{"over", kNow}, {"cleared", kNow}}).empty());
  clear("cleared");
  forget("forgotten");
  now += 6s;
  hub->sweep(now);
  const auto told = [&] {
    std::string out;
    for (const auto& [channel, of] : etags) {
      out += channel + ":";
      for (const Etag etag : of) out += " [" + poll(channel, after(etag)) + "]";
      out += "\n";
    }
    return out;
  };
  const std::string before = told();
  CHECK(before ==
        "cleared: [] []\nforgotten: [] []\nmiddle: [missed 2: f] [missed 1: f] [f] [f] []\nover: [] [] []\n"
        "sized: [missed 3] [missed 2] [missed 1] [] [] [] []\n");
  settle();
  kill();
  CHECK(told() == before);
  // What is over by the next start is let go of without having been there.
  const Etag c = etags["over"].front();
  kill(10s);
  CHECK(poll("over", after(c)).empty());
  CHECK(poll("over", after(Etag{martd::push::value(c) - 1})) == "missed 3");
  restart();
  CHECK(told() == before);
}

TEST_CASE_FIXTURE(StoreTest, "restart: what was dropped does not come back, whatever size comes after") {
  publish("news", "a", {.size = 5});
  publish("news", "b", {.size = 5});
  publish("news", "c", {.size = 1});
  publish("news", "d", {.size = 5});
  kill();
  CHECK(poll("news", kAll) == "c d");
}

TEST_CASE_FIXTURE(StoreTest, "restart: a message is over at its time, server or not") {
  publish("news", "a", {.expire = 10s});
  publish("news", "b");
  publish("old", "x", {.life = 10s});
  restart(1min);
  CHECK(poll("news", kAll) == "b");
  CHECK_FALSE(exists("old"));
  settle();
  // The clock was set back: what was over stays so, as it is off the disk.
  kill(-1min);
  CHECK(poll("news", kAll) == "b");
  CHECK_FALSE(exists("old"));
}

TEST_CASE_FIXTURE(StoreTest, "restart: a forgotten channel is remembered, and no false alarm raised") {
  const Etag a = publish("news", "a");
  forget("news");
  settle();
  kill();
  CHECK(poll("news", after(a)).empty());
  const Etag b = publish("news", "b");
  CHECK(b > a);
  CHECK(poll("news", after(a)) == "b");
  CHECK(poll("news", after(Etag{push::value(a) - 1})) == "missed some: b");
  restart();
  CHECK(poll("news", after(a)) == "b");
  CHECK(poll("news", after(Etag{push::value(a) - 1})) == "missed some: b");
}

// The forgetting of a channel is written lazily. Where it is lost, the channel stands in the file without a message
// that is still alive, and is forgotten at the start.
TEST_CASE_FIXTURE(StoreTest, "restart: a channel that was forgotten right before a crash is forgotten") {
  const Etag a = publish("news", "a", {.life = 5s, .key = "k"});
  now += 10s;
  hub->sweep(now);
  kill();
  CHECK_FALSE(exists("news"));
  CHECK(poll("news", after(a)).empty());
  CHECK(publish("news", "b") > a);
}

TEST_CASE_FIXTURE(StoreTest, "restart: etags go on though the clock was set back") {
  const Etag a = publish("news", "a");
  const Etag x = publish("gone", "x");
  forget("gone");
  settle();
  kill(-24h);
  const Etag b = publish("news", "b");
  CHECK(b == a + 1);
  CHECK(poll("news", after(a)) == "b");
  const Etag y = publish("gone", "y");
  CHECK(y > x);
  CHECK(poll("gone", after(x)) == "y");
  kill(-24h);
  CHECK(publish("news", "c") == b + 1);
  CHECK(publish("gone", "z") == y + 1);
  // What claims to be of the future lives as long as if it came now.
  now += 61min;
  hub->sweep(now);
  CHECK_FALSE(exists("news"));
}

// A poll on a channel that never had a message is given the clock as its cursor. When the server was killed and the
// clock set back, that cursor must not be taken for an etag of what comes then: it would skip messages silently.
TEST_CASE_FIXTURE(StoreTest, "restart: a clock that was given out is not taken for an etag") {
  Follower stays(loops[0]);
  CHECK(stream(stays, {{"other", kNow}}).empty());
  CHECK(poll("news", kNow).empty());
  const Etag given = cursor;
  hub->sweep(now);
  settle();
  kill(-24h);
  const Etag a = publish("news", "a");
  CHECK(a > given);
  CHECK(poll("news", after(given)) == "a");
  restart();
  CHECK(poll("news", after(given)) == "a");
}

TEST_CASE_FIXTURE(StoreTest, "restart: of those that are not remembered any more, the highest etag is") {
  const Etag first = publish("first", "x");
  forget("first");
  settle();
  kept->stop();
  kept.reset();
  {
    store::Database database("push.db", store::Database::Open::existing, disk->name());
    database.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100001) "
        "INSERT INTO channels(name, origin, count, size, life, one2one, key, doubt, forgotten) "
        "SELECT 'c'||i, (SELECT max(origin)+i FROM channels), 1, 1, 1, 0, x'', 0, i+1 FROM n");
    REQUIRE_FALSE(database.failed());
  }
  CHECK(open() == "");
  settle();
  kill();
  // It was pushed out of the memory, and so was another whose etags were higher: in doubt. The others are not.
  publish("first", "y");
  CHECK(poll("first", after(first)) == "missed some: y");
  publish("c99999", "z");
  CHECK(poll("c99999", after(first + 100000)) == "z");
}

TEST_CASE_FIXTURE(StoreTest, "power cut: what was answered is there, whatever of the rest got to the disk") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const std::string channel = "c" + std::to_string(seed);
    const Etag etag = publish(channel, "a");
    publish("all", std::to_string(seed), {.size = 1000});
    cut_power(seed);
    CHECK(poll(channel, kAll) == "a");
    CHECK(cursor == etag);
  }
  std::string all;
  for (int seed = 1; seed <= 20; ++seed) all += (seed > 1 ? " " : "") + std::to_string(seed);
  CHECK(poll("all", kAll) == all);
}

TEST_CASE_FIXTURE(StoreTest, "start: more than --max-memory ends it with a line") {
  for (int i = 0; i < 40; ++i) publish("news", std::string(100000, 'x'), {.size = 100});
  kept->stop();
  kept.reset();
  max_memory = 1 << 20;
  CHECK(open() == "it holds more messages than --max-memory lets in (taken: a larger --max-memory)");
  max_memory = 1 << 30;
  CHECK(open() == "");
  CHECK(info("news").messages == 40);
}

// A clock plus such a life is no time any more: the sum was a time long ago, and the message was over.
TEST_CASE_FIXTURE(StoreTest, "start: a life that can't be is damage") {
  publish("news", "a", {.expire = 1min});
  settle();
  const auto whole = disk->image();
  for (const char* damage : {"UPDATE channels SET life=9223372036854775807", "UPDATE channels SET life=0",
                             "UPDATE recent SET expire=9223372036854775807", "UPDATE recent SET expire=-1"}) {
    CAPTURE(damage);
    kept->stop();
    kept.reset();
    disk = whole->image();
    {
      store::Database database("push.db", store::Database::Open::existing, disk->name());
      CHECK(database.run(damage));
    }
    CHECK(open().starts_with("it is damaged: a "));
    disk = whole->image();
    CHECK(open() == "");
  }
}

TEST_CASE_FIXTURE(IntervalTest, "interval: seen at once, and there after a stop") {
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  const Etag a = publish("news", "a");
  turn();
  CHECK(follower.heard == "[a]");
  restart();
  CHECK(poll("news", after(Etag{push::value(a) - 1})) == "a");
  CHECK(publish("news", "b") == a + 1);
}

// What subscribers saw in the last moments may not be on disk. An etag of theirs must not be given to another message:
// they would take that for one that they have.
TEST_CASE_FIXTURE(IntervalTest, "interval: after a crash nobody is told less than the truth") {
  const Etag a = publish("news", "a");
  settle();
  auto image = disk->image();
  const Etag lost = publish("news", "lost");
  CHECK(lost == a + 1);
  end_with(std::move(image), -1h);
  const Etag b = publish("news", "b");
  CHECK(b > lost);
  CHECK(poll("news", after(lost)) == "missed some: a b");
  CHECK(poll("news", after(a)) == "missed some: a b");
  CHECK(poll("news", kAll) == "a b");
  CHECK(poll("news", after(b)).empty());
  CHECK(poll("never", after(lost)) == "missed some");
  // The next stop was an orderly one.
  restart();
  CHECK(poll("news", after(b)).empty());
  CHECK(publish("news", "c") == b + 1);
}

// Another option was wrong after the store was opened, and the file told of a crash ever after: the next start began
// new lives, and every client was told that it may have missed something.
TEST_CASE_FIXTURE(IntervalTest, "interval: a start that came to nothing is no crash") {
  const Etag a = publish("news", "a");
  gather();
  kept.reset();
  CHECK(open() == "");
  CHECK(poll("news", after(a)).empty());
  CHECK(publish("news", "b") == a + 1);
  // A crash before stays one.
  settle();
  end_with(disk->image(), 1s);
  kept->stop();
  CHECK(poll("news", after(a)) == "missed some: a b");
}

TEST_CASE_FIXTURE(IntervalTest, "interval: a channel that is forgotten and comes back within one transaction") {
  const Etag a = publish("news", "a", {.size = 1});
  forget("news");
  publish("news", "b");
  publish("news", "c");
  restart();
  CHECK(poll("news", kAll) == "b c");
  CHECK(poll("news", after(a)) == "b c");
}
