#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "net/loop.h"
#include "net/outbox.h"
#include "net/socket.h"
#include "net/tcp.h"

namespace martd::net {

/// One accepted connection on its loop: readiness, writing with an outbox, one deadline, an orderly end. What the bytes
/// mean is its heir's. It holds no buffer while nothing is under way. All calls on the loop's thread.
///
/// It keeps itself alive from start() until the turn after close().
class Connection : public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>,
                   private Timer,
                   private Watched {
 public:
  /// What became of bytes that were to be written.
  enum class Sent : std::uint8_t {
    written,  ///< the socket has it all
    queued,   ///< the rest is in the outbox
    refused,  ///< nothing of it was taken, as the outbox would pass the limit; on_writable() comes
    closed,   ///< the connection is broken; the caller closes it when it can
  };

  /// Takes over the descriptor, which must be non-blocking.
  Connection(Loop& loop, int descriptor, SslPtr tls);
  ~Connection() override = default;

  /// To be called once, before anything else. Bytes are read when the loop says that they are there.
  void start();
  /// As start(), where bytes may be there already: they are read at once, and only then does the loop begin to watch,
  /// so it needn't tell of them. Returns whether there were any.
  bool start_reading();
  bool open() const { return open_; }
  /// At once. on_closed() is called, once. Where something is still in the outbox it is lost, and the peer sees a reset
  /// instead of an end, so that what it got doesn't look whole.
  void close();
  /// As close(), and over TLS the peer is told that it is an orderly end. Where nothing is under way.
  void say_goodbye_and_close();
  /// As close(), and the peer sees a reset instead of an end: what it got is not all there was.
  void abort();
  /// What the two programs say can pass. Where they have to agree on something first, not before that.
  bool established() const { return socket_.established(); }
  /// Nobody on the way can read it: what the client calls https. For what an answer says, not for how it is written.
  bool secure() const { return socket_.tls(); }

 protected:
  /// Something can be read: called once for each watch(), never from within it.
  virtual void on_readable() = 0;
  /// The outbox is empty again, or the socket takes more after offer() refused.
  virtual void on_writable() = 0;
  virtual void on_deadline(Time now) = 0;
  virtual void on_closed() = 0;
  /// The peer takes nothing more, and what was in the outbox is lost. What it sent before may still be worth reading.
  virtual void on_write_failed() { close(); }
  /// The peer has reset the connection, and nobody is reading who would find out.
  virtual void on_reset() {}

  Loop& loop() { return loop_; }
  const Socket& socket() const { return socket_; }

  // --- reading ---
  void watch();
  IoResult read(std::span<char> into);

  // --- writing ---
  /// At most `limit` bytes wait in the outbox, but for the rest of a frame that was begun.
  Sent offer(const FramePtr& frame, std::size_t limit);
  /// Written or queued without a limit: answers, which come one for each request.
  Sent put(std::string_view bytes);
  bool all_written() const { return !outbox_; }
  /// What the peer has acknowledged; a system call.
  Taken taken() const { return taken_by_peer(socket_.descriptor()); }
  /// It may take nothing for so long before the kernel ends the connection, whatever it was told before (tcp.h); 0: for
  /// as long as it answers. A system call, where the last wasn't this; call hurry() when the wait is over.
  void wait_for_reader(Duration most);
  /// The limit is this again, where wait_for_reader() had raised it.
  void hurry(Duration most);
  void bound_send_buffer(std::size_t bytes) { net::bound_send_buffer(socket_.descriptor(), bytes); }
  std::size_t queued() const { return outbox_ ? outbox_->bytes() : 0; }

  /// Ends the connection once everything is written: the writing side is closed first, and what the peer still sends is
  /// read away for a while, so that a reset doesn't overtake the answer.
  void end_after_writing();
  /// No more will be written: the peer sees the end once it has everything. Reading goes on.
  void half_close();
  /// What came was no TLS, but plain HTTP: then the connection is plain from here on, for an answer.
  bool fall_back_to_plain() { return socket_.fall_back_to_plain(); }
  bool ending() const { return end_ != End::open; }

  // --- the one deadline ---
  void set_deadline(Time deadline) { loop_.set(*this, deadline); }
  void drop_deadline() { loop_.drop(*this); }

 private:
  void on_timer(Time now) override;
  void on_events(Events events) override;
  void join_loop();
  void readable();
  void writable();
  void watch_write();
  Sent flush();
  void queue(FramePtr frame, std::size_t skip);
  void drop_outbox();
  void linger();
  void finish_writing();
  void discard();

  enum class End : std::uint8_t {
    open,
    writing,    ///< the outbox goes out first
    lingering,  ///< our side is closed; what comes is read away
  };

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<Outbox> outbox_;  ///< only while something waits
  bool open_ = true;
  bool readable_ = false;    ///< as far as is known: no new event comes before this was read away
  bool ended_ = false;       ///< so that reading never stops before the end was read
  bool reading_ = false;     ///< on_readable() is due when something comes
  bool writing_ = false;     ///< the outbox is to go on, or on_writable() is due, when the socket takes more
  bool joined_ : 1 = false;  ///< the loop watches it
  bool came_ : 1 = false;    ///< something was read
  bool waits_ : 1 = false;   ///< wait_for_reader() was called
  bool watched_for_writing_ = false;
  bool half_closed_ = false;
  End end_ = End::open;
  std::uint32_t discarded_ = 0;
};

using ConnectionPtr = boost::intrusive_ptr<Connection>;

}  // namespace martd::net
