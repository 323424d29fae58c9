#include "push/roster.h"

#include <algorithm>
#include <utility>

namespace martd::push {

// --- sitting down ---

std::optional<Roster::Refused> Roster::refused(const Channel* channel, std::string_view name,
                                               std::string_view cid) const {
  if (!channel) {
    if (hub_.memory_full()) return Refused{Ending::unavailable, std::string(name)};
    return std::nullopt;
  }
  if (!channel->attributes().one2one) return std::nullopt;
  if (cid == kSharedCid) return Refused{Ending::one2one, std::string(name)};
  if (!channel->place) return std::nullopt;
  if (!cid.empty() && channel->place->cid == cid) return std::nullopt;
  return Refused{Ending::one2one, std::string(name)};
}

/// With the shards locked: the channels that are there, null for the others. Why it is refused: then nothing changes.
std::optional<Roster::Refused> Roster::find(std::span<const Want> wants, std::string_view cid, bool sits, Time now,
                                            Channels& channels) const {
  // Names cost whoever follows them nothing: a few connections had used up the memory of those who publish.
  std::size_t cost = sits && wants.size() > 1 ? wants.size() * Registry::kSeatCost : 0;
  std::string_view first;
  for (const Want& want : wants) {
    Channel* channel = hub_.registry().find(want.channel, now);
    if (auto refusal = refused(channel, want.channel.name, cid)) return refusal;
    channels.push_back(channel);
    if (channel) continue;
    cost += Registry::cost_of(want.channel.name);
    if (first.empty()) first = want.channel.name;
  }
  if (cost == 0 || !hub_.followers_full(cost)) return std::nullopt;
  return Refused{Ending::unavailable, std::string(first.empty() ? wants.front().channel.name : first)};
}

void Roster::take_place(Channel& channel, std::string_view cid, Hub::Ready& ready) {
  if (!channel.attributes().one2one) return;
  if (channel.held_ > 0) {
    // The same client on a newer connection: whoever sits there goes.
    for (LoopId loop = 0; loop < channel.groups().size(); ++loop) {
      Group* group = channel.group_if(loop);
      if (!group) continue;
      for (const Seat& seat : group->seats) {
        if (Hub::kicked(*group, seat)) continue;
        group->kicks.push_back(Kick{seat.arrival, 0, false, group->pending.size(), Ending::replaced});
        Hub::queue(channel, loop, *group, ready);
      }
    }
    channel.held_ = 0;
  }
  channel.place = Channel::Place{std::string(cid), std::nullopt};
}

void Roster::sit(Subscriber& subscriber, Channel& channel, Etag cursor, Hub::Ready& ready) {
  take_place(channel, subscriber.cid(), ready);
  Group& group = channel.group(loop_);
  const auto slot = static_cast<std::uint32_t>(subscriber.seats_.size());
  subscriber.seats_.push_back({&group, static_cast<std::uint32_t>(group.seats.size())});
  // Grows by a quarter rather than by doubling: at ten thousand seats the slack is memory for each of them.
  if (group.seats.size() == group.seats.capacity())
    group.seats.reserve(group.seats.size() + group.seats.size() / 4 + 1);
  group.seats.push_back(Seat{&subscriber, cursor, channel.next_arrival(), slot});
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
  Hub::Ready ready;
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, shards_of(wants));
    Channels channels;
    if (auto refusal = find(wants, subscriber.cid(), hold, now, channels)) return *std::move(refusal);
    bool news = !hold;
    look.resumes.reserve(wants.size());
    for (std::size_t i = 0; i < wants.size(); ++i) {
      if (!channels[i]) channels[i] = &registry.find_or_bear(wants[i].channel, now);
      Resume resume = channels[i]->since(wants[i].cursor, max_bytes);
      // The next look goes on from there: one answer carries what it may, and something of one channel at least.
      if (max_bytes == 0 && resume.news()) resume.put_off(wants[i].cursor.etag);
      for (const Message& message : resume.messages) max_bytes -= std::min(max_bytes, message.content->payload.size());
      news |= resume.news();
      look.resumes.push_back(std::move(resume));
    }
    if (news) {
      // A look: nobody sits down, so no place is taken, and who sits there stays. The client whose place is kept keeps
      // it from now on, as after any request of its own.
      for (Channel* channel : channels) {
        if (channel->place && channel->place->free_at) channel->free_place(now);
        registry.settle(*channel);
      }
    } else {
      for (std::size_t i = 0; i < wants.size(); ++i) sit(subscriber, *channels[i], look.resumes[i].cursor, ready);
      if (wants.size() > 1) registry.add_seats(wants.size());
      look.resumes.clear();
      look.parked = true;
    }
  }
  hub_.tell(ready);
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

