#include "push/registry.h"

#include <algorithm>
#include <bit>

#include "push/journal.h"

namespace martd::push {

Registry::Registry(Time start) : forgotten_(origin_at(start)) {}

Registry::ShardLock::ShardLock(Registry& registry, std::uint64_t mask) : registry_(registry), mask_(mask) {
  for (std::uint64_t rest = mask_; rest != 0; rest &= rest - 1)
    registry_.shards_[static_cast<std::size_t>(std::countr_zero(rest))].mutex.lock();
}

Registry::ShardLock::~ShardLock() {
  for (std::uint64_t rest = mask_; rest != 0; rest &= rest - 1)
    registry_.shards_[static_cast<std::size_t>(std::countr_zero(rest))].mutex.unlock();
}

void Registry::refresh(Channel& channel, Time now) {
  const std::size_t count = channel.backlog().count();
  {
    const Recount recount(*this, channel);
    channel.refresh(now);
  }
  if (journal_ && channel.backlog().count() != count) journal_->expired(channel);
}

Channel* Registry::find(ChannelKey key, Time now) {
  Shard& shard = shards_[shard_of(key)];
  const auto found = shard.channels.find(key);
  if (found == shard.channels.end()) return nullptr;
  Channel& channel = **found;
  if (!channel.due || *channel.due > now) return &channel;
  schedule(shard, channel, std::nullopt);
  refresh(channel, now);
  return settle(channel) ? nullptr : &channel;
}

Channel& Registry::find_or_create(ChannelKey key, Time now) {
  if (Channel* channel = find(key, now)) return *channel;
  std::optional<Channel::Life> before;
  Etag doubt{};
  {
    const std::lock_guard lock(forgotten_mutex_);
    before = forgotten_.recall(key.name);
    doubt = forgotten_.doubt();
  }
  // Greater than every etag that a channel of that name ever had, even where the clock went back.
  Etag origin = std::max(origin_at(now), (before ? before->last : doubt) + 1);
  // Loops read their clocks at different moments: a clock that was given out as a cursor may be ahead of ours.
  origin = std::max(origin, shards_[shard_of(key)].given_out);
  return insert(std::make_unique<Channel>(key, origin, before, doubt));
}

Channel& Registry::insert(std::unique_ptr<Channel> channel) {
  Channel& created = *channel;
  shards_[shard_of(created.key())].channels.insert(std::move(channel));
  channels_.fetch_add(1, std::memory_order_relaxed);
  cost_.fetch_add(cost_of(created.name()), std::memory_order_relaxed);
  bare_.fetch_add(cost_of(created.name()), std::memory_order_relaxed);
  return created;
}

void Registry::schedule(Shard& shard, Channel& channel, std::optional<Time> due) {
  if (channel.due) shard.due.erase({*channel.due, &channel});
  channel.due = due;
  if (due) shard.due.insert({*due, &channel});
}

Etag Registry::give_out(std::size_t shard, Etag etag) {
  shards_[shard].given_out = std::max(shards_[shard].given_out, etag);
  return etag;
}

bool Registry::settle(Channel& channel) {
  Shard& shard = shards_[shard_of(channel.key())];
  if (!channel.forgettable()) {
    const std::optional<Time> due = channel.next_due();
    // An entry that comes too early only looks and goes again: a busy channel isn't moved with every message.
    if (due && (!channel.due || *due < *channel.due)) schedule(shard, channel, due);
    return false;
  }
  schedule(shard, channel, std::nullopt);
  give_out(shard_of(channel.key()), channel.newest());
  if (const auto life = channel.life()) {
    if (journal_) journal_->forgotten(channel.name(), *life);
    remember(channel.name(), *life);
  }
  channels_.fetch_sub(1, std::memory_order_relaxed);
  bare_.fetch_sub(cost_of(channel.name()), std::memory_order_relaxed);
  cost_.fetch_sub(cost_of(channel.name()), std::memory_order_relaxed);
  shard.channels.erase(shard.channels.find(channel.key()));
  return true;
}

void Registry::remember(std::string_view name, Channel::Life life) {
  const std::lock_guard lock(forgotten_mutex_);
  const auto gone = forgotten_.remember(name, life);
  if (journal_ && gone) journal_->evicted(gone->first, gone->second);
}

void Registry::restore_ground(Etag doubt, Etag ceiling) {
  forgotten_.set_doubt(doubt);
  for (Shard& shard : shards_) shard.given_out = ceiling;
}

void Registry::restore_forgotten(std::string_view name, Channel::Life life) { remember(name, life); }

Channel* Registry::restore(ChannelKey key, Etag origin, std::optional<Channel::Life> before, Etag doubt) {
  if (shards_[shard_of(key)].channels.contains(key)) return nullptr;
  return &insert(std::make_unique<Channel>(key, origin, before, doubt));
}

bool Registry::sweep(std::size_t index, Time now, std::size_t most) {
  Shard& shard = shards_[index];
  const std::lock_guard lock(shard.mutex);
  for (; !shard.due.empty() && shard.due.begin()->first <= now; --most) {
    if (most == 0) return true;
    Channel& channel = *shard.due.begin()->second;
    schedule(shard, channel, std::nullopt);
    refresh(channel, now);
    settle(channel);
  }
  return false;
}

std::size_t Registry::visit_piece(const Shard& shard, std::size_t bucket, std::size_t most,
                                  const std::function<void(const Channel&)>& visit) {
  const std::size_t buckets = shard.channels.bucket_count();
  // Empty buckets count a little, too: after a crowd has left, there are many of them.
  for (std::size_t seen = 0; bucket < buckets && seen < 16 * most; ++bucket, ++seen)
    for (auto channel = shard.channels.begin(bucket); channel != shard.channels.end(bucket); ++channel, seen += 16)
      visit(**channel);
  return bucket < buckets ? bucket : 0;
}

void Registry::each_in_pieces(const std::function<void(const Channel&)>& visit) {
  constexpr std::size_t kPiece = 256;
  constexpr int kMostRestarts = 3;
  for (Shard& shard : shards_) {
    std::size_t bucket = 0;
    std::size_t buckets = 0;
    int restarts = 0;
    do {
      const std::lock_guard lock(shard.mutex);
      // A table that has grown has them in other buckets: from the beginning then, and at last in one piece.
      if (bucket != 0 && buckets != shard.channels.bucket_count()) {
        bucket = 0;
        ++restarts;
      }
      buckets = shard.channels.bucket_count();
      bucket = visit_piece(shard, bucket, restarts < kMostRestarts ? kPiece : SIZE_MAX / 32, visit);
    } while (bucket != 0);
  }
}

}  // namespace martd::push
