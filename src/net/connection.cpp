#include "net/connection.h"

#include <utility>

namespace martd::net {
namespace {

constexpr push::Duration kLinger = std::chrono::seconds{3};
constexpr std::uint32_t kMostDiscarded = 32U << 20;

push::FramePtr own_frame(std::string_view bytes) {
  auto* frame = new push::Frame;
  frame->bytes = bytes;
  return push::FramePtr(frame);
}

}  // namespace

template <>
struct Connection::SlotAllocator<void> {
  using value_type = void;
  Connection* connection;
  explicit SlotAllocator(Connection* owner) : connection(owner) {}
  template <class U>
  SlotAllocator(const SlotAllocator<U>& other) : connection(other.connection) {}
  template <class U>
  struct rebind {
    using other = SlotAllocator<U>;
  };
};

template <class T>
struct Connection::SlotAllocator {
  using value_type = T;
  Connection* connection;

  explicit SlotAllocator(Connection* owner) : connection(owner) {}
  template <class U>
  SlotAllocator(const SlotAllocator<U>& other) : connection(other.connection) {}

  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    if (connection->slot_used_ || count * sizeof(T) > sizeof connection->slot_) return std::allocator<T>().allocate(count);
    connection->slot_used_ = true;
    return reinterpret_cast<T*>(connection->slot_);
  }
  void deallocate(T* memory, std::size_t count) {
    if (reinterpret_cast<std::byte*>(memory) != connection->slot_) return std::allocator<T>().deallocate(memory, count);
    connection->slot_used_ = false;
  }
  template <class U>
  bool operator==(const SlotAllocator<U>& other) const {
    return connection == other.connection;
  }
};

struct Connection::ReadHandler {
  ConnectionPtr connection;
  using allocator_type = SlotAllocator<void>;
  allocator_type get_allocator() const { return allocator_type(connection.get()); }
  void operator()(const boost::system::error_code& error) const { connection->readable(error); }
};

struct Connection::WriteHandler {
  ConnectionPtr connection;
  void operator()(const boost::system::error_code& error) const { connection->writable(error); }
};

Connection::Connection(Loop& loop, int descriptor, SslPtr tls)
    : loop_(loop), readiness_(loop.io().get_executor(), descriptor), socket_(descriptor, std::move(tls)) {}

void Connection::start() {
  intrusive_ptr_add_ref(this);
  watch();
}

void Connection::close() {
  if (!open_) return;
  open_ = false;
  drop_deadline();
  readiness_.release();  // waits under way come back with an error and let go of the connection
  socket_.close();
  drop_outbox();
  on_closed();
  // Whoever called may still be in a member function: the reference goes on the loop's next turn.
  loop_.post([self = ConnectionPtr(this, false)] {});
}

void Connection::watch() {
  if (reading_ || !open_) return;
  reading_ = true;
  if (socket_.has_buffered()) {
    loop_.post([self = ConnectionPtr(this)] { self->readable({}); });
    return;
  }
  readiness_.async_wait(boost::asio::posix::descriptor_base::wait_read, ReadHandler{ConnectionPtr(this)});
}

void Connection::watch_write() {
  if (writing_ || !open_) return;
  writing_ = true;
  readiness_.async_wait(boost::asio::posix::descriptor_base::wait_write, WriteHandler{ConnectionPtr(this)});
}

void Connection::readable(const boost::system::error_code& error) {
  reading_ = false;
  if (!open_ || error) return;
  if (end_ == End::lingering) return discard();
  on_readable();
  if (open_ && socket_.read_wants_write()) watch_write();
}

void Connection::writable(const boost::system::error_code& error) {
  writing_ = false;
  if (!open_ || error) return;
  switch (flush()) {
    case Sent::gone:
      return close();
    case Sent::queued:
      return watch_write();
    default:
      break;
  }
  if (end_ == End::writing) return linger();
  on_writable();
  if (open_ && socket_.tls()) watch();
}

Connection::Sent Connection::flush() {
  while (outbox_ && !outbox_->empty()) {
    const IoResult result = socket_.write(outbox_->front());
    if (result.io == Io::again) return Sent::queued;
    if (result.io != Io::done) return Sent::gone;
    const std::size_t before = outbox_->bytes();
    outbox_->take(result.bytes);
    loop_.count_outbox(before, outbox_->bytes());
  }
  drop_outbox();
  return Sent::written;
}

void Connection::queue(push::FramePtr frame, std::size_t skip) {
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

Connection::Sent Connection::offer(const push::FramePtr& frame, std::size_t limit) {
  std::size_t written = 0;
  if (outbox_) {
    if (outbox_->bytes() + frame->bytes.size() > limit) return Sent::refused;
  } else {
    const IoResult result = socket_.write(frame->bytes);
    if (result.io == Io::done) {
      written = result.bytes;
      if (written == frame->bytes.size()) return Sent::written;
    } else if (result.io != Io::again) {
      return Sent::gone;
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
      if (result.io != Io::done) return Sent::gone;
      bytes.remove_prefix(result.bytes);
    }
    if (bytes.empty()) return Sent::written;
  }
  queue(own_frame(bytes), 0);
  return Sent::queued;
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

void Connection::linger() {
  end_ = End::lingering;
  socket_.finish_writing();
  set_deadline(loop_.now() + kLinger);
  watch();
}

void Connection::discard() {
  for (;;) {
    const IoResult result = socket_.read(loop_.scratch());
    if (result.io == Io::again) return watch();
    if (result.io != Io::done) return close();
    discarded_ += static_cast<std::uint32_t>(result.bytes);
    if (discarded_ > kMostDiscarded) return close();
  }
}

void Connection::on_timer(push::Time now) {
  const ConnectionPtr alive(this);
  if (ending()) return close();
  on_deadline(now);
}

}  // namespace martd::net
