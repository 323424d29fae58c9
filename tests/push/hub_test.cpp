#include "push/hub.h"

#include "hub_fixture.h"
#include "push/ending.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

TEST_CASE_FIXTURE(HubTest, "publish: etags follow each other, and subscribers are those held now") {
  const Receipt first = push("news", "a");
  CHECK(first.etag == origin_at(now) + 1);
  CHECK(first.subscribers == 0);
  Follower here(loops[0]);
  Follower there(loops[1]);
  CHECK(wait(here, {{"news", kNow}}) == "parked");
  CHECK(stream(there, {{"news", kNow}}, 1).empty());
  const Receipt second = push("news", "b");
  CHECK(second.etag == first.etag + 1);
  CHECK(second.subscribers == 2);
  CHECK_FALSE(second.duplicate);
  turn();
  CHECK(push("news", "c").subscribers == 1);
  CHECK(hub->published() == 3);
}

TEST_CASE_FIXTURE(HubTest, "publish: an empty body takes an etag and a place in the backlog") {
  publish("news", "a", {.size = 2});
  const Etag empty = publish("news", "", {.size = 2});
  CHECK(info("news").messages == 2);
  CHECK(info("news").bytes == 1);
  CHECK(info("news").etag == empty);
  publish("news", "b", {.size = 2});
  CHECK(poll("news", kAll) == "b");
}

TEST_CASE_FIXTURE(HubTest, "publish: every push sets all attributes again") {
  for (const char* payload : {"a", "b", "c", "d"}) publish("news", payload, {.size = 7, .life = 60s, .one2one = true});
  ChannelInfo now_set = info("news");
  CHECK(now_set.attributes.size == 7);
  CHECK(now_set.attributes.life == 60s);
  CHECK(now_set.attributes.one2one);
  publish("news", "e", {.size = 2});
  now_set = info("news");
  CHECK(now_set.attributes.size == 2);
  CHECK(now_set.attributes.life == Attributes::kDefaultLife);
  CHECK_FALSE(now_set.attributes.one2one);
  CHECK(poll("news", kAll) == "d e");
}

TEST_CASE_FIXTURE(HubTest,
                  "publish: a shorter life counts for the messages already there, too, and a longer one as well") {
  publish("news", "a", {.life = 10s});
  now += 5s;
  publish("news", "b", {.life = 100s});
  now += 20s;
  CHECK(poll("news", kAll) == "a b");
  publish("news", "c", {.life = 1s});
  CHECK(poll("news", kAll) == "c");
  now += 1s;
  CHECK_FALSE(exists("news"));
}

TEST_CASE_FIXTURE(HubTest, "publish: expire shortens one message's life only") {
  publish("news", "a", {.expire = 1s});
  publish("news", "b", {.expire = 100h});
  now += 1s;
  CHECK(poll("news", kAll) == "b");
  now += 1h - 1s;
  CHECK_FALSE(exists("news"));
}

TEST_CASE_FIXTURE(HubTest, "key: from the first push that brings one, every later push must bring it") {
  publish("news", "a");
  publish("news", "b", {.key = "k"});
  CHECK(refused({"news"}) == "wrong_key news");
  CHECK(refused({"news"}, {.size = 1, .key = "K"}) == "wrong_key news");
  CHECK(hub->inspect("news", claim(), now).error().error == PushError::wrong_key);
  CHECK(try_clear("news", "x", true).error().error == PushError::wrong_key);
  CHECK(info("news", "k").messages == 2);
  CHECK(info("news", "k").attributes.key.empty());
  CHECK(info("news", "k").attributes.size == Attributes::kDefaultSize);
  CHECK(refused({"news"}, {.key = "k"}) == "taken");
}

