// Messages are appended to one table and moved to another later. Where they stand makes no difference.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "store_fixture.h"

using namespace martd;
using namespace martd::store;
using namespace martd::store::test;

namespace {

struct RecentTest : StoreTest {
  /// A new store, in which so many messages are recent.
  void renew(std::size_t most, Durability how = Durability::always) {
    most_recent = most;
    durability = how;
    StoreTest::renew();
  }
  /// Of a table, as the disk has it.
  std::int64_t rows(const std::string& table) {
    settle();
    const auto copy = disk->image();
    Database database("push.db", Database::Open::existing, copy->name());
    const auto count = database.one("SELECT count(*) FROM " + table);
    REQUIRE(count);
    return *count;
  }
  std::string exported() {
    settle();
    return StoreTest::exported(*disk->image());
  }
  /// All that subscribers can be told, whatever they have seen.
  std::string told() {
    std::string out;
    for (const auto& [channel, etags] : pushed) {
      out += channel + ": " + poll(channel, kAll) + "\n";
      if (exists(channel)) out += " " + std::to_string(push::value(cursor)) + "\n";
      for (const Etag etag : etags) out += " " + poll(channel, push::test::after(etag)) + "\n";
    }
    return out;
  }
  void push_one(const std::string& channel, const std::string& payload, const PushOptions& options) {
    pushed[channel].push_back(publish(channel, payload, options));
  }

  std::map<std::string, std::vector<Etag>> pushed;
};

/// The n-th step of a life with everything in it: small, large and empty messages, channels of several sizes, messages
/// that are over soon, clears, channels that are forgotten and come back.
void step(RecentTest& test, int n) {
  const std::string number = std::to_string(n);
  const std::string channel = "c" + std::to_string(n % 5);
  const std::uint32_t size = n % 5 == 0 ? 1 : n % 5 == 1 ? 3 : 100;
  const std::string payload = n % 7 == 3 ? number + std::string(3000, 'x') : n % 4 == 1 ? "" : number;
  if (n % 17 == 16) test.clear("c2");
  if (n % 23 == 22) test.forget("c3");
  if (n % 19 == 18) {
    test.now += 11s;
    for (int i = 0; i < 300; ++i) test.sweep();
  }
  test.push_one(channel, payload, {.size = size, .expire = n % 6 == 5 ? std::optional<Duration>(10s) : std::nullopt});
}

}  // namespace

TEST_CASE_FIXTURE(RecentTest, "recent: wherever messages stand, the store is the same") {
  for (const auto how : {Durability::always, Durability::interval}) {
    std::string first;
    for (const std::size_t most : {4096, 1, 2, 5, 16}) {
      CAPTURE(most);
      renew(most, how);
      pushed.clear();
      for (int n = 0; n < 120; ++n) step(*this, n);
      const std::string before = told();
      // While a part of them is moved, others come.
      CHECK(rows("recent") <= static_cast<std::int64_t>(2 * most));
      if (most == 1) CHECK(rows("messages") > 15);
      restart();
      CHECK(told() == before);
      settle();
      const std::string lines = exported();
      if (first.empty()) first = lines;
      CHECK(lines == first);
    }
  }
}

TEST_CASE_FIXTURE(RecentTest, "recent: killed at any time, nothing is lost, and nothing comes back") {
  for (const std::size_t most : {3, 40}) {
    CAPTURE(most);
    renew(most);
    pushed.clear();
    for (int n = 0; n < 60; ++n) {
      CAPTURE(n);
      step(*this, n);
      settle();
      const std::string before = told();
      if (n % 2 == 0) {
        kill(0s);
      } else {
        cut_power(static_cast<std::uint32_t>(n), 0s);
      }
      now -= 1s;
      CHECK(told() == before);
    }
  }
}

