#pragma once

#include <memory>
#include <string>

#include "follow/held.h"
#include "follow/push_waiter.h"
#include "http/responses.h"
#include "push/hub.h"

namespace martd::http {
class Session;
}

namespace martd::follow {

/// A push or a clear whose answer waits for the store. What the client sends meanwhile waits for its turn; where it
/// hangs up, the push stands.
class AwaitedPush final : public Held, private PushWaiter {
 public:
  /// `session` owns it.
  AwaitedPush(http::Session& session, const http::AnswerContext& context);
  ~AwaitedPush() override;

  /// Where the store is to say what came of it.
  push::AnswerTo to() const { return to_; }

  void on_deadline(Time) override {}
  void on_writable() override {}
  void stop(Time) override { close_ = true; }
  void hung_up(Time) override;
  bool half_closed(bool) override { return close_ = true; }
  bool takes_requests() const override { return true; }

 private:
  void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time now) override;

  http::Session& session_;
  push::AnswerTo to_;
  std::unique_ptr<std::string> cors_;  ///< only for a foreign page
  bool close_;
  bool http_1_0_;
};

}  // namespace martd::follow
