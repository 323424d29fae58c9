#include "follow/following.h"

#include "follow/held_stream.h"
#include "follow/long_poll.h"

namespace martd::follow {

std::unique_ptr<HeldSubscriber> make_subscriber(Outlet& outlet, const wire::SubscribeRequest& asked) {
  if (asked.transport == wire::Transport::poll) return std::make_unique<LongPoll>(outlet, asked);
  const auto kind = asked.transport == wire::Transport::line_stream ? HeldStream::Kind::lines
                    : asked.json                                    ? HeldStream::Kind::json_events
                                                                    : HeldStream::Kind::events;
  return std::make_unique<HeldStream>(outlet, kind, asked.cid);
}

}  // namespace martd::follow
