#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "follow/held_subscriber.h"
#include "push/roster.h"
#include "wire/chunks.h"

namespace martd::follow {

/// An event stream or a line stream: everything that follows its cursors, as long as the connection lasts. It begins
/// with where it begins: a line `{"sub":…}`, or the event `martd.sub` where nothing else follows at once, so that a
/// client that is cut off before its first message comes back to where it was.
///
/// Its body is in chunks, which end with the last one where the server ends it, and without where the connection
/// breaks; in HTTP/1.0 it is what comes until the connection ends.
///
/// Messages go straight to the socket; what it doesn't take waits in the outbox, up to --max-behind. Past that it is
/// behind: nothing more is queued, and when the socket has taken what waits, it is served from the backlog from its
/// cursor.
class HeldStream final : public HeldSubscriber {
 public:
  enum class Kind : std::uint8_t { events, json_events, lines };

  /// `outlet` owns it.
  HeldStream(Outlet& outlet, Kind kind, std::string_view cid);

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
  std::string_view transport() const override { return kind_ == Kind::lines ? "lines" : "sse"; }

 private:
  std::optional<push::Roster::Refused> park(const wire::SubscribeRequest& asked, Time now);
  /// What its body begins with.
  std::string opening();
  push::Delivery fell_behind();
  FramePtr compose(const push::Batch& batch, std::uint32_t slot) const;
  void append_resume(std::string& out, const push::Resume& resume, std::uint32_t slot);
  void append_missed(std::string& out, std::uint32_t slot, push::Etag past, push::Missed missed);
  void append_message(std::string& out, std::uint32_t slot, const push::Message& message) const;
  void append_id(std::string& out, std::uint32_t slot, push::Etag own) const;
  void append_beginning(std::string& out);
  /// Makes of bytes what goes out.
  void frame(std::string& bytes) const {
    if (chunks_) wire::make_chunk(bytes);
  }
  void finish(push::Ending ending, std::string_view channel, std::size_t channels);
  bool gave_up(Time now);
  void over(push::Ending ending, std::string_view channel = {}, std::size_t channels = 0);

  /// What few have at a time: there are many streams.
  struct Seldom {
    push::Roster::QuietEtags quiet;  ///< by slot, until it has caught up for the first time; else empty
    Time stalled_since{};            ///< its peer was first seen to take nothing; the epoch: it isn't
    std::uint64_t taken = 0;         ///< net::Taken::mark of then
  };
  std::unique_ptr<Seldom> seldom_;
  Time last_sent_{};
  std::uint32_t next_slot_ = 0;  ///< whose turn it is when it catches up
  Kind kind_;
  bool chunks_;
  bool begun_ = false;  ///< the client has a cursor to come back with
};

/// Nobody who follows can be served now: 503, or what a browser's EventSource takes for `come back later`. The whole
/// answer.
void answer_later(Outlet& outlet, wire::Transport transport, Time now);

}  // namespace martd::follow