TEST_CASE_FIXTURE(HubTest, "key: whoever brings it may push, others without the right may not") {
  CHECK(refused({"news"}, {.allowed = false}) == "not_allowed news");
  CHECK(refused({"news"}, {.key = "k", .allowed = false}) == "not_allowed news");  // no such channel yet
  CHECK_FALSE(exists("news"));
  publish("news", "a");
  CHECK(refused({"news"}, {.key = "k", .allowed = false}) == "not_allowed news");  // it has none
  publish("news", "b", {.key = "k"});
  CHECK(refused({"news"}, {.key = "k", .allowed = false}) == "taken");
  CHECK(refused({"news"}, {.key = "x", .allowed = false}) == "wrong_key news");
  CHECK(hub->inspect("news", claim("k", false), now).has_value());
  CHECK(hub->inspect("other", claim("k", false), now).error().error == PushError::not_allowed);
  CHECK(try_clear("news", "k", false).has_value());
}

TEST_CASE_FIXTURE(HubTest, "If-Match: only while that is still the newest") {
  const Etag a = publish("news", "a");
  CHECK(refused({"news"}, {.if_match = Etag{value(a) - 1}}) == "not_newest news");
  CHECK(refused({"news"}, {.if_match = a}) == "taken");
  CHECK(refused({"news"}, {.if_match = a}) == "not_newest news");
  CHECK(refused({"other"}, {.if_match = a}) == "not_newest other");
  CHECK_FALSE(exists("other"));
  // What was published expires, and is the newest still.
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  const Etag newest = info("news").etag;
  clear("news");
  CHECK(refused({"news"}, {.if_match = newest}) == "taken");
}

PushOptions with_conditions(std::optional<NamedEtags> match, std::optional<NamedEtags> none_match,
                            std::uint32_t size = 10) {
  PushOptions options;
  options.size = size;
  options.conditions = std::make_shared<PushConditions>(PushConditions{std::move(match), std::move(none_match)});
  return options;
}

TEST_CASE_FIXTURE(HubTest, "If-Match: one of several, or any message") {
  const NamedEtags any{true, {}};
  CHECK(refused({"news"}, with_conditions(any, {})) == "not_newest news");
  const Etag a = publish("news", "a");
  CHECK(refused({"news"}, with_conditions(NamedEtags{false, {}}, {})) == "not_newest news");
  CHECK(refused({"news"}, with_conditions(NamedEtags{false, {Etag{1}, a, Etag{2}}}, {})) == "taken");
  CHECK(refused({"news"}, with_conditions(any, {})) == "taken");
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  clear("news");
  CHECK(refused({"news"}, with_conditions(any, {})) == "not_newest news");
}

TEST_CASE_FIXTURE(HubTest, "If-None-Match: only the first, or only what isn't there already") {
  const NamedEtags any{true, {}};
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  CHECK(refused({"news"}, with_conditions({}, any)) == "taken");
  CHECK(refused({"news"}, with_conditions({}, any)) == "not_empty news");
  const Etag newest = info("news").etag;
  CHECK(refused({"news"}, with_conditions({}, NamedEtags{false, {newest}})) == "is_newest news");
  CHECK(refused({"news"}, with_conditions({}, NamedEtags{false, {Etag{1}}})) == "taken");
  clear("news");
  CHECK(refused({"news"}, with_conditions({}, NamedEtags{false, {info("news").etag}})) == "is_newest news");
  publish("news", "");  // an empty one is kept, too
  CHECK(refused({"news"}, with_conditions({}, any)) == "not_empty news");
  clear("news");
  CHECK(refused({"news"}, with_conditions({}, any)) == "taken");
  CHECK(refused({"other"}, with_conditions({}, NamedEtags{false, {newest}})) == "taken");
}

TEST_CASE_FIXTURE(HubTest, "If-None-Match: a message whose time is over is none") {
  const NamedEtags any{true, {}};
  publish("news", "a", {.life = 1s});
  CHECK(refused({"news"}, with_conditions({}, any)) == "not_empty news");
  now += 2s;
  CHECK(refused({"news"}, with_conditions({}, any)) == "taken");
}

