#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "follow/counters.h"
#include "push/batch.h"
#include "push/cursor.h"
#include "push/ending_fwd.h"
#include "push/subscriber.h"
#include "wire/line_stream.h"

namespace martd::follow {

/// How a stream is written. There is one object for each format as long as the program runs; it keeps nothing.
/// Functions append whole pieces, without the chunks that HTTP/1.1 puts around them.
///
/// To add one: an object in formats.cpp, and where following.cpp chooses it.
class Format {
 public:
  /// What is the same whatever is written.
  struct Row {
    std::string_view label;  ///< as metrics and lists name the transport
    std::string_view content_type;
    std::string_view heartbeat;  ///< a sign of life
    /// Whether a client takes an error status for what it is. Else it is told in a stream that ends.
    bool refused_by_status;
    /// The body says where it begins, before whatever else there is.
    bool begins_with_positions;
    /// A batch for everyone who follows one channel: each frame is a chunk, or for HTTP/1.0 bare.
    const push::Form& chunks;
    const push::Form& bare;
    /// What follows the own cursor that a subscriber of several channels puts before each message, a frame for each
    /// visible one. Null: those get the same as everyone.
    const push::Form* behind_cursor;
    Counter Counters::*held;
    Counter Counters::*deliveries;
  };
  explicit Format(const Row& row) : row_(row) {}
  const Row& row() const { return row_; }

  /// Where a subscriber is: in its seat `slot` at `etag`, in the others at their cursors.
  struct Position {
    const push::Subscriber& subscriber;
    std::uint32_t slot;
    push::Etag etag;
  };

  /// What every body begins with.
  virtual void open(std::string& out, Duration heartbeat) const = 0;
  /// Where the subscription begins: a client that is cut off before its first message comes back to there.
  virtual void begin(std::string& out, std::span<const wire::Position> positions) const = 0;
  /// The cursor before what `behind_cursor` has.
  virtual void cursor(std::string& out, const Position& at) const = 0;
  virtual void message(std::string& out, const Position& at, const push::Message& message) const = 0;
  virtual void missed(std::string& out, const Position& past, push::Missed missed) const = 0;
  /// The last piece. `later`: for who is to come back after a while. `channel` may be empty.
  virtual void closed(std::string& out, push::Ending ending, std::string_view channel, Duration later) const = 0;

 protected:
  ~Format() = default;

 private:
  const Row& row_;
};

/// Streams' frames are cut between messages where they pass this many bytes. None is empty.
inline constexpr std::size_t kFrameBytes = 64 * 1024;

}  // namespace martd::follow