// The rows of one channel can't be deleted alone: of those that its last one had made way for, the second last would
// have become the last, and have said that it is kept.
TEST_CASE_FIXTURE(RecentTest, "recent: what is cleared, over or forgotten leaves nothing behind it") {
  for (const char* text : {"a", "b", "c"}) push_one("news", text, {.size = 1});
  for (const char* text : {"a", "b", "c"}) push_one("gone", text, {.size = 1});
  for (const char* text : {"a", "b", "c"}) push_one("short", text, {.size = 1, .expire = 5s});
  CHECK(rows("recent") == 9);
  Follower stays(loops[0]);
  CHECK(stream(stays, {{"news", kNow}, {"short", kNow}}).empty());
  clear("news");
  forget("gone");
  now += 6s;
  for (int i = 0; i < 300; ++i) sweep();
  CHECK(rows("recent") == 0);
  CHECK(rows("messages") == 0);
  kill(-10s);
  for (const char* channel : {"news", "gone", "short"}) {
    CAPTURE(channel);
    CHECK(poll(channel, kAll).empty());
    CHECK(publish(channel, "d") > pushed[channel].back());
    CHECK(poll(channel, kAll) == "d");
  }
}

TEST_CASE_FIXTURE(RecentTest, "recent: more than it takes at once") {
  gather();
  std::vector<std::uint64_t> asked;
  for (int i = 0; i < 6000; ++i) asked.push_back(ask({"c" + std::to_string(i % 1200)}, std::to_string(i), {.size = 4}));
  go();
  for (const auto ticket : asked) CHECK(answer(ticket, Etag{}).starts_with("etag"));
  CHECK(rows("recent") < 4096);
  CHECK(rows("messages") > 0);
  kill();
  for (int i = 0; i < 1200; i += 97) {
    CHECK(poll("c" + std::to_string(i), kAll) == std::to_string(i + 1200) + " " + std::to_string(i + 2400) + " " +
                                                     std::to_string(i + 3600) + " " + std::to_string(i + 4800));
  }
}

TEST_CASE_FIXTURE(RecentTest, "recent: what needs pages of its own goes to its place at once") {
  push_one("news", std::string(2000, 'x'), {});
  CHECK(rows("recent") == 0);
  CHECK(rows("messages") == 1);
  gather();
  for (int i = 0; i < 100; ++i) ask({"news"}, std::to_string(i), {.size = 200});
  go();
  CHECK(answer(tickets.drawn, Etag{}).starts_with("etag"));
  CHECK(rows("recent") == 0);
  CHECK(rows("messages") == 101);
}

TEST_CASE_FIXTURE(RecentTest, "recent: rests for a while where each channel has few messages") {
  renew(40);
  const auto push_to = [&](const std::string& kind, int count) {
    for (int i = 0; i < count; ++i) publish(kind + std::to_string(i), "x");
  };
  push_to("a", 39);
  CHECK(rows("recent") == 39);
  push_to("b", 1 + 40);
  CHECK(rows("recent") == 0);
  CHECK(rows("messages") == 80);
  push_to("c", 39);
  CHECK(rows("recent") == 39);
  // Twice as long the next time.
  push_to("d", 1 + 80);
  CHECK(rows("recent") == 0);
  CHECK(rows("messages") == 200);
  // Of use again.
  for (int i = 0; i < 40; ++i) publish("e", "x", {.size = 100});
  for (int i = 0; i < 39; ++i) publish("e", "x", {.size = 100});
  CHECK(rows("recent") == 39);
  CHECK(rows("messages") == 240);
}

