// Publishers and loops on threads of their own. Clean under -fsanitize=thread; nothing here waits for a time.

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "hub_fixture.h"
#include "push/hub.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

/// A loop on a thread: tasks and what the hub tells it, in order.
class LoopThread final : public LoopPort {
 public:
  LoopThread(Hub& hub, LoopId id) : roster(hub, id) { hub.attach(id, *this); }
  ~LoopThread() override { REQUIRE(!thread_.joinable()); }

  void ready(Channel& channel) override {
    const std::lock_guard lock(mutex_);
    mailbox_.push_back(&channel);
  }
  void answered(std::vector<Answered>) override { REQUIRE(false); }
  /// `turn` is called once between any two servings, with the time; until stop().
  void start(std::function<void(Time)> turn) {
    thread_ = std::thread([this, turn = std::move(turn)] {
      for (Time now = kStart;; now += 1us) {
        std::vector<Channel*> serving;
        {
          std::unique_lock lock(mutex_);
          if (mailbox_.empty() && stopping_) return;
          serving.swap(mailbox_);
        }
        for (Channel* channel : serving) roster.serve(*channel, now);
        turn(now);
      }
    });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    thread_.join();
  }

  /// What another loop has told it since it stopped.
  void finish() {
    for (Channel* channel : std::exchange(mailbox_, {})) roster.serve(*channel, kStart);
  }

  Roster roster;

 private:
  std::mutex mutex_;
  std::vector<Channel*> mailbox_;
  bool stopping_ = false;
  std::thread thread_;
};

/// What one reader has seen of one channel, with two publishers counting in it: `p:n`.
struct Seen {
  std::array<int, 2> last{};
  int messages = 0;
  int wrong = 0;

  void add(std::span<const Message> messages_seen) {
    for (const Message& message : messages_seen) {
      if (!message.visible()) continue;
      const std::string& payload = message.content->payload;
      const auto publisher = static_cast<std::size_t>(payload[0] - '0');
      const int number = std::stoi(payload.substr(2));
      wrong += number != last[publisher] + 1;
      last[publisher] = number;
      ++messages;
    }
  }
};

class Reader final : public Subscriber {
 public:
  explicit Reader(bool polls) : polls_(polls) {}
  Delivery deliver(const Batch& batch, std::uint32_t) override {
    seen.add(batch.messages());
    cursor = batch.last();
    return polls_ ? Delivery::done : Delivery::taken;
  }
  void lagged() override { ++lags; }
  void end(Ending, std::string_view, const Left&) override { ++ends; }

  Seen seen;
  Etag cursor{};
  int lags = 0;
  int ends = 0;

 private:
  bool polls_;
};

ContentPtr numbered(int publisher, int number) {
  return content(std::to_string(publisher) + ":" + std::to_string(number));
}

void publish(Hub& hub, const std::string& channel, ContentPtr what, const Attributes& attributes = {}) {
  const auto receipts = publish_in(hub, channel, std::move(what), kStart, attributes);
  if (!receipts) std::abort();
}

constexpr int kMessages = 5000;

}  // namespace

