#pragma once

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "push/loop_port.h"
#include "push/push_job.h"
#include "push/registry.h"
#include "push/store.h"

namespace martd::push {

struct PushTarget;

/// The rule for every access to a channel on /pub: a keyed channel wants its key, whoever asks; without a right to it,
/// only a key opens. Past keys neither is needed. `channel`: null where there is none of that name; `index`: of the
/// channel in its request. Returns nullopt if it is let in.
std::optional<PushError> refused(const Channel* channel, const Claim& claim, std::size_t index);

/// The channels as publishers see them. Thread-safe; nothing in it blocks for longer than a shard is worked on.
class Hub {
 public:
  explicit Hub(Time start);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Before anything is subscribed. `port` must outlive the hub's use; ids count from 0.
  void attach(LoopId id, LoopPort& port);
  /// In bytes; may be changed at any time.
  void limit_memory(std::size_t bytes) { max_memory_.store(bytes, std::memory_order_relaxed); }
  std::size_t max_memory() const { return max_memory_.load(std::memory_order_relaxed); }

  /// All channels or none. What came of it, the receipts in the order of the channels; or nothing where that comes
  /// later, by a ticket of `tickets`: then the push is checked and takes its etags when its turn comes, and is seen
  /// when it is kept. Only then `job` is moved from; and it stands, whatever becomes of who asked.
  std::optional<PushResult<Receipts>> publish(PushJob&& job, Time now, Tickets& tickets);
  /// Likewise.
  std::optional<PushResult<Cleared>> clear(ClearJob&& job, Time now, Tickets& tickets);
  /// Whether a push to these would be let in as they are now, by refused() alone: why not, for the first that refuses.
  /// A push is looked at again when it is made.
  std::optional<PushRefusal> refusal(std::span<const std::string> channels, const Claim& claim, Time now);
  PushResult<ChannelInfo> inspect(std::string_view channel, const Claim& claim, Time now);

  /// The newest etag of each, where it stands now: what follows these cursors is published later.
  std::vector<Etag> positions(std::span<const std::string> channels, Time now);
  /// What changes from now on goes into `store`, too, which must outlive the hub's use. Before anything is published or
  /// subscribed; what the store has is read next, with a Restorer (push/restore.h).
  void keep_in(Store& store, Durability durability);
  /// Nothing comes any more: the store is told how far the clock went.
  void close(Time now);

  /// Lets go what is over. True: there is more that is due, call again on the loop's next turn. Each call's work is
  /// bounded: some thousand channels.
  bool sweep(Time now);

  Registry& registry() { return registry_; }
  std::uint64_t published() const { return published_.load(std::memory_order_relaxed); }
  bool memory_full() const { return registry_.cost() > max_memory(); }
  /// Who only follows has half of --max-memory, and takes nothing from those who publish. Whether `more` bytes for
  /// followers are too many.
  bool followers_full(std::size_t more) const { return registry_.followed() + more > max_memory() / 2; }

 private:
  friend class Overseer;
  friend class Roster;
  friend class Journal;
  friend class PushEntry;
  friend class ClearEntry;
  friend class Restorer;
  using Targets = boost::container::small_vector<PushTarget, 1>;
  using Keys = boost::container::small_vector<ChannelKey, 4>;
  static Keys keys_of(std::span<const std::string> channels) { return {channels.begin(), channels.end()}; }
  /// With all its shards locked: why it may not be pushed, after what is staged; else its targets. Nothing is changed.
  std::optional<PushRefusal> examine(const PushJob& job, const Keys& keys, Time now, Targets& targets);
  Receipt push(Channel& channel, const PushJob& job, Time now, Ready& ready);
  /// What is asked waits for the store.
  bool answers_later() const;
  static void keep_first_only(Channel& channel, LoopId loops, Ready& ready);
  static void queue(Channel& channel, LoopId loop, Group& group, Ready& ready);
  void notify(std::span<const std::pair<LoopId, Channel*>> ready);
  /// On the store's thread: kept until give_news(), or until there are many.
  void hold_news(const Ready& ready, AnswerTo to, PushAnswer answer);
  void give_news();

  Registry registry_;
  std::unique_ptr<Journal> journal_;                     ///< where there is a store
  std::size_t staged_cost_ = 0;                          ///< of what is staged; on the store's thread
  std::vector<std::pair<LoopId, Channel*>> held_ready_;  ///< on the store's thread
  std::vector<std::vector<Answered>> held_answers_;      ///< by loop; on the store's thread
  std::size_t held_ = 0;                                 ///< answers
  std::vector<LoopPort*> ports_;
  std::atomic<std::size_t> max_memory_{std::size_t{1} << 30};
  std::atomic<std::uint64_t> published_{0};
};

}  // namespace martd::push