TEST_CASE_FIXTURE(HubTest, "If-None-Match: of several channels all keep none, or none gets it") {
  const NamedEtags any{true, {}};
  publish("b", "x");
  CHECK(refused({"a", "b"}, with_conditions({}, any)) == "not_all_empty b");
  CHECK_FALSE(exists("a"));
  clear("b");
  CHECK(refused({"a", "b"}, with_conditions({}, any)) == "taken");
}

TEST_CASE_FIXTURE(HubTest,
                  "id: a second push with one that is kept changes nothing, delivers nothing, answers the first") {
  const Etag first = publish("news", "a", {.id = "1"});
  publish("news", "b");
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  const Receipt again = push("news", "other", {.size = 1, .one2one = true, .key = "k", .id = "1"});
  CHECK(again.duplicate);
  CHECK(again.etag == first);
  CHECK(again.subscribers == 1);
  turn();
  CHECK(follower.heard.empty());
  CHECK(poll("news", kAll) == "a b");
  CHECK(info("news").attributes.size == Attributes::kDefaultSize);
  CHECK_FALSE(info("news").attributes.one2one);
  CHECK(hub->published() == 2);
}

TEST_CASE_FIXTURE(HubTest, "id: is looked up before If-Match, so that a publisher can retry") {
  const Etag zero = publish("news", "0");
  const Etag first = publish("news", "a", {.id = "1", .if_match = zero});
  const Receipt again = push("news", "a", {.id = "1", .if_match = zero});
  CHECK(again.duplicate);
  CHECK(again.etag == first);
}

TEST_CASE_FIXTURE(HubTest, "id: one that is no longer kept is new, and another channel's is another") {
  publish("news", "a", {.size = 1, .id = "1"});
  CHECK_FALSE(push("other", "a", {.id = "1"}).duplicate);
  publish("news", "b", {.size = 1});
  CHECK_FALSE(push("news", "a", {.size = 1, .id = "1"}).duplicate);
  publish("short", "a", {.id = "1", .expire = 1s});
  publish("short", "b");
  now += 1s;
  CHECK_FALSE(push("short", "a", {.id = "1"}).duplicate);
}

TEST_CASE_FIXTURE(HubTest, "id: doesn't open a keyed channel") {
  publish("news", "a", {.key = "k", .id = "1"});
  CHECK(refused({"news"}, {.id = "1"}) == "wrong_key news");
}

TEST_CASE_FIXTURE(HubTest, "several channels: all are accepted, each with its own etag") {
  publish("b", "0");
  const auto receipts = try_publish({"a", "b", "c"}, "x");
  REQUIRE(receipts.has_value());
  REQUIRE(receipts->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    CHECK((*receipts)[i].etag == info(name).etag);
  }
  CHECK(poll("b", kAll) == "0 x");
}

TEST_CASE_FIXTURE(HubTest, "several channels: all or none, whichever of them refuses") {
  publish("keyed", "a", {.key = "k"});
  publish("open", "a", {.size = 5});
  CHECK(refused({"new1", "open", "keyed", "new2"}, {.size = 1}) == "wrong_key keyed");
  CHECK_FALSE(exists("new1"));
  CHECK_FALSE(exists("new2"));
  CHECK(info("open").messages == 1);
  CHECK(info("open").attributes.size == 5);
  CHECK(refused({"keyed", "open"}, {.key = "k", .allowed = false}) == "not_allowed open");
  CHECK(info("keyed", "k").messages == 1);
  CHECK(refused({"keyed", "open"}, {.key = "k"}) == "taken");
}

TEST_CASE_FIXTURE(HubTest, "several channels: a duplicate in one is answered, the others are published") {
  const Etag first = publish("a", "1", {.id = "i"});
  const auto receipts = try_publish({"a", "b"}, "1", {.id = "i"});
  REQUIRE(receipts.has_value());
  CHECK((*receipts)[0].duplicate);
  CHECK((*receipts)[0].etag == first);
  CHECK_FALSE((*receipts)[1].duplicate);
  CHECK(poll("a", kAll) == "1");
  CHECK(poll("b", kAll) == "1");
}

