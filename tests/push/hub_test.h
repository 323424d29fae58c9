#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "push/attendance.h"
#include "push/hub.h"
#include "push/roster.h"

/// What the tests of `push` speak in: a hub, two loops whose turns are taken by hand, subscribers that write down what
/// they are told. Time stands still until a test moves it.
namespace martd::push::test {

using namespace std::chrono_literals;

inline constexpr Time kStart{std::chrono::seconds{1763600000}};

inline ContentPtr content(std::string payload, std::string id = {}, std::optional<Duration> expire = {}) {
  auto* made = new Content;
  ContentPtr owned(made);
  made->payload = std::move(payload);
  made->id = std::move(id);
  made->expire = expire;
  return owned;
}

/// The visible payloads, joined by spaces.
inline std::string text(std::span<const Message> messages) {
  std::string out;
  for (const Message& message : messages) {
    if (!message.visible()) continue;
    if (!out.empty()) out += ' ';
    out += message.content->payload;
  }
  return out;
}

inline std::string text(Missed missed) {
  if (!missed) return {};
  return missed.kind == Missed::Kind::some ? "missed some" : "missed " + std::to_string(missed.count);
}

/// `missed 3: d e`, `d e`, `missed some`, or nothing.
inline std::string text(const Resume& resume) {
  const std::string lost = text(resume.missed());
  const std::string kept = text(resume.messages);
  return lost + (lost.empty() || kept.empty() ? "" : ": ") + kept;
}

inline Cursor after(Etag etag) { return {Cursor::Kind::after, etag}; }
inline constexpr Cursor kAll{};
inline constexpr Cursor kNow{Cursor::Kind::now, Etag{}};

/// One event loop: what the hub told it waits until the test takes its turn.
class TestLoop final : public LoopPort {
 public:
  TestLoop(Hub& hub, LoopId id) : roster(hub, id), attendance(hub, id) { hub.attach(id, *this); }
  ~TestLoop() override = default;

  void answered(std::vector<Answered> answers) override {
    const std::lock_guard lock(mutex_);
    for (auto& [ticket, answer] : answers) answers_.emplace(ticket, std::move(answer));
    ++woken;
    came_.notify_all();
  }
  /// What the store answered, once it has.
  PushAnswer answer(std::uint64_t ticket) {
    std::unique_lock lock(mutex_);
    const bool came = came_.wait_for(lock, 20s, [&] { return answers_.contains(ticket); });
    REQUIRE(came);
    return std::move(answers_.extract(ticket).mapped());
  }
  void ready(Channel& channel) override {
    const std::lock_guard lock(mutex_);
    mailbox_.push_back(&channel);
    ++told;
  }
  /// True where there was something.
  bool turn(Time now) {
    std::vector<Channel*> serving;
    {
      const std::lock_guard lock(mutex_);
      serving.swap(mailbox_);
    }
    for (Channel* channel : serving) roster.serve(*channel, now);
    return !serving.empty();
  }

  Roster roster;
  Attendance attendance;
  int told = 0;   ///< calls of ready(), each a mailbox entry
  int woken = 0;  ///< calls of answered()

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::uint64_t, PushAnswer> answers_;  ///< of the store, by ticket
  std::vector<Channel*> mailbox_;
};

/// Numbers its tickets itself.
class TestTickets final : public Tickets {
 public:
  AnswerTo draw() override { return {0, ++drawn}; }

  std::uint64_t drawn = 0;  ///< the last
};

/// Where everything is answered at once.
inline TestTickets& no_tickets() {
  static TestTickets made;
  return made;
}

inline Claim claim(std::string key = {}, bool allowed = true) {
  return {std::move(key), allowed ? Rights::to_all() : Rights()};
}

/// Of a hub that answers at once.
inline PushResult<Receipts> publish_in(Hub& hub, const std::string& channel, ContentPtr what, Time now,
                                       const Attributes& attributes = {}) {
  PushJob job;
  job.channels = {channel};
  job.attributes = attributes;
  job.content = std::move(what);
  job.claim = claim(attributes.key);
  return hub.publish(std::move(job), now, no_tickets()).value();
}
inline PushResult<Cleared> clear_in(Hub& hub, const std::string& channel, Time now, Claim by = claim()) {
  return hub.clear({channel, std::move(by)}, now, no_tickets()).value();
}

/// A subscriber that writes down what it is given: each delivery as `[a b]`, behind the channel's name and a colon
/// where it follows several.
class Follower final : public Subscriber {
 public:
  explicit Follower(TestLoop& loop, std::string_view cid = {}) : loop_(loop) {
    if (!cid.empty()) cid_ = std::make_unique<const std::string>(cid);
  }

