#pragma once

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "push/message.h"

namespace martd::push {

/// Bytes for the wire that several subscribers of one loop share. Not for other threads: its count isn't atomic.
struct Frame : boost::intrusive_ref_counter<Frame, boost::thread_unsafe_counter> {
  std::string bytes;
  Etag last{};  ///< of one channel: the cursor of a subscriber that has all of these bytes
};
using FramePtr = boost::intrusive_ptr<const Frame>;

/// What one channel has new for the subscribers of one loop, in one turn of that loop: all messages with etags in
/// (before, last], without holes. Lives for the turn; the messages are the caller's.
class Batch {
 public:
  Batch(std::string_view channel, Etag before, std::span<const Message> messages)
      : channel_(channel), before_(before), messages_(messages) {}

  std::string_view channel() const { return channel_; }
  Etag before() const { return before_; }
  Etag last() const { return messages_.empty() ? before_ : messages_.back().etag; }
  std::span<const Message> messages() const { return messages_; }
  /// Whether there is anything to send: not only empty messages.
  bool visible() const;
  /// What of it follows `seen`, which lies within it.
  Batch after(Etag seen) const;

  /// Ways of writing a batch, numbered by whoever writes; `push` only keeps the bytes.
  static constexpr std::size_t kForms = 10;
  using Encode = void (*)(const Batch& batch, std::vector<FramePtr>& out);
  /// The batch in a form: the first who asks has it encoded, all others share the bytes.
  const std::vector<FramePtr>& frames(std::size_t form, Encode encode) const;

 private:
  std::string_view channel_;
  Etag before_;
  std::span<const Message> messages_;
  mutable std::array<std::vector<FramePtr>, kForms> frames_;
};

}  // namespace martd::push
