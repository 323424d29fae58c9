#include "follow/follower.h"

#include <algorithm>
#include <utility>

#include "follow/following.h"
#include "follow/long_poll.h"
#include "push/ending.h"

namespace martd::follow {

using push::Batch;
using push::Delivery;
using push::Ending;
using push::Etag;
using push::Missed;

namespace {

FramePtr frame_of(std::string bytes) {
  auto* frame = new Frame;
  frame->bytes = std::move(bytes);
  return FramePtr(frame);
}

/// How many chunks of the backlog one subscriber may have in one turn of the loop.
constexpr int kChunksATurn = 32;

/// When a client comes back that is told to come later. Not all at once.
Duration later(Desk& desk) { return desk.random(std::chrono::seconds{1}, std::chrono::seconds{5}); }

}  // namespace

void answer_later(Outlet& outlet, const Format* format, Time now) {
  Desk& desk = outlet.desk();
  if (!format || format->row().refused_by_status) {
    outlet.refuse(503, desk.stopping() ? "the server is stopping" : "no room for another subscriber now", now,
                  "Retry-After: 2\r\n");
    return outlet.done();
  }
  std::string body;
  format->closed(body, desk.stopping() ? Ending::stopping : Ending::unavailable, {}, later(desk));
  if (outlet.framed()) {
    wire::make_chunk(body);
    body += wire::kLastChunk;
  }
  outlet.open_stream(format->row().content_type, body, now);
  outlet.done(true);
}

Follower::Follower(Outlet& outlet, const Format& format, std::string_view cid)
    : HeldSubscriber(outlet, cid), format_(format), chunks_(outlet.framed()) {}

void Follower::begin(const wire::SubscribeRequest& asked, Time now) {
  // What it may fall behind by counts for little if the kernel keeps sixteen times as much for it.
  outlet_.bound_send_buffer(std::max<std::size_t>(4 * desk().settings().max_behind, std::size_t{64} * 1024));
  outlet_.hurry();
  if (const auto refused = join(asked, now)) {
    if (refused->ending == Ending::unavailable) return answer_later(outlet_, &format_, now);
    return answer_refused(outlet_, refused->ending, refused->channel, now);
  }
  if (outlet_.open_stream(format_.row().content_type, opening(), now)) catch_up(now);
}

std::optional<push::SeatRefusal> Follower::join(const wire::SubscribeRequest& asked, Time now) {
  boost::container::small_vector<push::Want, 4> wants;
  wants.reserve(asked.wants.size());
  for (const auto& want : asked.wants) wants.push_back({want.channel, want.cursor});
  push::Roster::QuietEtags quiet;
  begin_hold(now);
  auto refused = desk().roster().join(*this, wants, now, quiet);
  if (refused) {
    holding_ = false;
    note(refused->ending, refused->channel, wants.size());
    return refused;
  }
  Counters& counters = desk().counters();
  (counters.*format_.row().held).add();
  if (behind() && !quiet.empty()) seldom().quiet = std::move(quiet);
  last_sent_ = now;
  outlet_.set_deadline(now + desk().settings().heartbeat);
  return std::nullopt;
}

// --- writing ---

std::string Follower::opening() {
  std::string bytes;
  bytes.reserve(256);
  format_.open(bytes, desk().settings().heartbeat);
  // What is behind may find something to send, which may tell a client where it is.
  if (format_.row().begins_with_positions || !behind()) append_beginning(bytes);
  frame(bytes);
  return bytes;
}

void Follower::append_beginning(std::string& out) {
  begun_ = true;
  boost::container::small_vector<wire::Position, 4> positions;
  positions.reserve(seats());
  for (std::uint32_t slot = 0; slot < seats(); ++slot) positions.push_back({channel(slot), cursor(slot)});
  format_.begin(out, positions);
}

void Follower::append_missed(std::string& out, std::uint32_t slot, Etag past, Missed missed) {
  desk().counters().missed.add();
  format_.missed(out, {*this, slot, past}, missed);
}

void Follower::append_resume(std::string& out, const push::Resume& resume, std::uint32_t slot) {
  Etag at = resume.from;
  const Etag quiet = seldom_ && !seldom_->quiet.empty() ? seldom_->quiet[slot] : Etag{};
  const auto hole = [&](Etag past) {
    // Each loss stands where it happened, so that its id is a cursor that loses nothing more.
    if (past > at && at < resume.lost && past > quiet) append_missed(out, slot, past, Missed::of(past - at));
    at = past;
  };
  if (resume.lead) append_missed(out, slot, at, resume.lead);
  for (const push::Message& message : resume.messages) {
    hole(Etag{push::value(message.etag) - 1});
    if (message.visible()) format_.message(out, {*this, slot, message.etag}, message);
    at = message.etag;
  }
  hole(resume.cursor);
}

FramePtr Follower::compose(const Batch& batch, std::uint32_t slot) const {
  const auto rests = batch.frames(*format_.row().behind_cursor);
  constexpr std::size_t kLongestEtag = 20;
  std::size_t size = wire::kMostAroundChunk;
  for (const FramePtr& rest : rests) size += rest->bytes.size() + (kLongestEtag + 1) * seats() + 4;
  std::string bytes;
  bytes.reserve(size);
  for (const FramePtr& rest : rests) {
    format_.cursor(bytes, {*this, slot, push::cursor_of(*rest)});
    bytes += rest->bytes;
  }
  frame(bytes);
  return frame_of(std::move(bytes));
}

// --- delivering ---

Follower::Seldom& Follower::seldom() {
  if (!seldom_) seldom_ = std::make_unique<Seldom>();
  return *seldom_;
}

/// How much may wait, in bytes, for another batch to be queued, of `most` that are set. What was queued of the backlog
/// may be larger than all of that: the other channels have half of it for themselves.
std::size_t Follower::Seldom::limit(std::size_t most) const { return most + std::max(caught_up, most / 2) - most / 2; }

Delivery Follower::fell_behind() {
  desk().counters().fell_behind.add();
  return Delivery::behind;
}

Delivery Follower::deliver(const Batch& batch, std::uint32_t slot) {
  if (!holding()) return Delivery::done;
  Desk& desk = this->desk();
  Counters& counters = desk.counters();
  (counters.*format_.row().deliveries).add();
  std::size_t limit = desk.settings().max_behind;
  if (seldom_) limit = seldom_->limit(limit);
  last_sent_ = desk.turn();
  if (seats() > 1 && format_.row().behind_cursor) {
    switch (outlet_.offer(compose(batch, slot), limit)) {
      case Outlet::Sent::refused:
        return fell_behind();
      case Outlet::Sent::closed:
        break;
      default:
        return Delivery::taken;
    }
    end_hold(Ending::hung_up);
    outlet_.broken();
    return Delivery::done;
  }
  const Frame* before = nullptr;
  for (const FramePtr& frame : batch.frames(chunks_ ? format_.row().chunks : format_.row().bare)) {
    const Outlet::Sent sent = outlet_.offer(frame, limit);
    if (sent == Outlet::Sent::closed) {
      end_hold(Ending::hung_up);
      outlet_.broken();
      return Delivery::done;
    }
    if (sent == Outlet::Sent::refused) {
      if (before) advance(slot, push::cursor_of(*before));
      return fell_behind();
    }
    before = frame.get();
  }
  return Delivery::taken;
}

void Follower::catch_up(Time now) {
  Desk& desk = this->desk();
  for (int chunk = 0; holding() && behind(); ++chunk) {
    if (outlet_.queued() > 0) return;  // on_writable() comes when the socket has taken it
    if (chunk == kChunksATurn) return lagged();
    std::string bytes;
    const auto count = static_cast<std::uint32_t>(seats());
    std::uint32_t looked = 0;
    for (; looked < count && bytes.size() < kFrameBytes; ++looked) {
      const std::uint32_t slot = (next_slot_ + looked) % count;
      if (!behind(slot)) continue;
      append_resume(bytes, desk.roster().resume(*this, slot, kFrameBytes, now), slot);
    }
    next_slot_ = (next_slot_ + looked) % count;
    if (bytes.empty() && !behind() && !begun_) append_beginning(bytes);
    if (!bytes.empty()) {
      begun_ = true;
      frame(bytes);
      last_sent_ = now;
      Counters& counters = desk.counters();
      (counters.*format_.row().deliveries).add();
      if (outlet_.offer(frame_of(std::move(bytes)), SIZE_MAX) == Outlet::Sent::closed) return outlet_.close();
      if (const std::size_t queued = outlet_.queued(); queued > 0) seldom().caught_up = queued;
    }
    if (!behind() && seldom_) seldom_->quiet = {};
  }
}

void Follower::on_writable() {
  if (seldom_ && seldom_->quiet.empty()) {
    seldom_.reset();
  } else if (seldom_) {
    seldom_->stalled_since = {};
    seldom_->caught_up = 0;
  }
  outlet_.hurry();
  catch_up(desk().loop().now());
}

/// Called while something waits for the peer. What it acknowledges counts as taken, wherever that lies then. True: it
/// took nothing for too long, and this is gone. It has its cursor, so it loses nothing; no end can be told, as that
/// would wait like all else.
bool Follower::gave_up(Time now) {
  const Settings& settings = desk().settings();
  const net::Taken taken = outlet_.taken();
  Seldom& stall = seldom();
  if (stall.stalled_since == Time{} || stall.taken != taken.mark) {
    stall.stalled_since = now;
    stall.taken = taken.mark;
  } else if (now - stall.stalled_since >= settings.stall()) {
    desk().counters().stalled.add();
    outlet_.abort();
    return true;
  }
  // A peer whose buffer is full and who says so is not gone, which the kernel makes no difference of.
  if (!taken.in_flight) outlet_.wait_for_reader(settings.stall() + settings.peer_silence());
  return false;
}

void Follower::on_deadline(Time now) {
  if (!holding()) return;
  const Settings& settings = desk().settings();
  const Duration heartbeat = settings.heartbeat;
  if (outlet_.queued() > 0 && gave_up(now)) return;
  if (last_sent_ + heartbeat <= now) {
    last_sent_ = now;
    // What waits in the outbox is sign enough, and a heartbeat behind it would only add to it.
    std::string sign(format_.row().heartbeat);
    frame(sign);
    if (outlet_.queued() == 0 && outlet_.put(sign) == Outlet::Sent::closed) return outlet_.close();
  }
  Time due = last_sent_ + heartbeat;
  if (seldom_ && seldom_->stalled_since != Time{}) due = std::min(due, seldom_->stalled_since + settings.stall());
  outlet_.set_deadline(due);
}

// --- ending ---

void Follower::end_hold(Ending ending, std::string_view channel, std::size_t channels) {
  if (!std::exchange(holding_, false)) return;
  note(ending, channel, channels);
  Counters& counters = desk().counters();
  (counters.*format_.row().held).sub();
  counters.endings[static_cast<std::size_t>(ending)].add();
}

void Follower::finish(Ending ending, std::string_view channel, std::size_t channels) {
  end_hold(ending, channel, channels);
  std::string text;
  format_.closed(text, ending, channel, row(ending).comes_back == push::Return::later ? later(desk()) : Duration{});
  frame(text);
  if (chunks_) text += wire::kLastChunk;
  if (outlet_.put(text) == Outlet::Sent::closed) return outlet_.close();
  outlet_.end();
}

void Follower::end(Ending ending, std::string_view channel, const push::Left& left) {
  if (holding()) finish(ending, channel, left.channels.size());
}

void Follower::stop(Time now) {
  desk().roster().leave(*this, now);
  finish(Ending::stopping, {}, 0);
}

void Follower::hung_up(Time now) {
  if (!holding()) return;
  end_hold(Ending::hung_up);
  desk().roster().leave(*this, now);
}

}  // namespace martd::follow
