#include "push/roster.h"

#include <algorithm>
#include <utility>

#include "push/ending.h"
#include "push/hub.h"

namespace martd::push {

namespace {

constexpr std::uint32_t kSlotBits = 0x7fffffff;

/// Of a subscriber with so many seats, how many are counted (Registry::add_seats).
std::size_t counted(std::size_t seats) { return seats > 1 ? seats : 0; }

}  // namespace

// --- sitting down ---

void Roster::let_in(Channel& channel, std::string_view cid, Ready& ready) {
  if (!channel.attributes().one2one) return;
  if (channel.held_ > 0) {
    // The same client on a newer connection: whoever sits there goes.
    for (LoopId loop = 0; loop < channel.groups().size(); ++loop) {
      Group* group = channel.group_if(loop);
      if (!group) continue;
      for (const Seat& seat : group->seats) {
        if (group->evicted(seat)) continue;
        group->evictions.push_back(Eviction{seat.arrival, 0, false, group->pending.size(), Ending::replaced});
        Hub::queue(channel, loop, *group, ready);
      }
    }
    channel.held_ = 0;
  }
  channel.tenant = Channel::Tenant{std::string(cid), std::nullopt};
}

/// With the shard locked.
void Roster::sit(Subscriber& subscriber, Channel& channel, Etag cursor, bool behind, Ready& ready) {
  let_in(channel, subscriber.cid(), ready);
  Group& group = channel.group(loop_);
  const auto slot = static_cast<std::uint32_t>(subscriber.seats_.size());
  subscriber.seats_.push_back({&group, static_cast<std::uint32_t>(group.seats.size())});
  // Grows by a quarter rather than by doubling: at ten thousand seats the slack is memory for each of them.
  if (group.seats.size() == group.seats.capacity())
    group.seats.reserve(group.seats.size() + group.seats.size() / 4 + 1);
  Seat& seat = group.seats.emplace_back();
  seat.subscriber = &subscriber;
  seat.cursor = cursor;
  seat.arrival = channel.next_arrival();
  seat.slot = slot & kSlotBits;
  if (behind) Subscriber::fall_behind(seat);
  ++channel.held_;
}

namespace {

template <class Wants>
std::uint64_t shards_of(const Wants& wants) {
  std::uint64_t mask = 0;
  for (const auto& want : wants) mask |= Registry::mask_of(want.channel);
  return mask;
}

}  // namespace

Roster::LookResult Roster::look_and_park(Subscriber& subscriber, std::span<const Want> wants, bool hold,
                                         std::size_t max_bytes, Time now) {
  Look look;
  Ready ready;
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, shards_of(wants));
    Channels channels;
    const std::size_t cost = hold ? counted(wants.size()) * Registry::kSeatCost : 0;
    if (auto refusal = admit(hub_, wants, subscriber.cid(), cost, now, channels)) return *std::move(refusal);
    bool news = !hold;
    look.resumes.reserve(wants.size());
    for (std::size_t i = 0; i < wants.size(); ++i) {
      if (!channels[i]) channels[i] = &registry.find_or_create(wants[i].channel, now);
      Resume resume = channels[i]->since(wants[i].cursor, max_bytes);
      // The next look goes on from there: one answer carries what it may, and something of one channel at least.
      if (max_bytes == 0 && resume.news()) resume.put_off(wants[i].cursor.etag);
      for (const Message& message : resume.messages) max_bytes -= std::min(max_bytes, message.content->payload.size());
      news |= resume.news();
      look.resumes.push_back(std::move(resume));
    }
    if (news) {
      // A look: nobody sits down, so nobody becomes a tenant, and who sits there stays. A tenant that was away has
      // its time anew, as after any request of its own.
      for (Channel* channel : channels) {
        if (channel->tenant && channel->tenant->free_at) channel->tenant_left(now);
        registry.settle(*channel);
      }
    } else {
      for (std::size_t i = 0; i < wants.size(); ++i)
        sit(subscriber, *channels[i], look.resumes[i].cursor, false, ready);
      registry.add_seats(counted(wants.size()));
      look.resumes.clear();
      look.parked = true;
    }
  }
  hub_.notify(ready);
  return look;
}

namespace {

/// The etag before the first message that is kept and not empty, or the newest.
Etag before_first(const Channel& channel) {
  const Backlog& backlog = channel.backlog();
  for (std::size_t index = 0; index < backlog.count(); ++index)
    if (backlog[index].visible()) return Etag{value(backlog[index].etag) - 1};
  return channel.newest();
}

}  // namespace

