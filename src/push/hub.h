#pragma once

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "push/registry.h"

namespace martd::push {

/// Where a loop is told that one of its groups has something. Called from any thread, without a lock held.
struct LoopDoor {
  /// `channel` stays until the loop has served it (Roster::serve), which it must do once for each call.
  virtual void ready(Channel& channel) = 0;

 protected:
  virtual ~LoopDoor() = default;
};

enum class PushError : std::uint8_t {
  not_allowed,  ///< neither a right to push nor the key of the channel
  wrong_key,    ///< the channel has a key, and this isn't it
  not_newest,   ///< If-Match names another etag
  not_found,    ///< there is no such channel
  memory_full,  ///< --max-memory
};

struct PushRefusal {
  PushError error;
  std::string channel;
};
[[noreturn]] void throw_exception_from_error(const PushRefusal& refusal, const boost::source_location& where);

template <class T>
using PushResult = boost::system::result<T, PushRefusal>;

struct PushOrder {
  std::span<const std::string> channels;  ///< valid names, none twice
  Attributes attributes;                  ///< within the limits; `key` as the publisher brought it
  ContentPtr content;
  std::optional<Etag> if_match;  ///< one channel only
  bool allowed = false;          ///< may push without a key
  bool operates = false;         ///< an operator's: past the key of a channel that has one
};

struct Receipt {
  Etag etag;
  std::size_t subscribers;  ///< held now, after any kicks
  bool duplicate = false;   ///< nothing was published: this is what was, with the same id
};

struct ChannelInfo {
  Attributes attributes;  ///< without the key
  std::size_t messages;   ///< with the empty ones
  std::size_t bytes;      ///< payloads
  std::size_t subscribers;
  Etag etag;
};

/// The channels as publishers see them. Thread-safe; nothing in it blocks for longer than a shard is worked on.
class Hub {
 public:
  explicit Hub(Time start) : registry_(start) {}

  /// Before anything is subscribed. `door` must outlive the hub's use; ids count from 0.
  void attach(LoopId id, LoopDoor& door);
  /// In bytes; may be changed at any time.
  void limit_memory(std::size_t bytes) { max_memory_.store(bytes, std::memory_order_relaxed); }
  std::size_t max_memory() const { return max_memory_.load(std::memory_order_relaxed); }

  /// All channels or none. Receipts are in the order of the channels.
  PushResult<std::vector<Receipt>> publish(const PushOrder& order, Time now);
  PushResult<ChannelInfo> inspect(std::string_view channel, std::string_view key, bool allowed, Time now);
  struct Cleared {
    Etag etag;
    std::size_t dropped;
  };
  /// `operates`: as in PushOrder.
  PushResult<Cleared> clear(std::string_view channel, std::string_view key, bool allowed, Time now,
                            bool operates = false);

  /// The newest etag of each, where it stands now: what follows these cursors is published later.
  std::vector<Etag> stand(std::span<const std::string> channels, Time now);

  /// Lets go what is over. True: there is more that is due, call again soon. Each call's work is bounded.
  bool sweep(Time now);

  Registry& registry() { return registry_; }
  std::uint64_t published() const { return published_.load(std::memory_order_relaxed); }
  bool memory_full() const { return registry_.cost() > max_memory(); }

 private:
  friend class Overseer;
  friend class Roster;
  using Ready = boost::container::small_vector<std::pair<LoopId, Channel*>, 4>;
  struct Target {
    Channel* channel;
    std::optional<Etag> duplicate;
  };
  Receipt push(Channel& channel, const PushOrder& order, Time now, Ready& ready);
  static void keep_first_only(Channel& channel, LoopId loops, Ready& ready);
  static bool kicked(const Group& group, const Seat& seat);
  static void queue(Channel& channel, LoopId loop, Group& group, Ready& ready);
  void tell(const Ready& ready);

  Registry registry_;
  std::vector<LoopDoor*> doors_;
  std::atomic<std::size_t> max_memory_{std::size_t{1} << 30};
  std::atomic<std::uint64_t> published_{0};
};

}  // namespace martd::push
