#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "follow/held_subscriber.h"
#include "push/roster.h"
#include "wire/answer.h"

namespace martd::follow {

/// A long-poll: looks, parks where there is nothing, answers with the first news or when its wait is over.
class LongPoll final : public HeldSubscriber {
 public:
  /// `outlet` owns it.
  LongPoll(Outlet& outlet, const wire::SubscribeRequest& asked);

  void begin(const wire::SubscribeRequest& asked, Time now) override;

  push::Delivery deliver(const push::Batch& batch, std::uint32_t slot) override;
  void lagged() override { outlet_.call_later(); }
  void end(push::Ending ending, std::string_view channel, const push::Left& left) override;
  void catch_up(Time now) override;
  void on_deadline(Time now) override;
  void on_writable() override {}
  void stop(Time now) override;
  void hung_up(Time now) override;
  bool takes_requests() const override { return true; }
  std::string_view transport() const override { return "poll"; }

 private:
  /// An answer that waits for a second, as its client may well ask again at once. Nothing is followed meanwhile.
  struct PutOff {
    push::Ending ending;  ///< one2one: refused; replaced: it has ended already, and was counted
    std::string channel;
    push::Left left;  ///< where it stood
  };

  void refuse(const push::SeatRefusal& refused, Time now);
  void answer_put_off(Time now);
  void answer_left(const push::Left& left, Time now);
  void write(wire::Answer answer, std::string_view etags, std::string_view body, Time now);
  /// Nothing is new: 304 where that was asked for.
  void write_empty(std::string_view etags, std::string_view body, Time now);
  void finish(push::Ending ending, std::string_view channel = {}, std::size_t channels = 0);
  void count(push::Ending ending, std::string_view channel, std::size_t channels);

  std::unique_ptr<PutOff> put_off_;
  std::unique_ptr<std::vector<bool>> wants_now_;  ///< by slot: asked for with `now`, so named in every answer
  Duration wait_;
  bool conditional_;  ///< If-None-Match: 304 where there is nothing
};

/// The whole answer to a subscription that was refused, or kicked before anything was sent: 409, 403 or 503, and the
/// channel by name.
void answer_refused(Outlet& outlet, push::Ending ending, std::string_view channel, Time now);

}  // namespace martd::follow