  Delivery deliver(const Batch& batch, std::uint32_t slot) override {
    CHECK(channel(slot) == batch.channel());
    CHECK(cursor(slot) == batch.before());
    CHECK(batch.visible());
    for (const Message& message : batch.messages()) CHECK(message.etag > cursor(slot));
    if (answer == Delivery::behind) return answer;
    heard += (seats() > 1 ? std::string(batch.channel()) + ":" : "") + "[" + text(batch.messages()) + "]";
    pieces.emplace_back(batch.channel(), text(batch.messages()));
    ++deliveries;
    last = batch.last();
    return answer;
  }
  void lagged() override { ++lags; }
  bool outlives(std::uint32_t) const override { return outlives_kicks; }
  void unseated(std::uint32_t slot, std::string_view channel, Ending ending, Etag cursor) override {
    parted = std::string(row(ending).name) + " " + std::string(channel) + " " + std::to_string(slot);
    parted_at = cursor;
  }
  void end(Ending ending, std::string_view channel, const Left& where) override {
    CHECK(seats() == 0);
    ended = std::string(row(ending).name) + " " + std::string(channel);
    left = where;
  }

  /// What follows its cursors, as a stream that can write again asks for it.
  std::string catch_up(Time now, std::size_t max_bytes = SIZE_MAX) {
    std::string out;
    for (std::uint32_t slot = 0; slot < seats(); ++slot) {
      bool more = true;
      while (more) {
        const Resume resume = loop_.roster.resume(*this, slot, max_bytes, now);
        const std::string piece = text(resume);
        if (!out.empty() && !piece.empty()) out += ' ';
        out += piece;
        more = resume.more;
      }
    }
    return out;
  }
  Left leave(Time now) {
    Left where;
    loop_.roster.leave(*this, now, &where);
    return where;
  }
  using Subscriber::cursor;
  Etag cursor() const { return cursor(0); }
  /// What was heard since it was last asked.
  std::string news() { return std::exchange(heard, {}); }

  Delivery answer = Delivery::taken;
  std::string heard;
  std::vector<std::pair<std::string, std::string>> pieces;  ///< the same: channels, and what was heard of them
  int deliveries = 0;
  int lags = 0;
  std::string ended;            ///< `one2one news`
  bool outlives_kicks = false;  ///< it goes on with its other channels
  std::string parted;           ///< `replaced news 1`
  Etag parted_at{};
  Left left;
  Etag last{};

 private:
  TestLoop& loop_;
};

inline const char* name_of(PushError error) {
  static constexpr const char* kNames[] = {"not_allowed",   "wrong_key", "not_newest",  "is_newest", "not_empty",
                                           "not_all_empty", "not_found", "memory_full", "store_away"};
  return kNames[static_cast<std::size_t>(error)];
}

struct PushOptions {
  std::uint32_t size = Attributes::kDefaultSize;
  Duration life = Attributes::kDefaultLife;
  bool one2one = false;
  std::string key{};
  std::string id{};
  std::optional<Duration> expire{};
  std::optional<Etag> if_match{};
  std::shared_ptr<PushConditions> conditions{};  ///< instead of if_match
  bool allowed = true;
};

/// Where a hub keeps what is published to it, beside its memory.
struct Keeper {
  virtual ~Keeper() = default;
};
/// Each program says how its tests keep: `hub`, which is new, from now on in a new store; null: in memory only. The
/// same tests run over all.
std::unique_ptr<Keeper> keep(Hub& hub, Time now);

struct HubTest {
  Time now = kStart;
  Time server_start = kStart;
  std::unique_ptr<Hub> hub;
  std::deque<TestLoop> loops;
  std::unique_ptr<Keeper> keeper;
  Etag cursor{};  ///< what the last poll was given back
  TestTickets tickets;

  HubTest() { restart_without_store(); }

  void restart_without_store() {
    keeper.reset();
    loops.clear();
    hub = std::make_unique<Hub>(now);
    keeper = keep(*hub, now);
    server_start = now;
    now += 1s;
    loops.emplace_back(*hub, 0U);
    loops.emplace_back(*hub, 1U);
  }

