// Seats come, go and fall behind one by one: a subscriber of several channels is served in each of them by itself.

#include <map>
#include <random>

#include "hub_fixture.h"
#include "push/ending.h"
#include "push/overseer.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

struct SeatsTest : HubTest {
  /// The wants are added to what it follows already: empty, or why not.
  std::string join(Follower& follower, std::initializer_list<Want> wants, std::size_t loop = 0) {
    std::vector<Etag> quiet;
    const auto refusal = loops[loop].roster.join(follower, {wants.begin(), wants.size()}, now, quiet);
    return refusal ? std::string(row(refusal->ending).name) + " " + refusal->channel : "";
  }
  Etag part(Follower& follower, std::uint32_t slot) { return loops[0].roster.part(follower, slot, now); }
  std::string slots(const Follower& follower) {
    std::string out;
    for (std::uint32_t slot = 0; slot < follower.seats(); ++slot) out += std::string(follower.channel(slot)) + " ";
    return out;
  }
};

}  // namespace

TEST_CASE_FIXTURE(SeatsTest, "behind: a channel that fell behind takes nothing from its neighbour") {
  // A channel of twelve megabytes was added beside one that keeps a single message and gets a thousand a second: of
  // those, nine in ten were lost until the large one had been sent.
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"slow", kNow}, {"fast", kNow}}).empty());
  follower.answer = Delivery::behind;
  publish("slow", "1");
  turn();
  follower.answer = Delivery::taken;
  CHECK(follower.behind(0));
  CHECK_FALSE(follower.behind(1));
  CHECK(follower.behind());
  for (const char* payload : {"a", "b", "c"}) {
    publish("fast", payload, {.size = 1});
    publish("slow", "more");
    turn();
  }
  CHECK(follower.news() == "fast:[a]fast:[b]fast:[c]");
  CHECK(follower.catch_up(now) == "1 more more more");
  CHECK_FALSE(follower.behind());
  publish("slow", "2");
  turn();
  CHECK(follower.heard == "slow:[2]");
}

TEST_CASE_FIXTURE(SeatsTest, "behind: only the seats whose cursor isn't the newest etag begin behind") {
  publish("kept", "a");
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"empty", kAll}, {"kept", kAll}, {"other", kNow}}).empty());
  CHECK_FALSE(follower.behind(0));
  CHECK(follower.behind(1));
  CHECK_FALSE(follower.behind(2));
  publish("other", "x");
  turn();
  CHECK(follower.heard == "other:[x]");
  CHECK(follower.catch_up(now) == "a");
}

TEST_CASE_FIXTURE(SeatsTest, "behind: a seat that was read in pieces is behind until the last of them") {
  for (int i = 0; i < 4; ++i) publish("news", std::to_string(i));
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"news", kAll}}).empty());
  const Resume first = loops[0].roster.resume(follower, 0, 1, now);
  CHECK(first.more);
  CHECK(follower.behind(0));
  publish("news", "4");
  turn();
  CHECK(follower.heard.empty());
  CHECK(follower.catch_up(now, 1) == "1 2 3 4");
  CHECK_FALSE(follower.behind(0));
}

TEST_CASE_FIXTURE(SeatsTest, "behind: a loop that lagged puts back the channel it lagged in, and no other") {
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"flood", kNow}, {"calm", kNow}}).empty());
  const std::string megabyte(1 << 20, 'x');
  publish("calm", "a");
  for (std::size_t sent = 0; sent <= Channel::kMaxPendingBytes; sent += megabyte.size())
    publish("flood", megabyte, {.size = 2});
  turn();
  CHECK(follower.lags == 1);
  CHECK(follower.behind(0));
  CHECK_FALSE(follower.behind(1));
  CHECK(follower.heard == "calm:[a]");
}

