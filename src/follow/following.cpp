#include "follow/following.h"

#include "follow/follower.h"
#include "follow/formats.h"
#include "follow/long_poll.h"

namespace martd::follow {

const Format* format_of(const wire::SubscribeRequest& asked) {
  switch (asked.transport) {
    case wire::Transport::event_stream:
      return asked.json ? &json_events() : &events();
    case wire::Transport::line_stream:
      return &lines();
    default:
      return nullptr;
  }
}

std::unique_ptr<HeldSubscriber> make_subscriber(Outlet& outlet, const wire::SubscribeRequest& asked) {
  if (const Format* format = format_of(asked)) return std::make_unique<Follower>(outlet, *format, asked.cid);
  return std::make_unique<LongPoll>(outlet, asked);
}

}  // namespace martd::follow