  // --- publishing ---
  PushResult<Receipts> try_publish(std::initializer_list<std::string> channels, std::string payload,
                                   const PushOptions& options = {}) {
    auto receipts = hub->publish(job_of(channels, std::move(payload), options), now, tickets);
    return receipts ? *std::move(receipts) : std::get<PushResult<Receipts>>(loops[0].answer(tickets.drawn).result);
  }
  static PushJob job_of(std::initializer_list<std::string> channels, std::string payload, const PushOptions& options) {
    PushJob job;
    job.channels.assign(channels.begin(), channels.end());
    job.attributes = {options.size, options.life, options.one2one, {}};
    job.content = content(std::move(payload), options.id, options.expire);
    if (options.if_match)
      job.conditions = std::make_unique<PushConditions>(PushConditions{{{false, {*options.if_match}}}, {}});
    if (options.conditions) job.conditions = std::make_unique<PushConditions>(*options.conditions);
    job.claim = claim(options.key, options.allowed);
    return job;
  }
  Receipt push(const std::string& channel, std::string payload, const PushOptions& options = {}) {
    const auto receipts = try_publish({channel}, std::move(payload), options);
    REQUIRE(receipts.has_value());
    REQUIRE(receipts->size() == 1);
    return receipts->front();
  }
  Etag publish(const std::string& channel, std::string payload, const PushOptions& options = {}) {
    return push(channel, std::move(payload), options).etag;
  }
  /// Why it was refused, as `wrong_key news`.
  std::string refused(std::initializer_list<std::string> channels, const PushOptions& options = {}) {
    const auto receipts = try_publish(channels, "x", options);
    if (receipts) return "taken";
    return std::string(name_of(receipts.error().error)) + " " + receipts.error().channel;
  }
  PushResult<Cleared> try_clear(const std::string& channel, const std::string& key = {}, bool allowed = true) {
    auto cleared = hub->clear({channel, claim(key, allowed)}, now, tickets);
    return cleared ? *std::move(cleared) : std::get<PushResult<Cleared>>(loops[0].answer(tickets.drawn).result);
  }
  std::size_t clear(const std::string& channel) {
    const auto cleared = try_clear(channel);
    REQUIRE(cleared.has_value());
    return cleared->dropped;
  }
  bool exists(const std::string& channel) { return hub->inspect(channel, claim(), now).has_value(); }
  ChannelInfo info(const std::string& channel, const std::string& key = {}) {
    const auto found = hub->inspect(channel, claim(key), now);
    REQUIRE(found.has_value());
    return *found;
  }

  // --- reading ---
  /// A poll that doesn't wait: what it is told, as text(Resume); `cursor` is what it was given back.
  std::string poll(const std::string& channel, Cursor from, std::string_view cid = {}) {
    Follower poller(loops[0], cid);
    const Want want{channel, from};
    auto result = loops[0].roster.look_and_park(poller, {&want, 1}, false, SIZE_MAX, now);
    if (const auto* refusal = std::get_if<SeatRefusal>(&result))
      return std::string(row(refusal->ending).name) + " " + refusal->channel;
    const Resume& resume = std::get<Roster::Look>(result).resumes.at(0);
    cursor = resume.cursor;
    return text(resume);
  }
  /// A poll that waits where there is nothing: `parked`, or what it was told, or why it was refused.
  std::string wait(Follower& poller, std::initializer_list<Want> wants, std::size_t loop = 0) {
    poller.answer = Delivery::done;
    auto result = loops[loop].roster.look_and_park(poller, {wants.begin(), wants.size()}, true, SIZE_MAX, now);
    if (const auto* refusal = std::get_if<SeatRefusal>(&result))
      return std::string(row(refusal->ending).name) + " " + refusal->channel;
    const auto& look = std::get<Roster::Look>(result);
    if (look.parked) return "parked";
    std::string told;
    for (std::size_t i = 0; i < look.resumes.size(); ++i) told += (i > 0 ? " | " : "") + text(look.resumes[i]);
    return told;
  }
  /// A stream: what it is given at first, or why it was refused.
  std::string stream(Follower& follower, std::initializer_list<Want> wants, std::size_t loop = 0) {
    std::vector<Etag> quiet;
    const auto refusal = loops[loop].roster.join(follower, {wants.begin(), wants.size()}, now, quiet);
    if (refusal) return std::string(row(refusal->ending).name) + " " + refusal->channel;
    const bool behind = follower.behind();
    std::string told = follower.catch_up(now);
    CHECK((behind || told.empty()));
    return told;
  }
  /// Until no loop has anything left to do.
  void turn() {
    for (bool any = true; any;) {
      any = false;
      for (TestLoop& loop : loops) any |= loop.turn(now);
    }
  }
  /// `channel` has nothing left, and is gone.
  void forget(const std::string& channel) {
    clear(channel);
    REQUIRE_FALSE(exists(channel));
  }
};

}  // namespace martd::push::test
