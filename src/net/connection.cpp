#include "net/connection.h"

#include <sys/socket.h>

#include <utility>

namespace martd::net {
namespace {

constexpr Duration kLinger = std::chrono::seconds{3};
constexpr std::uint32_t kMostDiscarded = 32U << 20;

FramePtr own_frame(std::string_view bytes) {
  auto* frame = new Frame;
  frame->bytes = bytes;
  return FramePtr(frame);
}

void reset_when_closed(int descriptor) {
  const struct ::linger no_wait { 1, 0 };
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &no_wait, sizeof no_wait);
}

}  // namespace

Connection::Connection(Loop& loop, int descriptor, SslPtr tls) : loop_(loop), socket_(descriptor, std::move(tls)) {}

void Connection::start() {
  intrusive_ptr_add_ref(this);
  reading_ = true;
  join_loop();
}

bool Connection::start_reading() {
  intrusive_ptr_add_ref(this);
  const ConnectionPtr alive(this);
  readable_ = true;
  readable();
  if (open_) join_loop();
  return came_;
}

void Connection::join_loop() {
  joined_ = true;
  if (!loop_.watch(socket_.descriptor(), *this, watched_for_writing_)) close();
}

void Connection::close() {
  if (!open_) return;
  open_ = false;
  if (outbox_ && !outbox_->empty()) reset_when_closed(socket_.descriptor());
  drop_deadline();
  socket_.close();  // takes it out of the loop's set, too
  drop_outbox();
  on_closed();
  // Whoever called may still be in a member function, and this turn's events may name it: the reference goes on the
  // next turn.
  loop_.post([self = ConnectionPtr(this, false)] {});
}

void Connection::abort() {
  if (!open_) return;
  reset_when_closed(socket_.descriptor());
  close();
}

void Connection::say_goodbye_and_close() {
  if (!open_) return;
  if (!outbox_ && !half_closed_ && end_ != End::lingering) socket_.say_goodbye();
  close();
}

void Connection::on_events(Events events) {
  if (!open_) return;
  readable_ |= events.readable;
  ended_ |= events.ended;
  const ConnectionPtr alive(this);
  if (events.writable && writing_) writable();
  if (open_ && readable_ && reading_) return readable();
  if (open_ && events.reset) on_reset();
}

void Connection::watch() {
  if (reading_ || !open_) return;
  reading_ = true;
  if (!readable_) return;
  loop_.post([self = ConnectionPtr(this)] {
    if (self->open_ && self->reading_) self->readable();
  });
}

IoResult Connection::read(std::span<char> into) {
  const IoResult result = socket_.read(into, loop_.now());
  // Less than what there was room for: a socket has no more now. TLS may have, until it says so.
  if (result.io == Io::again) readable_ = false;
  came_ |= result.io == Io::done;
  if (result.io == Io::done && result.bytes < into.size() && !socket_.tls()) readable_ = ended_;
  if (result.io == Io::again && socket_.read_wants_write()) watch_write();
  return result;
}

void Connection::watch_write() {
  if (!open_) return;
  writing_ = true;
  if (std::exchange(watched_for_writing_, true) || !joined_) return;
  loop_.watch_for_writing(socket_.descriptor(), *this);
}

void Connection::readable() {
  reading_ = false;
  if (end_ == End::lingering) return discard();
  on_readable();
}

void Connection::writable() {
  writing_ = false;
  switch (flush()) {
    case Sent::closed:
      drop_outbox();
      return ending() ? close() : on_write_failed();
    case Sent::queued:
      writing_ = true;
      return;
    default:
      break;
  }
  if (end_ == End::writing) return linger();
  if (half_closed_) finish_writing();
  // TLS may have waited to write before it could read on.
  if (socket_.tls()) readable_ = true;
  on_writable();
}

Connection::Sent Connection::flush() {
  while (outbox_ && !outbox_->empty()) {
    const IoResult result = socket_.write(outbox_->front());
    if (result.io == Io::again) return Sent::queued;
    if (result.io != Io::done) return Sent::closed;
    const std::size_t before = outbox_->bytes();
    outbox_->remove(result.bytes);
    loop_.count_outbox(before, outbox_->bytes());
  }
  drop_outbox();
  return Sent::written;
}

void Connection::queue(FramePtr frame, std::size_t skip) {
  if (!outbox_) outbox_ = std::make_unique<Outbox>();
  const std::size_t before = outbox_->bytes();
  outbox_->push(std::move(frame), skip);
  loop_.count_outbox(before, outbox_->bytes());
  watch_write();
}

void Connection::drop_outbox() {
  if (outbox_) loop_.count_outbox(outbox_->bytes(), 0);
  outbox_.reset();
}

Connection::Sent Connection::offer(const FramePtr& frame, std::size_t limit) {
  std::size_t written = 0;
  if (outbox_) {
    if (outbox_->bytes() + frame->bytes.size() > limit) return Sent::refused;
  } else {
    const IoResult result = socket_.write(frame->bytes);
    if (result.io == Io::done) {
      written = result.bytes;
      if (written == frame->bytes.size()) return Sent::written;
    } else if (result.io != Io::again) {
      return Sent::closed;
    } else if (!socket_.tls() && frame->bytes.size() > limit) {
      watch_write();
      return Sent::refused;
    }
  }
  queue(frame, written);
  return Sent::queued;
}

Connection::Sent Connection::put(std::string_view bytes) {
  if (!outbox_) {
    while (!bytes.empty()) {
      const IoResult result = socket_.write(bytes);
      if (result.io == Io::again) break;
      if (result.io != Io::done) return Sent::closed;
      bytes.remove_prefix(result.bytes);
    }
    if (bytes.empty()) return Sent::written;
  }
  queue(own_frame(bytes), 0);
  return Sent::queued;
}

void Connection::wait_for_reader(Duration most) {
  if (waits_ || !open_) return;
  waits_ = true;
  limit_unacknowledged(socket_.descriptor(), most);
}

void Connection::hurry(Duration most) {
  if (!waits_ || !open_) return;
  waits_ = false;
  limit_unacknowledged(socket_.descriptor(), most);
}

void Connection::end_after_writing() {
  if (!open_ || ending()) return;
  if (outbox_) {
    end_ = End::writing;
    set_deadline(loop_.now() + 10 * kLinger);
    return;
  }
  linger();
}

void Connection::half_close() {
  if (!open_ || ending() || std::exchange(half_closed_, true)) return;
  if (!outbox_) finish_writing();
}

/// Tried again when the socket takes more, where it is full of what went before.
void Connection::finish_writing() {
  if (!socket_.finish_writing()) watch_write();
}

void Connection::linger() {
  if (!socket_.finish_writing()) {
    // Without its last word what the peer has got would look cut off.
    if (std::exchange(end_, End::writing) != End::writing) set_deadline(loop_.now() + 10 * kLinger);
    return watch_write();
  }
  end_ = End::lingering;
  set_deadline(loop_.now() + kLinger);
  watch();
}

void Connection::discard() {
  for (;;) {
    const IoResult result = read(loop_.scratch());
    if (result.io == Io::again) return watch();
    if (result.io != Io::done) return close();
    discarded_ += static_cast<std::uint32_t>(result.bytes);
    if (discarded_ > kMostDiscarded) return close();
  }
}

void Connection::on_timer(Time now) {
  const ConnectionPtr alive(this);
  // The answer isn't out, and the peer takes no more of it: an orderly end would make what it has got look whole.
  if (end_ == End::writing) return abort();
  if (ending()) return close();
  on_deadline(now);
}

}  // namespace martd::net