TEST_CASE_FIXTURE(SeatsTest, "join: who sits already gets more seats behind its own") {
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"a", kNow}}).empty());
  publish("b", "1");
  REQUIRE(join(follower, {{"b", kAll}, {"c", kNow}}).empty());
  CHECK(slots(follower) == "a b c ");
  CHECK(info("c").subscribers == 1);
  CHECK(follower.behind(1));
  publish("a", "2");
  publish("c", "3");
  turn();
  CHECK(follower.news() == "a:[2]c:[3]");
  CHECK(follower.catch_up(now) == "1");
}

TEST_CASE_FIXTURE(SeatsTest, "join: all or none, and who sits already goes on") {
  publish("line", "hello", {.one2one = true});
  Follower other(loops[1], "y");
  REQUIRE(join(other, {{"line", kNow}}, 1).empty());
  Follower follower(loops[0], "x");
  REQUIRE(join(follower, {{"a", kNow}}).empty());
  CHECK(join(follower, {{"b", kNow}, {"line", kNow}}) == "one2one line");
  CHECK(slots(follower) == "a ");
  CHECK_FALSE(exists("b"));
  CHECK_FALSE(follower.behind());
  publish("a", "1");
  turn();
  CHECK(follower.heard == "[1]");
}

TEST_CASE_FIXTURE(SeatsTest, "join: seats are counted as they come and go, whether at once or one by one") {
  const std::size_t one = [&] {
    Follower follower(loops[0]);
    REQUIRE(join(follower, {{"a", kNow}, {"b", kNow}, {"c", kNow}}).empty());
    const std::size_t counted = followed();
    follower.leave(now);
    return counted;
  }();
  CHECK(followed() == 0);
  Follower follower(loops[0]);
  for (const char* name : {"a", "b", "c"}) REQUIRE(join(follower, {{name, kNow}}).empty());
  CHECK(followed() == one);
  while (follower.seats() > 0) part(follower, 0);
  CHECK(followed() == 0);
  CHECK(channels() == 0);
}

TEST_CASE_FIXTURE(SeatsTest, "join: what one connection adds in small steps has the same limit") {
  limit_memory(16 * 1024);
  publish("a", "x");
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"a", kNow}}).empty());
  std::string answer;
  for (int i = 0; answer.empty() && i < 1000; ++i) {
    const std::string name = "c" + std::to_string(i);
    answer = join(follower, {{name, kNow}});
  }
  CHECK(answer.starts_with("unavailable c"));
  const std::size_t seats = follower.seats();
  CHECK(seats > 2);
  // Where some are given back there is room for as many.
  part(follower, 1);
  CHECK(join(follower, {{"another", kNow}}).empty());
  CHECK(follower.seats() == seats);
}

TEST_CASE_FIXTURE(SeatsTest, "part: the last seat takes the number, and each is served under its own") {
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"a", kNow}, {"b", kNow}, {"c", kNow}}).empty());
  const Etag b = publish("b", "1");
  turn();
  CHECK(part(follower, 1) == b);
  CHECK(slots(follower) == "a c ");
  CHECK(info("b").subscribers == 0);
  CHECK(part(follower, 1) != Etag{});  // c, the last itself
  publish("a", "2");
  publish("b", "3");
  publish("c", "4");
  turn();
  CHECK(follower.heard == "b:[1][2]");
  part(follower, 0);
  CHECK(follower.seats() == 0);
}

TEST_CASE_FIXTURE(SeatsTest, "part: a seat that was behind leaves nothing behind") {
  publish("a", "1");
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"a", kAll}, {"b", kNow}}).empty());
  CHECK(follower.behind());
  part(follower, 0);
  CHECK_FALSE(follower.behind());
  publish("b", "2");
  turn();
  CHECK(follower.heard == "[2]");
}

TEST_CASE_FIXTURE(SeatsTest,
                  "part: with the cursor that it gives, whoever comes back misses nothing and hears nothing twice") {
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"a", kNow}, {"b", kNow}}).empty());
  publish("b", "1");
  turn();
  publish("b", "2");  // not served yet
  const Etag given = part(follower, 1);
  turn();
  CHECK(follower.news() == "b:[1]");
  publish("b", "3");
  REQUIRE(join(follower, {{"b", after(given)}}).empty());
  CHECK(follower.catch_up(now) == "2 3");
  publish("b", "4");
  turn();
  CHECK(follower.heard == "b:[4]");
}

