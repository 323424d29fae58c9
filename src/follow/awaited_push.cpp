#include "follow/awaited_push.h"

#include "follow/desk.h"
#include "wire/push_answer.h"

namespace martd::follow {

AwaitedPush::AwaitedPush(Outlet& outlet) : outlet_(outlet), to_(outlet.desk().waiters().await(*this)) {}

AwaitedPush::~AwaitedPush() {
  // Once it is settled or closed, it may outlive the desk.
  if (holding()) outlet_.desk().waiters().forget(to_.ticket);
}

void AwaitedPush::hung_up(Time) {
  holding_ = false;
  outlet_.desk().waiters().forget(to_.ticket);
}

bool AwaitedPush::half_closed(bool) { return close_ = true; }

void AwaitedPush::settled(std::uint64_t, const push::PushAnswer& answer, Time now) {
  if (!holding()) return;
  holding_ = false;
  const auto body = wire::push_answer_body(answer);
  if (body) {
    outlet_.answer({}, *body, now, close_);
  } else {
    const Refusal& why = body.error();
    outlet_.refuse(why.status, why.message, now, why.status == 503 ? "Retry-After: 2\r\n" : "", {}, close_);
  }
  outlet_.done(close_);
}

}  // namespace martd::follow
