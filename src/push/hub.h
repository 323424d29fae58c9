#pragma once

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "push/conditions.h"
#include "push/registry.h"
#include "push/store.h"

namespace martd::push {

enum class PushError : std::uint8_t {
  not_allowed,    ///< neither a right to push nor the key of the channel
  wrong_key,      ///< the channel has a key, and this isn't it
  not_newest,     ///< If-Match names another etag
  is_newest,      ///< If-None-Match names the newest etag
  not_empty,      ///< If-None-Match wants none kept, and the channel keeps a message
  not_all_empty,  ///< the same of one channel of several
  not_found,      ///< there is no such channel
  memory_full,    ///< --max-memory
  store_away,     ///< the store can't take it now
};

struct PushRefusal {
  PushError error;
  std::string channel;
  std::string why = {};  ///< store_away: what is wrong with it
};
[[noreturn]] void throw_exception_from_error(const PushRefusal& refusal, const boost::source_location& where);

template <class T>
using PushResult = boost::system::result<T, PushRefusal>;

struct PushOrder {
  std::span<const std::string> channels;  ///< valid names, none twice
  Attributes attributes;                  ///< within the limits; `key` as the publisher brought it
  ContentPtr content;
  const PushConditions* conditions = nullptr;  ///< null: none
  bool allowed = false;                        ///< may push without a key
  bool operates = false;                       ///< an operator's: past the key of a channel that has one
};

struct Receipt {
  Etag etag;
  std::size_t subscribers;  ///< held now, after any kicks
  bool duplicate = false;   ///< nothing was published: this is what was, with the same id
};

/// In the order of the channels; nearly always one.
using Receipts = boost::container::small_vector<Receipt, 1>;

/// An order that owns what it is about.
struct PushJob {
  ChannelNames channels;
  Attributes attributes;
  ContentPtr content;
  std::unique_ptr<const PushConditions> conditions;  ///< null: none
  bool allowed = false;
  bool operates = false;  ///< as in PushOrder

  PushOrder order() const { return {channels, attributes, content, conditions.get(), allowed, operates}; }
};

struct Cleared {
  Etag etag;
  std::size_t dropped;
};

/// What came of a push or a clear that went through the store.
struct PushAnswer {
  ChannelNames channels;
  std::variant<PushResult<Receipts>, PushResult<Cleared>> result;
};

/// Who is told, on which loop, and by which number it knows what it asked.
struct AnswerTo {
  LoopId loop;
  std::uint64_t ticket;
};

/// By the ticket that it asked with.
struct Answered {
  std::uint64_t ticket;
  PushAnswer answer;
};

/// Where a loop is told. Called from any thread, without a lock held.
struct LoopDoor {
  /// One of its groups has something. `channel` stays until the loop has served it (Roster::serve), which it must do
  /// once for each call.
  virtual void ready(Channel& channel) = 0;
  /// What it asked of the store is settled, in the order of asking. Many at once: a loop that is woken for each would
  /// take the processor from the store's thread for each.
  virtual void answered(std::vector<Answered> answers) = 0;

 protected:
  virtual ~LoopDoor() = default;
};

struct ChannelInfo {
  Attributes attributes;  ///< without the key
  std::size_t messages;   ///< with the empty ones
  std::size_t bytes;      ///< payloads
  std::size_t subscribers;
  Etag etag;
};

/// The rule for every access to a channel on /pub: a keyed channel wants its key, whoever asks; without the right to
/// push, only a key opens. An operator needs neither. Nothing: let in.
std::optional<PushError> access_error(const Channel* channel, std::string_view key, bool allowed,
                                      bool operates = false);

/// The channels as publishers see them. Thread-safe; nothing in it blocks for longer than a shard is worked on.
class Hub {
 public:
  explicit Hub(Time start);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Before anything is subscribed. `door` must outlive the hub's use; ids count from 0.
  void attach(LoopId id, LoopDoor& door);
  /// In bytes; may be changed at any time.
  void limit_memory(std::size_t bytes) { max_memory_.store(bytes, std::memory_order_relaxed); }
  std::size_t max_memory() const { return max_memory_.load(std::memory_order_relaxed); }

  /// All channels or none. Receipts are in the order of the channels.
  PushResult<Receipts> publish(const PushOrder& order, Time now);
  /// Whether a push to these would be let in as they are now, by access_error() alone: why not, for the first that
  /// refuses. A push is looked at again when it is made.
  std::optional<PushRefusal> access_refusal(std::span<const std::string> channels, std::string_view key, bool allowed,
                                            bool operates, Time now);
  PushResult<ChannelInfo> inspect(std::string_view channel, std::string_view key, bool allowed, Time now);
  /// `operates`: as in PushOrder.
  PushResult<Cleared> clear(std::string_view channel, std::string_view key, bool allowed, Time now,
                            bool operates = false);

  /// The newest etag of each, where it stands now: what follows these cursors is published later.
  std::vector<Etag> stand(std::span<const std::string> channels, Time now);
  /// What changes from now on goes into `store`, too, which must outlive the hub's use. Before anything is published or
  /// subscribed; what the store has is read next, with a Restorer (push/restore.h).
  void keep_in(Store& store, Durability durability);
  /// Pushes and clears wait for the store: publish_later() and clear_later() rather than publish() and clear().
  bool answers_later() const;
  /// As publish(). It is checked and takes its etag when its turn comes, and is seen when it is on disk; then the loop
  /// is told. Where nothing is returned it stands, whatever becomes of who asked.
  std::optional<PushRefusal> publish_later(PushJob job, Time now, AnswerTo to);
  std::optional<PushRefusal> clear_later(std::string channel, std::string key, bool allowed, Time now, AnswerTo to,
                                         bool operates = false);
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
  using Ready = boost::container::small_vector<std::pair<LoopId, Channel*>, 4>;
  struct Target {
    Channel* channel;  ///< null: it isn't born yet
    std::optional<Etag> duplicate;
  };
  using Targets = boost::container::small_vector<Target, 1>;
  using Keys = boost::container::small_vector<ChannelKey, 4>;
  static Keys keys_of(std::span<const std::string> channels) { return {channels.begin(), channels.end()}; }
  /// With all its shards locked: why it may not be pushed, after what is staged; else its targets. Nothing is changed.
  std::optional<PushRefusal> examine(const PushOrder& order, const Keys& keys, Time now, Targets& targets);
  Receipt push(Channel& channel, const PushOrder& order, Time now, Ready& ready);
  static void keep_first_only(Channel& channel, LoopId loops, Ready& ready);
  static bool kicked(const Group& group, const Seat& seat);
  static void queue(Channel& channel, LoopId loop, Group& group, Ready& ready);
  void tell(std::span<const std::pair<LoopId, Channel*>> ready);
  /// On the store's thread: kept until give_news(), or until there are many.
  void hold_news(const Ready& ready, AnswerTo to, PushAnswer answer);
  void give_news();

  Registry registry_;
  std::unique_ptr<Journal> journal_;                     ///< where there is a store
  std::size_t staged_cost_ = 0;                          ///< of what is staged; on the store's thread
  std::vector<std::pair<LoopId, Channel*>> held_ready_;  ///< on the store's thread
  std::vector<std::vector<Answered>> held_answers_;      ///< by loop; on the store's thread
  std::size_t held_ = 0;                                 ///< answers
  std::vector<LoopDoor*> doors_;
  std::atomic<std::size_t> max_memory_{std::size_t{1} << 30};
  std::atomic<std::uint64_t> published_{0};
};

}  // namespace martd::push
