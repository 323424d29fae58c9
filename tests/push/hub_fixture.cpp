#include "hub_fixture.h"

#include "push/ending.h"
#include "push/hub.h"

namespace martd::push::test {

std::string text(std::span<const Message> messages) {
  std::string out;
  for (const Message& message : messages) {
    if (!message.visible()) continue;
    if (!out.empty()) out += ' ';
    out += message.content->payload;
  }
  return out;
}

std::string text(Missed missed) {
  if (!missed) return {};
  return missed.kind == Missed::Kind::some ? "missed some" : "missed " + std::to_string(missed.count);
}

std::string text(const Resume& resume) {
  const std::string lost = text(resume.missed());
  const std::string kept = text(resume.messages);
  return lost + (lost.empty() || kept.empty() ? "" : ": ") + kept;
}

TestLoop::TestLoop(Hub& hub, LoopId id) : roster(hub, id), attendance(hub, id) { hub.attach(id, *this); }

void TestLoop::answered(std::vector<Answered> answers) {
  const std::lock_guard lock(mutex_);
  for (auto& [ticket, answer] : answers) answers_.emplace(ticket, std::move(answer));
  ++woken;
  came_.notify_all();
}

PushAnswer TestLoop::answer(std::uint64_t ticket) {
  std::unique_lock lock(mutex_);
  const bool came = came_.wait_for(lock, 20s, [&] { return answers_.contains(ticket); });
  REQUIRE(came);
  return std::move(answers_.extract(ticket).mapped());
}

void TestLoop::ready(Channel& channel) {
  const std::lock_guard lock(mutex_);
  mailbox_.push_back(&channel);
  ++notified;
}

bool TestLoop::turn(Time now) {
  std::vector<Channel*> serving;
  {
    const std::lock_guard lock(mutex_);
    serving.swap(mailbox_);
  }
  for (Channel* channel : serving) roster.serve(*channel, now);
  return !serving.empty();
}

Follower::Follower(TestLoop& loop, std::string_view cid) : loop_(loop) {
  if (!cid.empty()) cid_ = std::make_unique<const std::string>(cid);
}

Delivery Follower::deliver(const Batch& batch, std::uint32_t slot) {
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

void Follower::unseated(std::uint32_t slot, std::string_view channel, Ending ending, Etag cursor) {
  parted = std::string(row(ending).name) + " " + std::string(channel) + " " + std::to_string(slot);
  parted_at = cursor;
}

void Follower::end(Ending ending, std::string_view channel, const Left& where) {
  CHECK(seats() == 0);
  ended = std::string(row(ending).name) + " " + std::string(channel);
  left = where;
}

std::string Follower::catch_up(Time now, std::size_t max_bytes) {
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

Left Follower::leave(Time now) {
  Left where;
  loop_.roster.leave(*this, now, &where);
  return where;
}

const char* name_of(PushError error) {
  static constexpr const char* kNames[] = {"not_allowed",   "wrong_key", "not_newest",  "is_newest", "not_empty",
                                           "not_all_empty", "not_found", "memory_full", "store_away"};
  return kNames[static_cast<std::size_t>(error)];
}

HubTest::HubTest() { restart_without_store(); }

HubTest::~HubTest() = default;

void HubTest::restart_without_store() {
  keeper.reset();
  loops.clear();
  hub = std::make_unique<Hub>(now);
  keeper = keep(*hub, now);
  server_start = now;
  now += 1s;
  loops.emplace_back(*hub, 0U);
  loops.emplace_back(*hub, 1U);
}

PushResult<Receipts> HubTest::try_publish(std::initializer_list<std::string> channels, std::string payload,
                                          const PushOptions& options) {
  auto receipts = hub->publish(job_of(channels, std::move(payload), options), now, tickets);
  return receipts ? *std::move(receipts) : std::get<PushResult<Receipts>>(loops[0].answer(tickets.drawn).result);
}

PushJob HubTest::job_of(std::initializer_list<std::string> channels, std::string payload, const PushOptions& options) {
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

Receipt HubTest::push(const std::string& channel, std::string payload, const PushOptions& options) {
  const auto receipts = try_publish({channel}, std::move(payload), options);
  REQUIRE(receipts.has_value());
  REQUIRE(receipts->size() == 1);
  return receipts->front();
}

Etag HubTest::publish(const std::string& channel, std::string payload, const PushOptions& options) {
  return push(channel, std::move(payload), options).etag;
}

std::string HubTest::refused(std::initializer_list<std::string> channels, const PushOptions& options) {
  const auto receipts = try_publish(channels, "x", options);
  if (receipts) return "taken";
  return std::string(name_of(receipts.error().error)) + " " + receipts.error().channel;
}

PushResult<Cleared> HubTest::try_clear(const std::string& channel, const std::string& key, bool allowed) {
  auto cleared = hub->clear({channel, claim(key, allowed)}, now, tickets);
  return cleared ? *std::move(cleared) : std::get<PushResult<Cleared>>(loops[0].answer(tickets.drawn).result);
}

std::size_t HubTest::clear(const std::string& channel) {
  const auto cleared = try_clear(channel);
  REQUIRE(cleared.has_value());
  return cleared->dropped;
}

bool HubTest::exists(const std::string& channel) { return hub->inspect(channel, claim(), now).has_value(); }

ChannelInfo HubTest::info(const std::string& channel, const std::string& key) {
  const auto found = hub->inspect(channel, claim(key), now);
  REQUIRE(found.has_value());
  return *found;
}

std::string HubTest::poll(const std::string& channel, Cursor from, std::string_view cid) {
  Follower poller(loops[0], cid);
  const Want want{channel, from};
  auto result = loops[0].roster.look_and_park(poller, {&want, 1}, false, SIZE_MAX, now);
  if (const auto* refusal = std::get_if<SeatRefusal>(&result))
    return std::string(row(refusal->ending).name) + " " + refusal->channel;
  const Resume& resume = std::get<Roster::Look>(result).resumes.at(0);
  cursor = resume.cursor;
  return text(resume);
}

std::string HubTest::wait(Follower& poller, std::initializer_list<Want> wants, std::size_t loop) {
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

std::string HubTest::stream(Follower& follower, std::initializer_list<Want> wants, std::size_t loop) {
  std::vector<Etag> quiet;
  const auto refusal = loops[loop].roster.join(follower, {wants.begin(), wants.size()}, now, quiet);
  if (refusal) return std::string(row(refusal->ending).name) + " " + refusal->channel;
  const bool behind = follower.behind();
  std::string told = follower.catch_up(now);
  CHECK((behind || told.empty()));
  return told;
}

void HubTest::turn() {
  for (bool any = true; any;) {
    any = false;
    for (TestLoop& loop : loops) any |= loop.turn(now);
  }
}

bool HubTest::sweep() { return hub->sweep(now); }

void HubTest::close() { hub->close(now); }

void HubTest::limit_memory(std::size_t bytes) { hub->limit_memory(bytes); }

std::size_t HubTest::channels() const { return hub->registry().channels(); }

std::size_t HubTest::cost() const { return hub->registry().cost(); }

std::size_t HubTest::followed() const { return hub->registry().followed(); }

void HubTest::forget(const std::string& channel) {
  clear(channel);
  REQUIRE_FALSE(exists(channel));
}

}  // namespace martd::push::test
