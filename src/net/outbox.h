#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/frame.h"

namespace martd::net {

/// What a socket has not taken yet, in order. Frames are shared, not copied. Bounded by who fills it: see
/// Connection::offer.
class Outbox {
 public:
  bool empty() const { return frames_.empty(); }
  /// Bytes that are still to be written.
  std::size_t bytes() const { return bytes_; }

  /// `skip`: how much of the frame was written already.
  void push(FramePtr frame, std::size_t skip = 0) {
    if (frames_.empty()) offset_ = skip;
    bytes_ += frame->bytes.size() - skip;
    frames_.push_back(std::move(frame));
  }

  /// The next bytes to write; not empty() only.
  std::string_view front() const { return std::string_view(frames_[first_]->bytes).substr(offset_); }

  /// `count` bytes of front() were written.
  void remove(std::size_t count) {
    offset_ += count;
    bytes_ -= count;
    if (offset_ < frames_[first_]->bytes.size()) return;
    offset_ = 0;
    frames_[first_].reset();
    if (++first_ < frames_.size()) return;
    frames_.clear();
    first_ = 0;
  }

 private:
  std::vector<FramePtr> frames_;
  std::size_t first_ = 0;   ///< index of the frame that is being written
  std::size_t offset_ = 0;  ///< in that frame
  std::size_t bytes_ = 0;
};

}  // namespace martd::net