std::optional<SeatRefusal> Roster::join(Subscriber& subscriber, std::span<const Want> wants, Time now,
                                        QuietEtags& quiet) {
  Ready ready;
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, shards_of(wants));
    Channels channels;
    const std::size_t more = counted(subscriber.seats() + wants.size()) - counted(subscriber.seats());
    if (auto refusal = admit(hub_, wants, subscriber.cid(), more * Registry::kSeatCost, now, channels)) return refusal;
    for (std::size_t i = 0; i < wants.size(); ++i) {
      const Want& want = wants[i];
      Channel& channel = channels[i] ? *channels[i] : registry.find_or_create(want.channel, now);
      // What is given back as a cursor is always an etag: `0` becomes the one before the first message that follows.
      const bool everything = want.cursor == Cursor{};
      const Etag cursor = want.cursor.kind == Cursor::Kind::now ? channel.newest()
                          : everything                          ? before_first(channel)
                                                                : want.cursor.etag;
      if (everything) {
        quiet.resize(wants.size());
        quiet[i] = channel.newest();
      }
      sit(subscriber, channel, cursor, cursor != channel.newest(), ready);
    }
    registry.add_seats(more);
  }
  hub_.notify(ready);
  return std::nullopt;
}

Resume Roster::resume(Subscriber& subscriber, std::uint32_t slot, std::size_t max_bytes, Time now) {
  const auto& ref = subscriber.seats_[slot];
  Channel& channel = ref.group->channel;
  Registry& registry = hub_.registry();
  const Registry::ShardLock lock(registry, Registry::mask_of(channel.key()));
  registry.find(channel.key(), now);  // drops what is over; it can't be forgotten while somebody sits there
  Seat& seat = subscriber.seat(slot);
  Resume resume = channel.since(Cursor{Cursor::Kind::after, seat.cursor}, max_bytes);
  seat.cursor = resume.cursor;
  if (!resume.more) Subscriber::keep_up(seat);
  return resume;
}

// --- leaving ---

/// With the shard locked. The last seat moves into the gap. A client that `comes_back` stays the tenant for a while.
void Roster::remove(Channel& channel, Group& group, std::uint32_t index, bool comes_back, Time now) {
  const bool evicted = group.evicted(group.seats[index]);
  if (index + 1 != group.seats.size()) {
    group.seats[index] = group.seats.back();
    const Seat& moved = group.seats[index];
    moved.subscriber->seats_[moved.slot].index = index;
  }
  group.seats.pop_back();
  constexpr std::size_t kKeptSeats = 4096;
  if (group.seats.empty()) {
    if (group.seats.capacity() > kKeptSeats) group.seats.shrink_to_fit();
    // Nobody is left for what is pending, and what is published now isn't added to it: it would have a hole for who
    // comes next.
    group.pending.clear();
    group.pending_bytes = 0;
    group.overflow = false;
    for (Eviction& eviction : group.evictions) eviction.before = 0;
  }
  if (evicted) return;
  --channel.held_;
  if (!channel.attributes().one2one || !channel.tenant) return;
  if (comes_back)
    channel.tenant_left(now);
  else
    channel.tenant.reset();
}

/// With the shard locked: off one channel, and the cursor there. The subscriber's own list is the caller's.
Etag Roster::leave_seat(Subscriber& subscriber, std::uint32_t slot, bool comes_back, Time now) {
  const auto ref = subscriber.seats_[slot];
  Channel& channel = ref.group->channel;
  const Etag cursor = ref.group->seats[ref.index].cursor;
  // What a client made up, and hasn't been told so yet, is its own affair: no channel begins above it.
  const bool at_clock = !channel.life() && cursor <= channel.newest();
  const std::size_t shard = Registry::shard_of(channel.key());
  remove(channel, *ref.group, ref.index, comes_back, now);
  Registry& registry = hub_.registry();
  if (!registry.settle(channel) || !at_clock) return cursor;
  return registry.give_out(shard, std::max(cursor, origin_at(now)));
}

void Roster::leave(Subscriber& subscriber, Time now, Left* left) {
  std::uint64_t mask = 0;
  for (const auto& ref : subscriber.seats_) mask |= Registry::mask_of(ref.group->channel.key());
  Registry& registry = hub_.registry();
  registry.sub_seats(counted(subscriber.seats()));
  const Registry::ShardLock lock(registry, mask);
  for (std::uint32_t slot = 0; slot < subscriber.seats(); ++slot) {
    if (left) left->channels.emplace_back(subscriber.channel(slot));
    const Etag cursor = leave_seat(subscriber, slot, true, now);
    if (left) left->cursors.push_back(cursor);
  }
  subscriber.seats_.clear();
  subscriber.behind_ = 0;
}

Etag Roster::part(Subscriber& subscriber, std::uint32_t slot, Time now) {
  Registry& registry = hub_.registry();
  registry.sub_seats(counted(subscriber.seats()) - counted(subscriber.seats() - 1));
  Subscriber::keep_up(subscriber.seat(slot));
  const Registry::ShardLock lock(registry, Registry::mask_of(subscriber.seats_[slot].group->channel.key()));
  const Etag cursor = leave_seat(subscriber, slot, false, now);
  if (slot + 1 != subscriber.seats()) {
    subscriber.seats_[slot] = subscriber.seats_.back();
    subscriber.seat(slot).slot = slot & kSlotBits;
  }
  subscriber.seats_.pop_back();
  return cursor;
}

// --- being served ---

