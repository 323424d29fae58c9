#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "push/attributes.h"
#include "push/backlog.h"
#include "push/channel_key.h"
#include "push/cursor.h"
#include "push/ending_fwd.h"
#include "push/etag.h"
#include "push/message.h"

namespace martd::push {

class Channel;
class Subscriber;

using LoopId = std::uint32_t;

/// What follows a cursor. The messages are in order, the empty ones among them; where their etags have holes (and
/// behind the last of them up to `cursor`), something was kept and is gone.
struct Resume {
  Etag from{};  ///< holes are counted from here
  Missed lead;  ///< what was lost before everything here, in an earlier life
  /// A hole that begins below it may be a loss. Another had empty messages only, or the subscriber asked for what is
  /// kept, and misses nothing.
  Etag lost{};
  std::vector<Message> messages;  ///< with the empty ones
  Etag cursor{};                  ///< after all of this
  bool more = false;              ///< cut at the limit; the rest follows `cursor`

  /// Nothing of it is told yet: `asked` is the cursor again.
  void put_off(Etag asked);
  /// All that is missing, as one figure.
  Missed missed() const;
  /// Whether a subscriber has anything to be told: a visible message or a loss.
  bool news() const;
};

/// One subscriber in one channel. `cursor` and `behind` are its loop's own; all else is changed under the shard's lock
/// by its loop only.
struct Seat {
  Subscriber* subscriber;
  Etag cursor;
  std::uint32_t arrival;     ///< a count that wraps: who came first
  std::uint32_t slot : 31;   ///< index in the subscriber's own list of seats
  std::uint32_t behind : 1;  ///< it gets no batches: it is served from the backlog, from its cursor
};
static_assert(sizeof(Seat) == 24);  // there is one for each channel of each held connection

/// Seats that were taken away, perhaps by another thread. Their loop ends them on its next turn.
struct Eviction {
  std::uint32_t arrival;  ///< the seat, or with `others` the one that stays
  std::uint32_t until;    ///< with `others`: seats that came later are not meant
  bool others;
  std::size_t before;  ///< how many of the pending messages came first and are still theirs
  Ending ending;

  bool means(std::uint32_t seat) const;
};

/// One loop's subscribers of one channel, and what waits for that loop's next turn.
struct Group {
  explicit Group(Channel& owner) : channel(owner) {}

  Channel& channel;
  std::vector<Seat> seats;
  std::vector<Message> pending;  ///< dense, bounded by Channel::kMaxPending…
  std::vector<Eviction> evictions;
  std::size_t pending_bytes = 0;
  enum class Turn : std::uint8_t {
    idle,     ///< the loop knows of nothing
    queued,   ///< the loop was notified, once
    serving,  ///< it is at it; what comes now is for its next turn
  };
  Turn turn = Turn::idle;
  bool overflow = false;  ///< pending was let go: seats are served from the backlog

  /// Whether the seat was taken away, and its subscriber doesn't know yet.
  bool evicted(const Seat& seat) const;
};

/// Attributes, backlog, subscribers, and what was before. Not thread-safe: its shard is locked.
class Channel {
 public:
  /// A life of a channel of this name that has ended: its etags were in (origin, last]. A cursor from `lost` on has
  /// missed nothing: the last visible message, of this life or of one before it, or where nothing is known of that.
  struct Life {
    Etag origin;
    Etag last;
    Etag lost;
  };

  /// A loop that lags behind by this much serves its seats from the backlog: a bound, not something that happens.
  static constexpr std::size_t kMaxPendingBytes = 32U << 20;

  /// `before`: the remembered life, if any. `doubt`: without one, a cursor below this may have missed something.
  Channel(ChannelKey key, Etag origin, std::optional<Life> before, Etag doubt);

  const std::string& name() const { return name_; }
  ChannelKey key() const { return {name_, hash_}; }
  const Attributes& attributes() const { return attributes_; }
  const Backlog& backlog() const { return backlog_; }
  Etag origin() const { return origin_; }
  Etag newest() const { return origin_ + count_; }
  const std::optional<Life>& before() const { return before_; }
  Etag doubt() const { return doubt_; }
  /// A cursor from here on has missed nothing: the newest visible message that is gone, or as Life::lost before it.
  Etag lost() const { return std::max(backlog_.lost(), before_ ? before_->lost : doubt_); }
  /// No message below it is kept: the oldest one's etag, or the next etag where there is none.
  Etag floor() const { return backlog_.empty() ? newest() + 1 : backlog_[0].etag; }
  /// Set: this life, where it had messages; else the one before.
  std::optional<Life> life() const;