std::optional<Roster::Refused> Roster::park(Subscriber& subscriber, std::span<const Want> wants, Time now,
                                            QuietEtags& quiet) {
  Hub::Ready ready;
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, shards_of(wants));
    Channels channels;
    if (auto refusal = find(wants, subscriber.cid(), true, now, channels)) return refusal;
    bool behind = false;
    for (std::size_t i = 0; i < wants.size(); ++i) {
      const Want& want = wants[i];
      Channel& channel = channels[i] ? *channels[i] : registry.find_or_bear(want.channel, now);
      // What is given back as a cursor is always an etag: `0` becomes the one before the first message that follows.
      const bool everything = want.cursor == Cursor{};
      const Etag cursor = want.cursor.kind == Cursor::Kind::now ? channel.newest()
                          : everything                          ? before_first(channel)
                                                                : want.cursor.etag;
      if (everything) {
        quiet.resize(wants.size());
        quiet[i] = channel.newest();
      }
      behind |= cursor != channel.newest();
      sit(subscriber, channel, cursor, ready);
    }
    subscriber.behind_ = behind;
    if (wants.size() > 1) registry.add_seats(wants.size());
  }
  hub_.tell(ready);
  return std::nullopt;
}

Resume Roster::resume(Subscriber& subscriber, std::uint32_t slot, std::size_t max_bytes, Time now) {
  const auto& ref = subscriber.seats_[slot];
  Channel& channel = ref.group->channel;
  Registry& registry = hub_.registry();
  const Registry::ShardLock lock(registry, Registry::mask_of(channel.key()));
  registry.find(channel.key(), now);  // drops what is over; it can't be forgotten while somebody sits there
  Seat& seat = ref.group->seats[ref.index];
  Resume resume = channel.since(Cursor{Cursor::Kind::after, seat.cursor}, max_bytes);
  seat.cursor = resume.cursor;
  return resume;
}

std::string_view Roster::channel(const Subscriber& subscriber, std::uint32_t slot) {
  return subscriber.seats_[slot].group->channel.name();
}

void Roster::followers(std::string_view name, std::size_t most, Time now, std::vector<SubscriberInfo>& out) {
  std::vector<Seat> seats;
  Etag newest{};
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, Registry::mask_of(name));
    Channel* channel = registry.find(name, now);
    const Group* group = channel ? channel->group_if(loop_) : nullptr;
    if (!group) return;
    newest = channel->newest();
    for (const Seat& seat : group->seats) {
      if (seats.size() == most) break;
      if (!Hub::kicked(*group, seat)) seats.push_back(seat);
    }
  }
  // Nobody leaves meanwhile: that would happen on this thread.
  for (const Seat& seat : seats) out.push_back(info(*seat.subscriber, seat, name, newest));
}

std::optional<SubscriberInfo> Roster::describe(const Subscriber& subscriber, Time now) {
  if (subscriber.seats_.empty()) return std::nullopt;
  const auto& ref = subscriber.seats_.front();
  const ChannelKey key = ref.group->channel.key();
  Etag newest{};
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, Registry::mask_of(key));
    registry.find(key, now);
    newest = ref.group->channel.newest();
  }
  return info(subscriber, ref.group->seats[ref.index], key.name, newest);
}

SubscriberInfo Roster::info(const Subscriber& subscriber, const Seat& seat, std::string_view channel, Etag newest) {
  SubscriberInfo info;
  info.cid = subscriber.cid();
  info.channels = subscriber.seats();
  info.behind = subscriber.behind();
  info.channel = channel;
  info.seat = seat.arrival;
  info.cursor = seat.cursor;
  info.messages = newest > seat.cursor ? newest - seat.cursor : 0;
  subscriber.describe(info);
  return info;
}

// A group's seats and their cursors are changed by its loop only, so reading them here takes no lock.

Etag Roster::cursor(const Subscriber& subscriber, std::uint32_t slot) {
  const auto& ref = subscriber.seats_[slot];
  return ref.group->seats[ref.index].cursor;
}

void Roster::advance(Subscriber& subscriber, std::uint32_t slot, Etag cursor) {
  const auto& ref = subscriber.seats_[slot];
  ref.group->seats[ref.index].cursor = cursor;
}

// --- leaving ---

/// With the shard locked. The last seat moves into the gap. False where the seat had been taken away already.
bool Roster::remove(Channel& channel, Group& group, std::uint32_t index, Time now) {
  const bool kicked = Hub::kicked(group, group.seats[index]);
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
    for (Kick& kick : group.kicks) kick.before = 0;
  }
  if (kicked) return false;
  --channel.held_;
  if (channel.attributes().one2one && channel.place) channel.free_place(now);
  return true;
}

