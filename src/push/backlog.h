#pragma once

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "push/message.h"

namespace martd::push {

/// The newest messages of one channel, oldest dropped first, in the order of their etags.
/// Not thread-safe: its channel's shard is locked. Never reads a clock.
class Backlog {
 public:
  /// Keeps at most `size` messages from now on; the oldest are dropped at once where there are more.
  void resize(std::uint32_t size);

  /// `message.etag` is greater than every one before. The oldest is dropped where there is no room.
  void append(Message message);

  /// Drops what is older than `life`, or than its own shorter life, at `now`.
  void expire(Time now, Duration life);

  /// Drops the messages with an etag below `floor`.
  void drop_below(Etag floor);

  /// Drops everything and gives its memory back.
  void clear();

  bool empty() const { return ring_.empty(); }
  std::size_t count() const { return ring_.size(); }
  const Message& operator[](std::size_t index) const { return ring_[index]; }

  /// The index of the first message with an etag greater than `seen`; count() where there is none.
  std::size_t first_after(Etag seen) const;

  /// The etag of the message that the publisher gave this id; `id` is not empty.
  std::optional<Etag> find(std::string_view id) const;

  /// When the next message expires; nothing where there is none.
  std::optional<Time> next_expiry(Duration life) const;

  /// The newest visible message that was dropped, by whatever; 0: none was. Empty ones are nobody's loss.
  Etag lost() const { return lost_; }
  /// That one was dropped elsewhere.
  void lose(Etag etag) { lost_ = std::max(lost_, etag); }

  std::size_t payload_bytes() const { return payload_bytes_; }
  /// Payloads and what keeping them costs, in bytes: what --max-memory limits.
  std::size_t cost() const { return cost_; }

  /// What one message costs to keep.
  static std::size_t cost_of(const Content& content);
  /// When a message is over in a channel with this life.
  static Time expiry_of(const Message& message, Duration life);

 private:
  void count_in(const Message& message);
  void count_out(const Message& message);
  void drop_oldest();

  // The ring's capacity grows by doubling up to size_: three messages don't cost the room of ten thousand.
  boost::circular_buffer<Message> ring_;
  std::uint32_t size_ = 1;
  std::size_t payload_bytes_ = 0;
  std::size_t cost_ = 0;
  Etag lost_{};
  /// Messages with an `expire` of their own, by when that is over: only they can leave from the middle. Made when the
  /// first comes.
  std::unique_ptr<std::set<std::pair<Time, Etag>>> own_lives_;
  /// Ids of kept messages; the keys are views into their contents. Made when the first id comes.
  std::unique_ptr<std::unordered_map<std::string_view, Etag>> ids_;
};

}  // namespace martd::push