  /// Every push sets everything again, but for the key: a channel that has none gets `key`, and keeps it.
  void set(const Attributes& attributes, std::string_view key);
  Etag append(ContentPtr content, Time now);
  /// How many messages were dropped.
  std::size_t clear();
  /// Drops the messages below `floor`.
  void drop_below(Etag floor) { backlog_.drop_below(floor); }

  /// What follows `seen`, cut after some `max_bytes` of payload (one message at least). Expired messages must be gone.
  Resume since(Cursor seen, std::size_t max_bytes) const;

  /// How long a client with a cid stays the tenant of a one2one channel after its request ended.
  static constexpr Duration kTenancyKept = std::chrono::seconds{10};
  /// Drops what has expired at `now`: messages, and a tenant that didn't come back. Looks only where something can be:
  /// see `due`.
  void refresh(Time now);
  /// When refresh() will have something to do.
  std::optional<Time> next_due() const;

  // --- who follows it ---
  Group& group(LoopId loop);
  Group* group_if(LoopId loop) { return loop < groups_.size() ? groups_[loop].get() : nullptr; }
  std::vector<std::unique_ptr<Group>>& groups() { return groups_; }
  std::size_t held() const { return held_; }
  std::uint32_t next_arrival() { return arrivals_++; }

  /// The one client of a one2one channel.
  struct Tenant {
    std::string cid;              ///< empty: it can't come back
    std::optional<Time> free_at;  ///< nobody sits on it now; kept for the cid until then
  };
  std::optional<Tenant> tenant;  ///< one2one only
  /// The tenant has no seat any more. One that has a cid stays the tenant for kTenancyKept. There must be one.
  void tenant_left(Time now);

  // --- what is on its way to the store ---
  /// What pushes change that are being written, and nobody sees yet. While it is there, the channel isn't forgotten.
  struct Staged {
    std::uint32_t entries = 0;                       ///< pushes and clears
    std::uint64_t count = 0;                         ///< messages: their etags follow the channel's newest
    Etag floor{};                                    ///< no message below it will be kept
    Etag lost{};                                     ///< the newest visible one that will be dropped
    std::vector<bool> visible;                       ///< of those messages
    Attributes attributes;                           ///< as they will be
    std::unordered_map<std::string_view, Etag> ids;  ///< of staged messages; views into their contents
  };
  /// As it will be when all of it is written: what the next push is checked against.
  const Attributes& next_attributes() const { return staged_ ? staged_->attributes : attributes_; }
  Etag next_newest() const { return newest() + (staged_ ? staged_->count : 0); }
  Etag next_floor() const { return staged_ ? staged_->floor : floor(); }
  Etag next_lost() const { return staged_ ? std::max(staged_->lost, lost()) : lost(); }
  /// The message that the publisher gave this id, if it is kept.
  std::optional<Etag> find_id(std::string_view id) const;
  /// The kept message that a push with this `size` drops, if it drops one.
  const Message* makes_way(std::uint32_t size) const;
  /// What it will be like, begun where nothing was staged.
  Staged& stage();
  /// One push, as for set(): the etag that it will have.
  Etag stage_message(const Attributes& attributes, std::string_view key, bool visible);
  /// One clear: nothing below the etag that is returned will be kept.
  Etag stage_clear();
  /// `id` stays until it is settled.
  void stage_id(std::string_view id, Etag etag) { staged_->ids.insert_or_assign(id, etag); }
  /// One entry was settled, one way or the other.
  void unstage();

  /// Nothing was published to it that is kept, or will be.
  bool bare() const { return backlog_.empty() && !staged_; }
  /// It is there for what is staged only: nobody is to see it yet.
  bool only_staged() const { return staged_ && held_ == 0 && !tenant && backlog_.empty(); }
  /// Neither messages nor subscribers nor a tenant, nothing staged, and no loop has it on its list.
  bool forgettable() const;

  /// As a store has it: see lost(). The messages follow by restore_message(), or are over by now.
  void restore(const Attributes& attributes, std::uint64_t count, Etag lost);
  void restore_message(Message message) { backlog_.append(std::move(message)); }
  void restore_over(const Message& message) {
    if (message.visible()) backlog_.lose(message.etag);
  }

 private:
  void stage_floor(Etag floor);

  friend class Hub;
  friend class Overseer;
  friend class Roster;

  std::string name_;
  std::size_t hash_;
  Attributes attributes_;
  Backlog backlog_;
  Etag origin_;
  std::uint64_t count_ = 0;
  std::optional<Life> before_;
  Etag doubt_;
  std::vector<std::unique_ptr<Group>> groups_;  ///< by loop
  std::unique_ptr<Staged> staged_;
  std::size_t held_ = 0;  ///< seats of all groups, less those kicked
  std::uint32_t arrivals_ = 0;

 public:
  std::optional<Time> due;  ///< when the registry looks at it again, never later than next_due(); the registry's own
};

}  // namespace martd::push