Delivery Roster::offer(Seat& seat, const Batch& batch) {
  if (seat.behind || seat.cursor >= batch.last()) return Delivery::taken;
  Subscriber& subscriber = *seat.subscriber;
  Delivery delivery = Delivery::behind;  // a hole before the batch: only the backlog can say what is left of it
  if (seat.cursor == batch.before()) {
    delivery = batch.visible() ? subscriber.deliver(batch, seat.slot) : Delivery::taken;
  } else if (seat.cursor > batch.before()) {
    const Batch part = batch.after(seat.cursor);
    delivery = part.visible() ? subscriber.deliver(part, seat.slot) : Delivery::taken;
  } else {
    Subscriber::fall_behind(seat);
    subscriber.lagged();
    return Delivery::behind;
  }
  if (delivery == Delivery::taken) seat.cursor = batch.last();
  if (delivery == Delivery::behind) Subscriber::fall_behind(seat);
  return delivery;
}

void Roster::serve_evictions(Channel& channel, Group& group, std::span<const Eviction> evictions,
                             std::span<const Message> messages, Time now) {
  struct Hit {
    Subscriber* subscriber;
    std::uint32_t slot;
    Ending ending;
  };
  std::vector<Hit> hits;
  for (Seat& seat : group.seats) {
    const auto eviction =
        std::find_if(evictions.begin(), evictions.end(), [&](const Eviction& one) { return one.means(seat.arrival); });
    if (eviction == evictions.end()) continue;
    hits.push_back({seat.subscriber, seat.slot, eviction->ending});
    if (eviction->before == 0) continue;
    // What was published before it was kicked is still its own.
    const Batch batch(channel.name(), Etag{value(messages.front().etag) - 1}, messages.first(eviction->before));
    if (offer(seat, batch) == Delivery::done) hits.back().ending = Ending::hung_up;
  }
  const std::string name = channel.name();
  for (const Hit& hit : hits) {
    Subscriber& subscriber = *hit.subscriber;
    const bool gone = hit.ending == Ending::hung_up;
    if (!gone && subscriber.outlives(hit.slot)) {
      const Etag cursor = part(subscriber, hit.slot, now);
      subscriber.unseated(hit.slot, name, hit.ending, cursor);
      continue;
    }
    Left left;
    leave(subscriber, now, &left);
    if (!gone) subscriber.end(hit.ending, name, left);
  }
}

void Roster::deliver(Channel& channel, Group& group, std::span<const Message> messages, Time now) {
  const Batch batch(channel.name(), Etag{value(messages.front().etag) - 1}, messages);
  const std::size_t count = group.seats.size();
  for (std::size_t i = 0; i < count; ++i) {
    // Each subscriber is a cache miss or two: ask for the one after next in time.
    if (i + 2 < count) __builtin_prefetch(group.seats[i + 2].subscriber);
    if (offer(group.seats[i], batch) == Delivery::done) leavers_.push_back(static_cast<std::uint32_t>(i));
  }
  if (leavers_.empty()) return;
  // From behind, so that the seat that moves into a gap is never itself one that leaves.
  std::vector<Subscriber*> elsewhere;
  {
    const Registry::ShardLock lock(hub_.registry(), Registry::mask_of(channel.key()));
    for (auto index = leavers_.rbegin(); index != leavers_.rend(); ++index) {
      Subscriber& subscriber = *group.seats[*index].subscriber;
      if (subscriber.seats_.size() > 1) {
        elsewhere.push_back(&subscriber);
        continue;
      }
      remove(channel, group, *index, true, now);
      subscriber.seats_.clear();
      subscriber.behind_ = 0;
    }
  }
  leavers_.clear();
  for (Subscriber* subscriber : elsewhere) leave(*subscriber, now);
}

void Roster::serve(Channel& channel, Time now) {
  std::vector<Message> messages;
  std::vector<Eviction> evictions;
  bool overflow = false;
  Group* group = nullptr;
  {
    const Registry::ShardLock lock(hub_.registry(), Registry::mask_of(channel.key()));
    group = &channel.group(loop_);
    group->turn = Group::Turn::serving;
    messages.swap(group->pending);
    group->pending_bytes = 0;
    overflow = std::exchange(group->overflow, false);
    evictions = group->evictions;
  }
  if (!evictions.empty()) serve_evictions(channel, *group, evictions, messages, now);
  if (overflow)
    for (Seat& seat : group->seats) {
      if (seat.behind) continue;
      Subscriber::fall_behind(seat);
      seat.subscriber->lagged();
    }
  served_.clear();
  if (!messages.empty()) {
    deliver(channel, *group, messages, now);
    for (const Message& message : messages)
      if (message.visible()) served_.push_back(message.published);
  }

  const Registry::ShardLock lock(hub_.registry(), Registry::mask_of(channel.key()));
  group->evictions.erase(group->evictions.begin(),
                         group->evictions.begin() + static_cast<std::ptrdiff_t>(evictions.size()));
  if (group->turn == Group::Turn::serving) group->turn = Group::Turn::idle;
  hub_.registry().settle(channel);
}

}  // namespace martd::push