TEST_CASE("race: two publishers, two loops; streams and polls see every message of each once and in order") {
  Hub hub(kStart);
  std::array<LoopThread, 2> loops{LoopThread(hub, 0), LoopThread(hub, 1)};
  Attributes roomy;
  roomy.size = 2 * kMessages + 2;  // so that polls, which come back with a cursor, miss nothing either
  const std::string name = "news";
  publish(hub, name, content(""), roomy);

  struct Side {
    std::deque<Reader> streams;
    std::deque<Reader> polls;
    std::atomic<bool> done{false};
  };
  std::array<Side, 2> sides;
  std::atomic<int> published{0};
  for (std::size_t side = 0; side < 2; ++side) {
    Side& own = sides[side];
    Roster& roster = loops[side].roster;
    // On one loop somebody always sits there; on the other the last one leaves again and again.
    for (int i = 0; i < 3 && side == 0; ++i) own.streams.emplace_back(false);
    for (int i = 0; i < 5; ++i) own.polls.emplace_back(true);
    for (Reader& reader : own.streams) {
      const Want want{name, kNow};
      const auto result = roster.look_and_park(reader, {&want, 1}, true, SIZE_MAX, kStart);
      REQUIRE(std::get<Roster::Look>(result).parked);
    }
  }
  for (std::size_t side = 0; side < 2; ++side) {
    loops[side].start([&, side](Time now) {
      // Each poll that was answered asks again, with its cursor.
      for (Reader& reader : sides[side].polls) {
        if (reader.seats() > 0) continue;
        const Want want{name, after(reader.cursor)};
        auto result = loops[side].roster.look_and_park(reader, {&want, 1}, true, 100, now);
        for (const Resume& resume : std::get<Roster::Look>(result).resumes) {
          reader.seen.add(resume.messages);
          reader.seen.wrong += resume.missed() ? 1 : 0;
          reader.cursor = resume.cursor;
        }
      }
      if (published == 2 && std::all_of(sides[side].polls.begin(), sides[side].polls.end(),
                                        [](const Reader& reader) { return reader.seen.messages >= 2 * kMessages; }))
        sides[side].done = true;
    });
  }
  std::array<std::thread, 2> publishers;
  for (int publisher = 0; publisher < 2; ++publisher)
    publishers[static_cast<std::size_t>(publisher)] = std::thread([&, publisher] {
      for (int number = 1; number <= kMessages; ++number) publish(hub, name, numbered(publisher, number), roomy);
      ++published;
    });
  for (std::thread& publisher : publishers) publisher.join();
  // A poll that waits for what never comes would hang the test here: bounded by what is checked below instead.
  for (int i = 0; i < 50000000 && !(sides[0].done && sides[1].done); ++i) std::this_thread::yield();
  for (LoopThread& loop : loops) loop.stop();

  for (std::size_t side = 0; side < 2; ++side) {
    for (std::deque<Reader>* readers : {&sides[side].streams, &sides[side].polls})
      for (Reader& reader : *readers) {
        CHECK(reader.seen.wrong == 0);
        CHECK(reader.seen.messages == 2 * kMessages);
        CHECK(reader.lags == 0);
        loops[side].roster.leave(reader, kStart);
      }
  }
}

TEST_CASE("race: one2one set and taken back, clients that come, are replaced and go, channels that are forgotten") {
  Hub hub(kStart);
  std::array<LoopThread, 2> loops{LoopThread(hub, 0), LoopThread(hub, 1)};
  const std::vector<std::string> names{"a", "b", "c"};

  class Client final : public Subscriber {
   public:
    Client(std::string cid, bool polls) : polls_(polls) { cid_ = std::make_unique<const std::string>(std::move(cid)); }
    Delivery deliver(const Batch&, std::uint32_t) override { return polls_ ? Delivery::done : Delivery::taken; }
    void lagged() override {}
    void end(Ending, std::string_view, const Left&) override {}

   private:
    bool polls_;
  };
  std::array<std::deque<Client>, 2> clients;
  for (std::size_t side = 0; side < 2; ++side) {
    for (int i = 0; i < 6; ++i) clients[side].emplace_back("cid" + std::to_string(i % 3), i % 2 == 0);
    auto random = std::make_shared<std::minstd_rand>(side + 1);
    loops[side].start([&, side, random](Time now) {
      Client& client = clients[side][(*random)() % clients[side].size()];
      if (client.seats() > 0) {
        if ((*random)() % 3 == 0) loops[side].roster.leave(client, now);
        return;
      }
      std::vector<Want> wants;
      for (const std::string& name : names)
        if ((*random)() % 2) wants.push_back({name, kNow});
      static_cast<void>(loops[side].roster.look_and_park(client, wants, true, SIZE_MAX, now));
    });
  }
  std::array<std::thread, 2> publishers;
  for (unsigned publisher = 0; publisher < 2; ++publisher)
    publishers[publisher] = std::thread([&, publisher] {
      std::minstd_rand random(publisher + 10);
      for (int i = 0; i < kMessages; ++i) {
        const std::string& name = names[random() % names.size()];
        Attributes attributes;
        attributes.one2one = random() % 3 == 0;
        publish(hub, name, content("x"), attributes);
        if (random() % 5 == 0) static_cast<void>(clear_in(hub, name, kStart));
        if (random() % 50 == 0) static_cast<void>(hub.inspect(name, claim(), kStart));
        if (random() % 50 == 0) hub.sweep(kStart);
      }
    });
  for (std::thread& publisher : publishers) publisher.join();
  for (LoopThread& loop : loops) loop.stop();
  for (LoopThread& loop : loops) loop.finish();
  for (std::size_t side = 0; side < 2; ++side)
    for (Client& client : clients[side]) loops[side].roster.leave(client, kStart);
  // All gone: no count went astray.
  for (const std::string& name : names) {
    publish(hub, name, content("x"));
    CHECK(hub.inspect(name, claim(), kStart)->subscribers == 0);
    CHECK(clear_in(hub, name, kStart).has_value());
  }
  CHECK(hub.registry().channels() == 0);
  CHECK(hub.registry().cost() == 0);
}
