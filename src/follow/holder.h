#pragma once

#include <string_view>

#include "base/time.h"

namespace martd::push {
class Subscriber;
}

namespace martd::follow {

/// Whoever holds a request that isn't answered yet: a parked long-poll, a stream, a push that waits for its answer, a
/// request that is forwarded. It talks to its Outlet, which owns it and outlives it; on their loop.
class Holder {
 public:
  virtual ~Holder() = default;

  /// It decides about deadlines and stopping. Once it doesn't hold any more, the next request may come.
  bool holding() const { return holding_; }

  /// Itself, where it follows channels.
  virtual const push::Subscriber* subscriber() const { return nullptr; }
  /// Outlet::call_later() was called: it goes on with what it put off.
  virtual void catch_up(Time) {}
  virtual void on_deadline(Time now) = 0;
  /// The outbox is empty.
  virtual void on_writable() = 0;
  /// The server stops: tell the peer and be done.
  virtual void stop(Time now) = 0;
  /// The peer is gone, or has ended its side.
  virtual void hung_up(Time now) = 0;
  /// Bytes that come while it holds: returns those that are not its own, at the end of `bytes`.
  virtual std::string_view receive(std::string_view bytes) { return bytes; }
  /// Whether the client is read from now; Outlet::read_on() when that changes. Only who is read from is seen to leave.
  virtual bool wants_input() const { return true; }
  /// The client has ended its side; `tidy`: over TLS, it said so. True: this goes on without it, or has broken off what
  /// must not look whole.
  virtual bool half_closed(bool) { return false; }
  /// Whether bytes that are not its own are a next request (or else are to be dropped).
  virtual bool takes_requests() const = 0;

 protected:
  Holder() = default;
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  bool holding_ = true;
};

}  // namespace martd::follow
