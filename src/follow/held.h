#pragma once

#include <string_view>

#include "base/time.h"

namespace martd::push {
class Subscriber;
}

namespace martd::follow {

/// What holds a session instead of a request that is under way: a parked long-poll, a stream, an answer that is put
/// off, a request that is forwarded. Owned by its session, on its loop.
class Held {
 public:
  virtual ~Held() = default;

  /// Still held: it decides about deadlines and stopping. Once not, the session goes on with the next request and lets
  /// it go.
  bool holding() const { return holding_; }

  /// What is held, where it follows channels.
  virtual const push::Subscriber* subscriber() const { return nullptr; }
  /// A subscriber that fell behind through its loop: what follows its cursors.
  virtual void catch_up(Time) {}
  virtual void on_deadline(Time now) = 0;
  /// The outbox is empty.
  virtual void on_writable() = 0;
  /// The server stops: tell the peer and be done.
  virtual void stop(Time now) = 0;
  /// The peer is gone, or has ended its side.
  virtual void hung_up(Time now) = 0;
  /// Bytes that come while it holds: returns those that are not its own, at the end of `bytes`.
  virtual std::string_view take(std::string_view bytes) { return bytes; }
  /// Whether the client is read from now; Session::read_on() when that changes. Only who is read from is seen to leave.
  virtual bool wants_input() const { return true; }
  /// The client has ended its side; `tidy`: over TLS, it said so. True: this goes on without it, or has broken off what
  /// must not look whole.
  virtual bool half_closed(bool) { return false; }
  /// Whether bytes that are not its own are a next request (or else are to be dropped).
  virtual bool takes_requests() const = 0;

 protected:
  Held() = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  bool holding_ = true;
};

}  // namespace martd::follow
