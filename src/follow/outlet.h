#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/frame.h"
#include "base/time.h"
#include "net/connection.h"
#include "wire/address.h"
#include "wire/answer.h"

namespace martd::follow {

class Desk;

/// A request's way out, apart from its connection: all that whoever holds a request says to its client, and all that it
/// knows of it. HTTP/1.1 has one for a connection, from one request to the next.
///
/// On the loop's thread. It outlives whoever holds the request. Nothing here throws.
class Outlet {
 public:
  using Sent = net::Connection::Sent;

  /// What the loop has for those who are held.
  virtual Desk& desk() = 0;
  virtual const Desk& desk() const = 0;

  // --- who asks, and how ---

  /// The other end of the connection.
  virtual const wire::Address& peer() const = 0;
  /// Who follows: the peer, or whom a trusted proxy named. For showing, not for rights.
  virtual const wire::Address& client() const = 0;
  /// Nobody on the way can read it: what the client calls https.
  virtual bool secure() const = 0;
  /// A header line of all answers that are secure, with its CR LF, or nothing. Stays for this turn of the loop.
  virtual std::string_view hsts() const = 0;
  struct Manner {
    bool http_1_0;  ///< no chunks, and what keeps the connection has to be said
    bool head;      ///< no body is sent
    bool close;     ///< the connection ends after the answer
  };
  virtual Manner manner() const = 0;
  /// Nothing in an answer depends on the client: bytes that others get, too, will do.
  virtual bool plain() const = 0;

  // --- answers ---

  /// Writes a whole answer; done() follows. `close`: the connection is to end after it, whatever the client asked for.
  virtual void answer(const wire::Answer& answer, std::string_view body, Time now, bool close = false) = 0;
  /// An answer in JSON that says why not. `headers` as in wire::Answer, `channel` as in wire::error_body().
  void refuse(int status, std::string_view message, Time now, std::string_view headers = {},
              std::string_view channel = {}, bool close = false) {
    wire::Answer refusal;
    refusal.status = status;
    refusal.headers = headers;
    answer(refusal, wire::error_body(message, channel), now, close);
  }
  /// Writes the head of an answer whose body is what is sent until the end, and its first bytes, framed already: in
  /// chunks, but for HTTP/1.0 (see framed()). False: the connection is gone.
  virtual bool open_stream(std::string_view content_type, std::string_view first, Time now) = 0;
  /// Whether what is sent of such a body has to be in chunks.
  bool framed() const { return !manner().http_1_0; }

  // --- bytes ---

  /// Shared bytes: at most `limit` bytes wait, but for the rest of a frame that was begun. Callable from within
  /// push::Subscriber::deliver.
  virtual Sent offer(const FramePtr& frame, std::size_t limit) = 0;
  /// Its own bytes, which are written or wait without a limit.
  virtual Sent put(std::string_view bytes) = 0;
  /// What waits for the client's socket, in bytes.
  virtual std::size_t queued() const = 0;

  // --- a client that takes nothing (net/tcp.h) ---

  /// What it has acknowledged; a system call.
  virtual net::Taken taken() const = 0;
  /// It may take nothing for so long before the connection ends; 0: for as long as it answers.
  virtual void wait_for_reader(Duration most) = 0;
  /// After that: whoever is gone is to be found as soon as others again.
  virtual void hurry() = 0;
  /// What the system keeps of unsent bytes, at most.
  virtual void bound_send_buffer(std::size_t bytes) = 0;

  // --- time ---

  /// Holder::on_deadline() then. There is one; the last that was set counts.
  virtual void set_deadline(Time deadline) = 0;
  virtual void drop_deadline() = 0;
  /// Holder::catch_up() on the loop's next turn, if it is still held then.
  virtual void call_later() = 0;

  // --- the end ---

  /// The answer was sent: the next request may come, or with `close`, or where the client asked for it, the connection
  /// ends. Whoever holds the request isn't holding any more. Callable from within push::Subscriber::deliver.
  virtual void done(bool close = false) = 0;
  /// Ends the connection when everything is written.
  virtual void end() = 0;
  /// The connection is gone: it is closed on the loop's next turn. Callable from within push::Subscriber::deliver.
  virtual void broken() = 0;
  /// At once; what waits is lost.
  virtual void close() = 0;
  /// At once, and so that the client sees that what it got is not all there was.
  virtual void abort() = 0;

  // --- for a request that is passed on ---

  /// Reads on, after Holder::wants_input() said no.
  virtual void read_on() = 0;
  /// What came behind the request: another protocol's, where it makes a tunnel of the connection.
  virtual std::string read_ahead() = 0;
  /// No more will be written: the client sees the end once it has everything. Reading goes on.
  virtual void half_close() = 0;
  /// For the access log, where the status can't be read from what is sent; 0: it can.
  virtual void note_status(int status) = 0;
  /// There is an access log, which wants to know where this request was forwarded to.
  virtual bool logged() const = 0;
  virtual void note_upstream(std::string address) = 0;

 protected:
  Outlet() = default;
  ~Outlet() = default;
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
};

}  // namespace martd::follow