// All of it was moved at once: 1,400 channels held up whoever else waited for the transaction, 16 ms by the clock of
// the processor alone.
TEST_CASE_FIXTURE(RecentTest, "recent: a transaction moves a part, and whoever is killed between two loses nothing") {
  renew(40);
  const auto name = [](int i) { return "c" + std::to_string(i); };
  const auto channel_lines = [&] {
    const std::string lines = exported();
    return lines.substr(lines.find('\n'));  // the first one has a clock
  };
  for (int i = 0; i < 40; ++i) push_one(name(i % 13), std::to_string(i), {.size = 100});
  CHECK(rows("recent") == 40);
  CHECK(rows("messages") == 10);
  CHECK(rows("unmoved") == 30);
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    const std::string before = told();
    const std::string lines = channel_lines();
    kill(0s);
    now -= 1s;
    CHECK(told() == before);
    CHECK(channel_lines() == lines);
    push_one(name(i), "more", {.size = 100});
  }
  CHECK(rows("messages") == 40);
  CHECK(rows("recent") == 3);
  CHECK(rows("unmoved") == 3);
}

// The table's last row was deleted, its place was had again by a channel that was moved already, and the message in it
// counted as moved with the others: after a restart it was gone.
TEST_CASE_FIXTURE(RecentTest, "recent: no place is had twice while a part is moved") {
  renew(40);
  for (int i = 0; i < 39; ++i) push_one("c" + std::to_string(i % 13), std::to_string(i), {.size = 100});
  push_one("c12", "last", {.size = 100});
  CHECK(rows("unmoved") == 30);
  clear("c12");
  push_one("c1", "x", {.size = 100});
  CHECK(rows("unmoved") > 0);
  const std::string before = told();
  kill(0s);
  now -= 1s;
  CHECK(told() == before);
}

// Each loss of one message moved all of the table: it was of no use where messages end at their time.
TEST_CASE_FIXTURE(RecentTest, "recent: what is over in one channel leaves the others where they are") {
  for (int i = 0; i < 10; ++i) push_one("short", std::to_string(i), {.expire = i < 9 ? 5s : 1h});
  for (int i = 0; i < 10; ++i) push_one("news", std::to_string(i), {.size = 5});
  now += 6s;
  for (int i = 0; i < 300; ++i) sweep();
  CHECK(rows("recent") == 11);
  CHECK(rows("messages") == 0);
  const std::string before = told();
  kill(0s);
  now -= 1s;
  CHECK(told() == before);
}

// Of channels that push little, the row is behind: only their messages tell how far they have come.
TEST_CASE_FIXTURE(RecentTest,
                  "recent: after a crash with `interval` new lives begin above every etag, wherever it stands") {
  for (const std::size_t most : {1, 4096}) {
    CAPTURE(most);
    renew(most, Durability::interval);
    const Etag a = publish("news", "a");
    settle();
    auto image = disk->image();
    constexpr std::uint64_t kFar = 1'000'000'000'000'000;
    {
      Database database("push.db", Database::Open::existing, image->name());
      const std::string table = most == 1 ? "messages" : "recent";
      CHECK(database.one("SELECT count(*) FROM " + table) == 1);
      CHECK(database.run(("UPDATE " + table + " SET number=" + std::to_string(kFar)).c_str()));
    }
    end_with(std::move(image), 1s);
    CHECK(poll("news", kAll) == "a");
    CHECK(poll("news", push::test::after(a + (kFar - 1))) == "missed some: a");
    CHECK(publish("news", "b") > a + 2 * kFar);
  }
}

TEST_CASE_FIXTURE(RecentTest, "recent: a table that is not what it was taken for loses nothing more") {
  char name[] = "/tmp/martd-recent-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  file = folder + "/push.db";
  renew(4);
  for (const char* text : {"a", "b", "c"}) publish("news", text);
  {
    Database other(file, Database::Open::existing);
    CHECK(other.run("DELETE FROM recent WHERE place=2"));
  }
  CHECK(refused({"news"}) == "store_away news");
  await_recovery();
  publish("news", "d");
  publish("news", "e");
  Database other(file, Database::Open::existing_to_read);
  CHECK(other.one("SELECT count(*) FROM recent") == 0);
  CHECK(other.one_text("SELECT group_concat(CAST(payload AS TEXT), ' ') FROM messages") == "a c d e");
  kept->stop();
  std::filesystem::remove_all(folder);
}
