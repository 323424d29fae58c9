#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "push/channel.h"
#include "push/push_job.h"
#include "push/store.h"

namespace martd::push {

/// One channel of a push.
struct PushTarget {
  Channel* channel;               ///< null: there is none yet
  std::optional<Etag> duplicate;  ///< it keeps a message with the same id
};

/// What a store keeps of the channel as it is now.
ChannelRecord record_of(const Channel& channel);

/// How the changes of a hub come into its store.
///
/// What was published at once (Durability::interval) and what the registry lets go of by itself is handed over under
/// the shard's lock, so that the store gets the changes of a channel in their order. Publishing through the store
/// (Durability::always) is in push/staging.h.
class Journal {
 public:
  /// `store` must outlive it.
  Journal(Store& store, Durability durability) : store_(store), durability_(durability) {}

  Store& store() { return store_; }
  Durability durability() const { return durability_; }
  /// Why nothing can be pushed now, if so.
  std::optional<PushRefusal> refusal(std::string_view channel, bool adds = true) const;

  // With the shards locked: it is so already.

  void published(std::span<const PushTarget> targets, const ContentPtr& content, Time now);
  void cleared(const Channel& channel);

  // With the shard locked: the store may learn of it later, or at its next start.

  void expired(const Channel& channel);
  void forgotten(std::string_view name, Channel::Life life);
  void evicted(std::string_view name, Etag last);

  // On one thread, now and then.

  /// What the store gave at the start: see StoreWriter::put_ceiling.
  void restore_ceiling(Etag ceiling) { ceiling_ = given_ = ceiling; }
  /// Keeps the ceiling ahead of the clock, so that after a crash no clock that was given out as a cursor is taken for
  /// an etag, though the system's clock be set back.
  void tend(Time now);
  void close(Time now);

 private:
  void put_ceiling(Etag ceiling);

  Store& store_;
  Durability durability_;
  Etag ceiling_{};  ///< as the store has it
  Etag given_{};    ///< as it was at the start: channels are created at it while the clock is behind
};

}  // namespace martd::push
