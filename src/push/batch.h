#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/frame.h"
#include "push/message.h"

namespace martd::push {

/// A frame of one channel's messages is marked with the etag of the last one: the cursor of a subscriber that has all
/// of its bytes.
inline void set_cursor(Frame& frame, Etag last) { frame.mark = static_cast<std::uint64_t>(last); }
inline Etag cursor_of(const Frame& frame) { return Etag{frame.mark}; }

class Batch;

/// A way of writing a batch. Batches know it by its address: it is one object as long as the program runs.
class Form {
 public:
  /// Appends frames, none of them empty; marked as set_cursor() says where subscribers may stop between them.
  virtual void write(const Batch& batch, std::vector<FramePtr>& out) const = 0;

 protected:
  ~Form() = default;
};

/// What one channel has new for the subscribers of one loop, in one turn of that loop: all messages with etags in
/// (before, last], without holes. Lives for the turn; the messages are the caller's.
class Batch {
 public:
  Batch(std::string_view channel, Etag before, std::span<const Message> messages)
      : channel_(channel), before_(before), messages_(messages), visible_(any_visible(messages)) {}

  std::string_view channel() const { return channel_; }
  Etag before() const { return before_; }
  Etag last() const { return messages_.empty() ? before_ : messages_.back().etag; }
  std::span<const Message> messages() const { return messages_; }
  /// Whether there is anything to send: not only empty messages.
  bool visible() const { return visible_; }
  /// What of it follows `seen`, which lies within it.
  Batch after(Etag seen) const;

  /// The batch in a form: the first who asks has it written, all others share the bytes. The frames stay as long as the
  /// batch.
  std::span<const FramePtr> frames(const Form& form) const;

 private:
  static bool any_visible(std::span<const Message> messages);

  std::string_view channel_;
  Etag before_;
  std::span<const Message> messages_;
  bool visible_;  ///< found out once, as each of many seats asks
  struct Written {
    const Form* form;
    std::vector<FramePtr> frames;
  };
  mutable boost::container::small_vector<Written, 2> written_;  ///< few forms are asked for at a time
};

}  // namespace martd::push