TEST_CASE_FIXTURE(SeatsTest, "part: a channel that never had a message gives the clock, as leaving does") {
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"a", kNow}, {"empty", kNow}}).empty());
  now += 25s;
  CHECK(part(follower, 1) == origin_at(now));
  CHECK_FALSE(exists("empty"));
}

TEST_CASE_FIXTURE(SeatsTest, "part: a cursor that a client made up raises nobody's etags") {
  // The clock is given to who leaves a channel that never had a message, and no channel of its shard begins below it.
  const Etag far{value(origin_at(now + 24h))};
  Follower follower(loops[0]);
  REQUIRE(join(follower, {{"empty", after(far)}, {"other", after(far)}}).empty());
  CHECK(part(follower, 0) == far);
  CHECK(follower.leave(now).cursors == std::vector<Etag>{far});
  CHECK(publish("empty", "1") < far);
  CHECK(publish("other", "1") < far);
  CHECK(poll("empty", after(far)) == "missed some: 1");
}

TEST_CASE_FIXTURE(SeatsTest, "part: the place of a one2one channel is free at once, with a cid, too") {
  publish("line", "hello", {.one2one = true});
  Follower first(loops[0], "x");
  REQUIRE(join(first, {{"line", kNow}, {"a", kNow}}).empty());
  Follower second(loops[0], "y");
  CHECK(join(second, {{"line", kNow}}) == "one2one line");
  part(first, 0);
  CHECK(join(second, {{"line", kNow}}).empty());
}

TEST_CASE_FIXTURE(SeatsTest, "kicked: who outlives it goes on with its other channels, and is told its cursor") {
  Follower follower(loops[0], "x");
  REQUIRE(join(follower, {{"a", kNow}, {"line", kNow}, {"b", kNow}}).empty());
  follower.outlives_kicks = true;
  const Etag last = publish("line", "1");
  turn();
  CHECK(follower.news() == "line:[1]");
  Overseer overseer(*hub);
  REQUIRE(overseer.kick("line", {.cid = "x", .seat = {}}, now));
  publish("line", "2");
  publish("b", "3");
  turn();
  CHECK(follower.parted == "kicked line 1");
  CHECK(follower.parted_at == last);
  CHECK(follower.ended.empty());
  CHECK(slots(follower) == "a b ");
  CHECK(follower.news() == "b:[3]");
}

TEST_CASE_FIXTURE(SeatsTest, "kicked: who doesn't outlive it loses all its channels") {
  Follower follower(loops[0], "x");
  REQUIRE(join(follower, {{"a", kNow}, {"line", kNow}}).empty());
  Overseer overseer(*hub);
  REQUIRE(overseer.kick("line", {.cid = "x", .seat = {}}, now));
  turn();
  CHECK(follower.ended == "kicked line");
  CHECK(follower.left.channels == std::vector<std::string>{"a", "line"});
  CHECK_FALSE(exists("a"));
}

TEST_CASE_FIXTURE(SeatsTest,
                  "kicked: a newer connection of the client takes one channel, and the older goes on with the rest") {
  publish("line", "hello", {.one2one = true});
  Follower older(loops[0], "x");
  older.outlives_kicks = true;
  REQUIRE(join(older, {{"line", kNow}, {"a", kNow}}).empty());
  Follower newer(loops[1], "x");
  REQUIRE(join(newer, {{"line", kNow}}, 1).empty());
  publish("line", "1", {.one2one = true});
  publish("a", "2");
  turn();
  CHECK(older.parted == "replaced line 0");
  CHECK(older.news() == "[2]");
  CHECK(newer.news() == "[1]");
}