TEST_CASE_FIXTURE(HubTest,
                  "memory: what would pass the limit is refused and changes nothing; what makes way for itself isn't") {
  const std::string kilobyte(1024, 'x');
  hub->limit_memory(10 * 1024);
  int taken = 0;
  while (try_publish({"news"}, kilobyte, {.size = 100}).has_value()) ++taken;
  CHECK(taken >= 7);
  CHECK(taken < 10);
  CHECK(hub->registry().cost() <= 10 * 1024);
  CHECK(info("news").messages == static_cast<std::size_t>(taken));
  CHECK(try_publish({"new"}, kilobyte).error().error == PushError::memory_full);
  CHECK_FALSE(exists("new"));
  // A full channel takes one for one.
  CHECK(try_publish({"news"}, kilobyte, {.size = static_cast<std::uint32_t>(taken)}).has_value());
  CHECK(try_publish({"news"}, "", {.size = 1}).has_value());
  CHECK(try_publish({"new"}, kilobyte).has_value());
}

TEST_CASE_FIXTURE(HubTest,
                  "memory: many channels that only have subscribers are refused, too, those that exist are served") {
  publish("news", "a");
  hub->limit_memory(8 * 1024);
  std::deque<Follower> all;
  std::string answer;
  do {
    all.emplace_back(loops[0]);
    const std::string name = "c" + std::to_string(all.size());
    answer = wait(all.back(), {{name, kNow}});
    REQUIRE(all.size() < 100);
  } while (answer == "parked");
  CHECK(answer == "unavailable c" + std::to_string(all.size()));
  CHECK(wait(all.back(), {{"news", kNow}}) == "parked");
}

// Some connections that only followed, each a thousand channels with long names, used up all of --max-memory: nobody
// could publish any more.
TEST_CASE_FIXTURE(HubTest, "memory: who only follows has half of it, and takes nothing from those who publish") {
  const std::string kilobyte(1024, 'x');
  constexpr std::size_t kLimit = 64 * 1024;
  hub->limit_memory(kLimit);
  const auto fill = [&] {
    int taken = 0;
    while (try_publish({"news"}, kilobyte, {.size = 100}).has_value()) ++taken;
    clear("news");
    return taken;
  };
  const int alone = fill();
  CHECK(alone > 50);
  std::deque<Follower> all;
  std::string answer;
  do {
    all.emplace_back(loops[0]);
    answer = stream(all.back(), {{std::string(200, 'n') + std::to_string(all.size()), kNow}});
  } while (answer.empty());
  CHECK(answer.starts_with("unavailable n"));
  CHECK(all.size() > 40);
  CHECK(hub->registry().followed() <= kLimit / 2);
  CHECK(fill() == alone);
  // A channel of theirs that is published to counts with its messages from then on, and there is room for another.
  const std::string first = std::string(200, 'n') + "1";
  publish(first, "a");
  turn();
  CHECK(all.front().news() == "[a]");
  CHECK(stream(all.back(), {{std::string(200, 'm'), kNow}}).empty());
  Follower one_more(loops[0]);
  CHECK(stream(one_more, {{std::string(200, 'o'), kNow}}).starts_with("unavailable o"));
  CHECK(wait(one_more, {{first, kNow}}) == "parked");  // what is there is served
  clear(first);
  CHECK(hub->registry().followed() > kLimit / 2);
  for (Follower& follower : all) follower.leave(now);
  one_more.leave(now);
  CHECK(hub->registry().followed() == 0);
  CHECK(hub->registry().published() == 0);
}

