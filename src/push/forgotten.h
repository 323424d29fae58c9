#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "push/channel.h"
#include "push/etag.h"

namespace martd::push {

/// The last etags of channels that are forgotten, newest first out of `capacity`; of older ones only the highest etag.
/// It is what lets a client of a channel that was idle come back without a false alarm. Not thread-safe.
class Forgotten {
 public:
  static constexpr std::size_t kCapacity = 100000;

  /// `start`: nothing is known of what was before; every etag up to it is in doubt.
  explicit Forgotten(Etag start, std::size_t capacity = kCapacity) : doubt_(start), capacity_(capacity) {}

  /// Which one had to make way, if any, and its last etag.
  std::optional<std::pair<std::string, Etag>> remember(std::string_view name, Channel::Life life);
  /// What is remembered of `name`, which lives again: it is taken out.
  std::optional<Channel::Life> recall(std::string_view name);
  /// No channel that isn't remembered ever had an etag above this.
  Etag doubt() const { return doubt_; }
  /// What a store knows of the time before the start.
  void set_doubt(Etag doubt) { doubt_ = doubt; }
  std::size_t count() const { return order_.size(); }

 private:
  struct Entry {
    std::string name;
    Channel::Life life;
  };
  std::list<Entry> order_;  ///< oldest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name_;
  Etag doubt_;
  std::size_t capacity_;
};

}  // namespace martd::push