TEST_CASE("seats: whoever joins, parts, falls behind, catches up or is kicked hears each channel once and in order") {
  // Against a model: of what was published between coming and going a seat hears all, in order, once.
  SeatsTest test;
  Overseer overseer(*test.hub);
  std::minstd_rand random(7);
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  struct Seat {
    std::vector<int> expected;
    std::size_t heard = 0;
  };
  struct Reader {
    std::unique_ptr<Follower> follower;
    std::map<std::string, Seat> seats;
  };
  std::vector<Reader> readers(4);
  for (std::size_t i = 0; i < readers.size(); ++i) {
    readers[i].follower = std::make_unique<Follower>(test.loops[0], "r" + std::to_string(i));
    readers[i].follower->outlives_kicks = true;
  }
  int count = 0;
  const auto hear = [](Reader& reader, const std::string& channel, const std::string& text) {
    std::string number;
    Seat& seat = reader.seats.at(channel);
    for (const char letter : text + " ") {
      if (letter != ' ') {
        number += letter;
        continue;
      }
      if (number.empty()) continue;
      REQUIRE(seat.heard < seat.expected.size());
      REQUIRE(std::stoi(number) == seat.expected[seat.heard]);
      ++seat.heard;
      number.clear();
    }
  };
  const auto collect = [&] {
    test.turn();
    for (Reader& reader : readers) {
      for (const auto& [channel, text] : std::exchange(reader.follower->pieces, {})) hear(reader, channel, text);
      if (!reader.follower->parted.empty()) {
        // `kicked c 1`: nothing more of it is due, and what came before it was heard.
        const std::string channel = reader.follower->parted.substr(7, 1);
        reader.follower->parted.clear();
        reader.seats.erase(channel);
      }
    }
  };
  const auto catch_up = [&](Reader& reader) {
    Follower& follower = *reader.follower;
    for (std::uint32_t slot = 0; slot < follower.seats(); ++slot)
      while (follower.behind(slot))
        hear(reader, std::string(follower.channel(slot)),
             text(test.loops[0].roster.resume(follower, slot, 1 + random() % 8, test.now).messages));
  };
  for (int step = 0; step < 20000; ++step) {
    Reader& reader = readers[random() % readers.size()];
    Follower& follower = *reader.follower;
    const std::string& channel = names[random() % names.size()];
    switch (random() % 9) {
      case 0: {
        if (reader.seats.contains(channel)) break;
        test.turn();
        collect();
        REQUIRE(test.join(follower, {{channel, kNow}}).empty());
        reader.seats.emplace(channel, Seat{});
        break;
      }
      case 1: {
        collect();
        if (follower.seats() == 0) break;
        const auto slot = static_cast<std::uint32_t>(random() % follower.seats());
        const std::string name(follower.channel(slot));
        const bool behind = follower.behind(slot);
        const Etag given = test.part(follower, slot);
        // Half of them come back at once, with the cursor that they were given.
        if (random() % 2 == 0) {
          REQUIRE(test.join(follower, {{name, after(given)}}).empty());
        } else {
          if (!behind) REQUIRE(reader.seats.at(name).heard == reader.seats.at(name).expected.size());
          reader.seats.erase(name);
        }
        break;
      }
      case 2:
        follower.answer = random() % 2 ? Delivery::behind : Delivery::taken;
        break;
      case 3:
        collect();
        catch_up(reader);
        break;
      case 4:
        if (random() % 4 == 0) {
          collect();
          catch_up(reader);
          overseer.kick(channel, {.cid = std::string(follower.cid()), .seat = {}}, test.now);
          collect();
        }
        break;
      case 5:
        collect();
        break;
      default:
        test.publish(channel, std::to_string(++count), {.size = 100000});
        for (Reader& one : readers)
          if (const auto seat = one.seats.find(channel); seat != one.seats.end())
            seat->second.expected.push_back(count);
    }
    test.now += 1ms;
  }
  for (Reader& reader : readers) {
    reader.follower->answer = Delivery::taken;
    collect();
    catch_up(reader);
    for (const auto& [channel, seat] : reader.seats) CHECK(seat.heard == seat.expected.size());
    CHECK(reader.follower->seats() == reader.seats.size());
    reader.follower->leave(test.now);
  }
  CHECK(test.followed() == 0);
  CHECK(count > 1000);
}
