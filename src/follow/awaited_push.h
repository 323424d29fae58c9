#pragma once

#include "follow/holder.h"
#include "follow/outlet.h"
#include "follow/push_waiter.h"
#include "push/loop_port.h"

namespace martd::follow {

/// A push or a clear whose answer comes later. What the client sends meanwhile waits for its turn; where it hangs up,
/// the push stands.
class AwaitedPush final : public Holder, private PushWaiter {
 public:
  /// `outlet` owns it.
  explicit AwaitedPush(Outlet& outlet);
  ~AwaitedPush() override;

  /// Where the answer is to go.
  push::AnswerTo to() const { return to_; }

  void on_deadline(Time) override {}
  void on_writable() override {}
  void stop(Time) override {}
  void hung_up(Time) override;
  bool half_closed(bool) override;
  bool takes_requests() const override { return true; }

 private:
  void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time now) override;

  Outlet& outlet_;
  push::AnswerTo to_;
  bool close_ = false;  ///< the client has ended its side
};

}  // namespace martd::follow
