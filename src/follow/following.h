#pragma once

#include <memory>

#include "follow/format.h"
#include "follow/held_subscriber.h"

namespace martd::follow {

/// How the messages are written that `asked` asks for, where the answer is a stream; null: it is a long-poll.
const Format* format_of(const wire::SubscribeRequest& asked);

/// Whoever follows as `asked` says, by one of the transports that answer the request itself. Its outlet takes it, and
/// then calls begin(). `outlet` and whatever it needs outlive it.
std::unique_ptr<HeldSubscriber> make_subscriber(Outlet& outlet, const wire::SubscribeRequest& asked);

}  // namespace martd::follow
