#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "follow/format.h"
#include "follow/held_subscriber.h"
#include "push/roster.h"
#include "wire/chunks.h"

namespace martd::follow {

/// A stream: everything that follows its cursors, as long as the connection lasts, in a format. It begins with where it
/// begins, at least where nothing else follows at once, so that a client that is cut off before its first message comes
/// back to where it was.
///
/// Its body is in chunks, which end with the last one where the server ends it, and without where the connection
/// breaks; in HTTP/1.0 it is what comes until the connection ends.
///
/// Messages go straight to the socket; what it doesn't take waits in the outbox, up to --max-behind. Past that the
/// channel's seat is behind: nothing more of it is queued, and when the socket has taken what waits, it is served from
/// the backlog from its cursor. The other channels go on meanwhile.
class Follower final : public HeldSubscriber {
 public:
  /// `outlet` owns it.
  Follower(Outlet& outlet, const Format& format, std::string_view cid);

  void begin(const wire::SubscribeRequest& asked, Time now) override;

  push::Delivery deliver(const push::Batch& batch, std::uint32_t slot) override;
  void lagged() override { outlet_.call_later(); }
  void catch_up(Time now) override;
  void end(push::Ending ending, std::string_view channel, const push::Left& left) override;
  void on_deadline(Time now) override;
  void on_writable() override;
  void stop(Time now) override;
  void hung_up(Time now) override;
  bool takes_requests() const override { return false; }
  std::string_view transport() const override { return format_.row().label; }

 private:
  /// What few have at a time: there are many streams.
  struct Seldom {
    push::Roster::QuietEtags quiet;  ///< by slot, until it has caught up for the first time; else empty
    Time stalled_since{};            ///< its peer was first seen to take nothing; the epoch: it isn't
    std::uint64_t taken = 0;         ///< net::Taken::mark of then
    std::size_t caught_up = 0;       ///< bytes of the backlog that were queued at once, until all is written
    std::size_t limit(std::size_t most) const;
  };

  std::optional<push::SeatRefusal> join(const wire::SubscribeRequest& asked, Time now);
  /// What its body begins with.
  std::string opening();
  push::Delivery fell_behind();
  Seldom& seldom();
  FramePtr compose(const push::Batch& batch, std::uint32_t slot) const;
  void append_resume(std::string& out, const push::Resume& resume, std::uint32_t slot);
  void append_missed(std::string& out, std::uint32_t slot, push::Etag past, push::Missed missed);
  void append_beginning(std::string& out);
  /// Makes of bytes what goes out.
  void frame(std::string& bytes) const {
    if (chunks_) wire::make_chunk(bytes);
  }
  void finish(push::Ending ending, std::string_view channel, std::size_t channels);
  bool gave_up(Time now);
  void end_hold(push::Ending ending, std::string_view channel = {}, std::size_t channels = 0);

  const Format& format_;
  std::unique_ptr<Seldom> seldom_;
  Time last_sent_{};
  std::uint32_t next_slot_ = 0;  ///< whose turn it is when it catches up
  bool chunks_;
  bool begun_ = false;  ///< the client has a cursor to come back with
};

/// Nobody who follows can be served now: 503, or what a client of a format takes for `come back later`. The whole
/// answer. `format`: null for a long-poll.
void answer_later(Outlet& outlet, const Format* format, Time now);

}  // namespace martd::follow
