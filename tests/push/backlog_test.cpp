#include "push/backlog.h"

#include <random>

#include "hub_fixture.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

struct BacklogTest {
  Backlog backlog;
  std::uint64_t etag = 100;

  BacklogTest() { backlog.resize(3); }
  void add(std::string payload, Time at = kStart, std::string id = {}, std::optional<Duration> expire = {}) {
    backlog.append(Message{Etag{++etag}, at, content(std::move(payload), std::move(id), expire)});
  }
  std::string kept() const {
    std::vector<Message> all;
    for (std::size_t i = 0; i < backlog.count(); ++i) all.push_back(backlog[i]);
    return text(all);
  }
};

}  // namespace

TEST_CASE_FIXTURE(BacklogTest, "backlog: the oldest makes way") {
  for (const char* payload : {"a", "b", "c"}) add(payload);
  CHECK(kept() == "a b c");
  add("d");
  CHECK(kept() == "b c d");
}

TEST_CASE_FIXTURE(BacklogTest,
                  "backlog: made smaller it drops the oldest at once, made larger it keeps more from then on") {
  for (const char* payload : {"a", "b", "c"}) add(payload);
  backlog.resize(1);
  CHECK(kept() == "c");
  backlog.resize(5);
  for (const char* payload : {"d", "e", "f", "g", "h"}) add(payload);
  CHECK(kept() == "d e f g h");
}

TEST_CASE_FIXTURE(BacklogTest, "backlog: a message is over when its life has passed, not a nanosecond earlier") {
  add("a", kStart);
  add("b", kStart + 1s);
  backlog.expire(kStart + 10s - 1ns, 10s);
  CHECK(kept() == "a b");
  CHECK(backlog.next_expiry(10s) == kStart + 10s);
  backlog.expire(kStart + 10s, 10s);
  CHECK(kept() == "b");
  backlog.expire(kStart + 11s, 10s);
  CHECK(backlog.empty());
  CHECK_FALSE(backlog.next_expiry(10s));
}

TEST_CASE_FIXTURE(BacklogTest, "backlog: a message with a shorter life of its own leaves from the middle") {
  add("a", kStart);
  add("b", kStart, {}, 2s);
  add("c", kStart);
  CHECK(backlog.next_expiry(10s) == kStart + 2s);
  backlog.expire(kStart + 2s, 10s);
  CHECK(kept() == "a c");
  CHECK(backlog.first_after(Etag{101}) == 1);
  CHECK(backlog.first_after(Etag{102}) == 1);
  CHECK(backlog.next_expiry(10s) == kStart + 10s);
}

TEST_CASE_FIXTURE(BacklogTest, "backlog: a life of its own never makes a message stay longer than the channel's") {
  add("a", kStart, {}, 100s);
  CHECK(backlog.next_expiry(10s) == kStart + 10s);
  CHECK(Backlog::expiry_of(backlog[0], 10s) == kStart + 10s);
  CHECK(Backlog::expiry_of(backlog[0], 1000s) == kStart + 100s);
  backlog.expire(kStart + 10s, 10s);
  CHECK(backlog.empty());
}

TEST_CASE_FIXTURE(BacklogTest, "backlog: several short-lived messages that are over at once all go") {
  for (const char* payload : {"a", "b", "c"}) add(payload, kStart, {}, 1s);
  backlog.expire(kStart + 1s, 10s);
  CHECK(backlog.empty());
  CHECK(backlog.cost() == 0);
}

TEST_CASE_FIXTURE(BacklogTest,
                  "backlog: what follows an etag is found, whether that etag is kept, gone or yet to come") {
  CHECK(backlog.first_after(Etag{0}) == 0);
  for (const char* payload : {"a", "b", "c"}) add(payload);
  CHECK(backlog.first_after(Etag{0}) == 0);
  CHECK(backlog.first_after(Etag{100}) == 0);
  CHECK(backlog.first_after(Etag{101}) == 1);
  CHECK(backlog.first_after(Etag{103}) == 3);
  CHECK(backlog.first_after(Etag{999}) == 3);
}

TEST_CASE_FIXTURE(BacklogTest, "backlog: a publisher's id is known as long as its message is kept") {
  add("a", kStart, "first");
  add("b", kStart);
  CHECK(backlog.find("first") == Etag{101});
  CHECK_FALSE(backlog.find("other"));
  add("c");
  add("d");
  CHECK_FALSE(backlog.find("first"));
  add("e", kStart, "first");
  CHECK(backlog.find("first") == Etag{105});
  backlog.clear();
  CHECK_FALSE(backlog.find("first"));
}

TEST_CASE_FIXTURE(BacklogTest, "backlog: bytes and cost are those of what is kept") {
  add("four");
  add("");
  CHECK(backlog.payload_bytes() == 4);
  CHECK(backlog.cost() == Backlog::cost_of(*content("four")) + Backlog::cost_of(*content("")));
  // The id, and its place in the table of ids.
  CHECK(Backlog::cost_of(*content("four", "id")) > Backlog::cost_of(*content("four")) + 2);
  backlog.clear();
  CHECK(backlog.payload_bytes() == 0);
  CHECK(backlog.cost() == 0);
}

TEST_CASE("backlog: does what a plain list would do, whatever comes") {
  std::minstd_rand random(17);
  Backlog backlog;
  backlog.resize(4);
  std::vector<Message> model;
  std::size_t size = 4;
  Time now = kStart;
  std::uint64_t etag = 0;
  for (int step = 0; step < 20000; ++step) {
    now += std::chrono::milliseconds{random() % 300};
    const Duration life = 1s * (1 + random() % 3);
    switch (random() % 8) {
      case 0:
        size = 1 + random() % 20;
        backlog.resize(static_cast<std::uint32_t>(size));
        if (model.size() > size) model.erase(model.begin(), model.end() - static_cast<std::ptrdiff_t>(size));
        break;
      case 1:
        backlog.expire(now, life);
        std::erase_if(model, [&](const Message& message) { return Backlog::expiry_of(message, life) <= now; });
        break;
      case 2:
        if (random() % 50 == 0) {
          backlog.clear();
          model.clear();
        }
        break;
      default: {
        const std::optional<Duration> expire =
            random() % 3 == 0 ? std::optional<Duration>(100ms * (1 + random() % 20)) : std::nullopt;
        const Message message{Etag{++etag}, now,
                              content(std::to_string(etag), random() % 2 ? std::to_string(etag) : "", expire)};
        backlog.append(message);
        model.push_back(message);
        if (model.size() > size) model.erase(model.begin());
      }
    }
    std::size_t bytes = 0;
    std::size_t cost = 0;
    REQUIRE(backlog.count() == model.size());
    for (std::size_t i = 0; i < model.size(); ++i) {
      REQUIRE(backlog[i].etag == model[i].etag);
      bytes += model[i].content->payload.size();
      cost += Backlog::cost_of(*model[i].content);
      if (!model[i].content->id.empty()) REQUIRE(backlog.find(model[i].content->id) == model[i].etag);
    }
    REQUIRE(backlog.payload_bytes() == bytes);
    REQUIRE(backlog.cost() == cost);
  }
}
