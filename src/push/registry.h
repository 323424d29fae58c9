#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "push/channel.h"
#include "push/channel_key.h"
#include "push/forgotten.h"

namespace martd::push {

class Journal;

/// All channels by name, in shards with a lock each, and when each has to be looked at again.
///
/// Lock order: shards by rising index (ShardLock does it), then the memory of the forgotten. Where
/// there is a store, its queue comes last, a leaf.
class Registry {
 public:
  explicit Registry(Time start);

  static constexpr std::size_t kShards = 64;
  static std::size_t shard_of(ChannelKey key) {
    // The table in the shard uses the hash's low bits; taking others keeps its buckets even.
    return (key.hash >> 32) % kShards;
  }

  /// Holds the locks of the shards in `mask`.
  class ShardLock {
   public:
    ShardLock(Registry& registry, std::uint64_t mask);
    ~ShardLock();
    ShardLock(const ShardLock&) = delete;
    ShardLock& operator=(const ShardLock&) = delete;

   private:
    Registry& registry_;
    std::uint64_t mask_;
  };
  static std::uint64_t mask_of(ChannelKey key) { return std::uint64_t{1} << shard_of(key); }

  // All below: with the lock of the name's shard held.

  /// As it is at `now`: what is over is gone, and a channel that has nothing left is forgotten first.
  Channel* find(ChannelKey key, Time now);
  /// The channel of that name; one is created at `now` where there is none.
  Channel& find_or_create(ChannelKey key, Time now);
  /// A client gets `etag` as its cursor in a channel that was just forgotten. Whatever channel of the shard is created
  /// next begins above it, even if that loop's clock is behind. Returns the cursor.
  Etag give_out(std::size_t shard, Etag etag);
  /// After anything that may change when it is due or whether it is needed: true if it was forgotten, and is destroyed.
  bool settle(Channel& channel);

  // Before anything else is done with it.

  /// What it lets go of by itself is told there from now on. `journal` must outlive the registry's use.
  void report_to(Journal& journal) { journal_ = &journal; }
  /// What is known of the time before the start: see StoreReader::ground().
  void restore_ground(Etag doubt, Etag ceiling);
  void restore_forgotten(std::string_view name, Channel::Life life);
  /// A channel without messages: settle() it when they are there. Null where there is one of that name already.
  Channel* restore(ChannelKey key, Etag origin, std::optional<Channel::Life> before, Etag doubt);

  // Takes its own locks.

  /// Expires what is due in one shard, at most `most` channels; true if more is due there.
  bool sweep(std::size_t shard, Time now, std::size_t most);
  /// Calls `visit` for every channel, with the shard's lock held for some hundred of them at a time, so that nobody
  /// waits for long. What is created or forgotten meanwhile may be left out, and a channel may come twice where the
  /// shard's table grows.
  void each_in_pieces(const std::function<void(const Channel&)>& visit);

  std::size_t channels() const { return channels_.load(std::memory_order_relaxed); }
  /// What all backlogs and channels cost, in bytes.
  std::size_t cost() const { return cost_.load(std::memory_order_relaxed); }
  /// Of that, what is there because somebody published: backlogs and the channels that have messages.
  std::size_t published() const {
    const std::size_t bare = bare_.load(std::memory_order_relaxed);
    return std::max(cost(), bare) - bare;
  }
  /// What is there because somebody follows, in bytes: channels without messages, and seats.
  std::size_t followed() const {
    return bare_.load(std::memory_order_relaxed) + seats_.load(std::memory_order_relaxed) * kSeatCost;
  }
  /// Seats of those who have several: a connection may have as many as it likes.
  void add_seats(std::size_t count) { seats_.fetch_add(count, std::memory_order_relaxed); }
  void sub_seats(std::size_t count) { seats_.fetch_sub(count, std::memory_order_relaxed); }
  /// How many messages all backlogs hold.
  std::size_t messages() const { return messages_.load(std::memory_order_relaxed); }
  /// Stands by while a channel's backlog changes, and counts the difference when it goes.
  class Recount {
   public:
    Recount(Registry& registry, const Channel& channel)
        : registry_(registry),
          channel_(channel),
          cost_(channel.backlog().cost()),
          messages_(channel.backlog().count()) {}
    ~Recount() {
      // Unsigned: what is less wraps round, and so does the sum.
      const Backlog& backlog = channel_.backlog();
      registry_.cost_.fetch_add(backlog.cost() - cost_, std::memory_order_relaxed);
      registry_.messages_.fetch_add(backlog.count() - messages_, std::memory_order_relaxed);
      if (backlog.empty() == (messages_ == 0)) return;
      const std::size_t channel = cost_of(channel_.name());
      registry_.bare_.fetch_add(backlog.empty() ? channel : 0 - channel, std::memory_order_relaxed);
    }
    Recount(const Recount&) = delete;
    Recount& operator=(const Recount&) = delete;

   private:
    Registry& registry_;
    const Channel& channel_;
    std::size_t cost_;
    std::size_t messages_;
  };
  /// What a channel costs beside its messages.
  static std::size_t cost_of(std::string_view name) { return kChannelCost + name.size(); }
  /// What a seat costs, with what points at it.
  static constexpr std::size_t kSeatCost = 80;

 private:
  static constexpr std::size_t kChannelCost = 512;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(ChannelKey key) const { return key.hash; }
    std::size_t operator()(const std::unique_ptr<Channel>& channel) const { return channel->key().hash; }
  };
  struct Same {
    using is_transparent = void;
    static std::string_view name(ChannelKey key) { return key.name; }
    static std::string_view name(const std::unique_ptr<Channel>& channel) { return channel->name(); }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return name(a) == name(b);
    }
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_set<std::unique_ptr<Channel>, Hash, Same> channels;
    std::set<std::pair<Time, Channel*>> due;  ///< one entry a channel that has something to expire
    Etag given_out{};                         ///< no cursor of a channel that had no message is above this
  };

  /// Visits some channels from a bucket on; returns the next bucket, 0 at the end.
  static std::size_t visit_piece(const Shard& shard, std::size_t bucket, std::size_t most,
                                 const std::function<void(const Channel&)>& visit);
  void refresh(Channel& channel, Time now);
  void remember(std::string_view name, Channel::Life life);
  Channel& insert(std::unique_ptr<Channel> channel);
  void schedule(Shard& shard, Channel& channel, std::optional<Time> due);

  std::array<Shard, kShards> shards_;
  std::mutex forgotten_mutex_;
  Forgotten forgotten_;
  Journal* journal_ = nullptr;
  std::atomic<std::size_t> channels_{0};
  std::atomic<std::size_t> cost_{0};
  std::atomic<std::size_t> bare_{0};  ///< of channels without messages; in cost_, too
  std::atomic<std::size_t> seats_{0};
  std::atomic<std::size_t> messages_{0};
};

}  // namespace martd::push
