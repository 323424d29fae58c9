#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "push/etag.h"

namespace martd::push {

/// What a publisher sent, the same for every channel that it went to. Never changed once it is in a hub, shared
/// between threads by counted reference.
struct Content : boost::intrusive_ref_counter<Content, boost::thread_safe_counter> {
  std::string payload;             ///< byte for byte; empty: it only sets attributes and is sent to nobody
  std::string content_type;        ///< of the publisher's request; empty where it gave none
  std::string event;               ///< event name for event streams, or empty
  std::string id;                  ///< the publisher's own id, or empty
  std::optional<Duration> expire;  ///< this message's own, shorter life
};
using ContentPtr = boost::intrusive_ptr<const Content>;

/// One message in one channel. A value: copying counts a reference.
struct Message {
  Etag etag{};
  Time published{};
  ContentPtr content;

  /// An empty one takes an etag and a place in the backlog, and is not sent to anyone.
  bool visible() const { return !content->payload.empty(); }
};

}  // namespace martd::push