void Roster::leave(Subscriber& subscriber, Time now, Left* left) {
  std::uint64_t mask = 0;
  for (const auto& ref : subscriber.seats_) mask |= Registry::mask_of(ref.group->channel.key());
  Registry& registry = hub_.registry();
  if (subscriber.seats_.size() > 1) registry.sub_seats(subscriber.seats_.size());
  const Registry::ShardLock lock(registry, mask);
  for (const auto& ref : subscriber.seats_) {
    Group& group = *ref.group;
    Channel& channel = group.channel;
    const Etag cursor = group.seats[ref.index].cursor;
    const bool never_published = !channel.life();
    if (left) left->channels.push_back(channel.name());
    remove(channel, group, ref.index, now);
    const std::size_t shard = Registry::shard_of(channel.key());
    const bool forgotten = registry.settle(channel);
    if (left)
      left->cursors.push_back(forgotten && never_published ? registry.give_out(shard, std::max(cursor, origin_at(now)))
                                                           : cursor);
  }
  subscriber.seats_.clear();
  subscriber.behind_ = false;
}

// --- being served ---

Delivery Roster::offer(Seat& seat, const Batch& batch) {
  Subscriber& subscriber = *seat.subscriber;
  if (subscriber.behind_ || seat.cursor >= batch.last()) return Delivery::taken;
  Delivery delivery = Delivery::behind;  // a hole before the batch: only the backlog can say what is left of it
  if (seat.cursor == batch.before()) {
    delivery = batch.visible() ? subscriber.deliver(batch, seat.slot) : Delivery::taken;
  } else if (seat.cursor > batch.before()) {
    const Batch part = batch.after(seat.cursor);
    delivery = part.visible() ? subscriber.deliver(part, seat.slot) : Delivery::taken;
  } else {
    subscriber.behind_ = true;
    subscriber.lagged();
    return Delivery::behind;
  }
  if (delivery == Delivery::taken) seat.cursor = batch.last();
  if (delivery == Delivery::behind) subscriber.behind_ = true;
  return delivery;
}

void Roster::serve_kicks(Channel& channel, Group& group, std::span<const Kick> kicks, std::span<const Message> messages,
                         Time now) {
  struct Hit {
    Subscriber* subscriber;
    Ending ending;
  };
  std::vector<Hit> hits;
  for (Seat& seat : group.seats) {
    const auto kick = std::find_if(kicks.begin(), kicks.end(), [&](const Kick& one) { return one.hits(seat.arrival); });
    if (kick == kicks.end()) continue;
    hits.push_back({seat.subscriber, kick->ending});
    if (kick->before == 0) continue;
    // What was published before it was kicked is still its own.
    const Batch batch(channel.name(), Etag{value(messages.front().etag) - 1}, messages.first(kick->before));
    if (offer(seat, batch) == Delivery::done) hits.back().ending = Ending::hung_up;
  }
  const std::string name = channel.name();
  for (const Hit& hit : hits) {
    Left left;
    leave(*hit.subscriber, now, &left);
    if (hit.ending != Ending::hung_up) hit.subscriber->end(hit.ending, name, left);
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
      remove(channel, group, *index, now);
      subscriber.seats_.clear();
      subscriber.behind_ = false;
    }
  }
  leavers_.clear();
  for (Subscriber* subscriber : elsewhere) leave(*subscriber, now);
}

void Roster::serve(Channel& channel, Time now) {
  std::vector<Message> messages;
  std::vector<Kick> kicks;
  bool overflow = false;
  Group* group = nullptr;
  {
    const Registry::ShardLock lock(hub_.registry(), Registry::mask_of(channel.key()));
    group = &channel.group(loop_);
    group->turn = Group::Turn::serving;
    messages.swap(group->pending);
    group->pending_bytes = 0;
    overflow = std::exchange(group->overflow, false);
    kicks = group->kicks;
  }
  if (!kicks.empty()) serve_kicks(channel, *group, kicks, messages, now);
  if (overflow)
    for (Seat& seat : group->seats) {
      if (seat.subscriber->behind_) continue;
      seat.subscriber->behind_ = true;
      seat.subscriber->lagged();
    }
  served_.clear();
  if (!messages.empty()) {
    deliver(channel, *group, messages, now);
    for (const Message& message : messages)
      if (message.visible()) served_.push_back(message.published);
  }

  const Registry::ShardLock lock(hub_.registry(), Registry::mask_of(channel.key()));
  group->kicks.erase(group->kicks.begin(), group->kicks.begin() + static_cast<std::ptrdiff_t>(kicks.size()));
  if (group->turn == Group::Turn::serving) group->turn = Group::Turn::idle;
  hub_.registry().settle(channel);
}

}  // namespace martd::push