TEST_CASE_FIXTURE(HubTest, "memory: a request for many channels is refused as a whole, and changes nothing") {
  hub->limit_memory(16 * 1024);
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("c" + std::to_string(i));
  std::vector<Want> wants;
  for (const std::string& name : names) wants.push_back({name, kNow});
  Follower follower(loops[0]);
  std::vector<Etag> quiet;
  auto refusal = loops[0].roster.join(follower, wants, now, quiet);
  REQUIRE(refusal);
  CHECK(refusal->ending == Ending::unavailable);
  CHECK(refusal->channel == "c0");
  auto looked = loops[0].roster.look_and_park(follower, wants, true, SIZE_MAX, now);
  REQUIRE(std::holds_alternative<SeatRefusal>(looked));
  CHECK(hub->registry().channels() == 0);
  CHECK(hub->registry().followed() == 0);
}

TEST_CASE_FIXTURE(HubTest, "memory: seats of those who follow several channels count, whoever made the channels") {
  hub->limit_memory(16 * 1024);
  for (const char* name : {"a", "b", "c", "d"}) publish(name, "x");
  std::deque<Follower> all;
  std::string answer;
  do {
    all.emplace_back(loops[0]);
    answer = wait(all.back(), {{"a", kNow}, {"b", kNow}, {"c", kNow}, {"d", kNow}});
    REQUIRE(all.size() < 1000);
  } while (answer == "parked");
  CHECK(answer == "unavailable a");
  // A look sits nowhere, and who follows one channel has its connection to show for it.
  CHECK(poll("a", kAll) == "x");
  CHECK(wait(all.back(), {{"a", kNow}}) == "parked");
  for (Follower& follower : all) follower.leave(now);
  CHECK(hub->registry().followed() == 0);
}

TEST_CASE_FIXTURE(HubTest, "memory: everything that goes is counted out") {
  std::deque<Follower> all;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "c" + std::to_string(i % 10);
    const Etag etag = publish(name, std::string(static_cast<std::size_t>(i), 'x'),
                              {.size = 3, .life = 10s, .id = std::to_string(i % 7), .expire = 1s * (1 + i % 20)});
    if (i % 5 == 0) {
      all.emplace_back(loops[0]);
      CHECK(wait(all.back(), {{name, after(etag)}, {"extra", kNow}}) == "parked");
    }
    if (i % 9 == 0) clear(name);
    turn();
    now += 100ms;
  }
  for (Follower& follower : all) follower.leave(now);
  now += 1h;
  while (hub->sweep(now)) {
  }
  CHECK(hub->registry().channels() == 0);
  CHECK(hub->registry().cost() == 0);
  CHECK(hub->registry().published() == 0);
  CHECK(hub->registry().followed() == 0);
}

TEST_CASE_FIXTURE(HubTest, "inspect: a channel as it is, and none where there is none") {
  publish("news", "abc", {.size = 4, .life = 90s});
  const Etag empty = publish("news", "", {.size = 4, .life = 90s});
  const ChannelInfo seen = info("news");
  CHECK(seen.attributes.size == 4);
  CHECK(seen.attributes.life == 90s);
  CHECK(seen.messages == 2);
  CHECK(seen.bytes == 3);
  CHECK(seen.subscribers == 0);
  CHECK(seen.etag == empty);
  CHECK(hub->inspect("other", claim(), now).error().error == PushError::not_found);
  CHECK_FALSE(exists("other"));
  now += 90s;
  CHECK_FALSE(exists("news"));
}

TEST_CASE_FIXTURE(HubTest, "clear: drops the messages and says how many; subscribers stay") {
  publish("news", "a");
  const Etag b = publish("news", "b");
  Follower follower(loops[0]);
  CHECK(stream(follower, {{"news", kNow}}).empty());
  const auto cleared = try_clear("news", {}, true);
  REQUIRE(cleared.has_value());
  CHECK(cleared->dropped == 2);
  CHECK(cleared->etag == b);
  CHECK(info("news").subscribers == 1);
  CHECK(try_clear("news", {}, true)->dropped == 0);
  CHECK(try_clear("other", {}, true).error().error == PushError::not_found);
  CHECK(publish("news", "c") == b + 1);
  turn();
  CHECK(follower.heard == "[c]");
}
