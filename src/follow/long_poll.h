#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "follow/held_subscriber.h"
#include "http/responses.h"
#include "http/session.h"
#include "push/roster.h"
#include "wire/subscribe_request.h"

namespace martd::follow {

/// A long-poll: looks, parks where there is nothing, answers with the first news or when its wait is over.
class LongPoll final : public HeldSubscriber {
 public:
  /// `session` owns it. `asked.wants` isn't needed longer than begin().
  LongPoll(http::Session& session, const wire::SubscribeRequest& asked, const http::AnswerContext& context);

  /// Answers at once (into `reply`) and is not holding() any more, or parks.
  void begin(const wire::SubscribeRequest& asked, Time now, std::string& reply);

  push::Delivery deliver(const push::Batch& batch, std::uint32_t slot) override;
  void lagged() override;
  void end(push::Ending ending, std::string_view channel, const push::Left& left) override;
  void catch_up(Time now) override;
  void on_deadline(Time now) override;
  void on_writable() override {}
  void stop(Time now) override;
  void hung_up(Time now) override;
  bool takes_requests() const override { return true; }
  std::string_view transport() const override { return "poll"; }
  void describe(push::SubscriberInfo& info) const override { tell_of(session_, info); }

 private:
  /// An answer that waits for a second, as its client may well ask again at once. Nothing is followed meanwhile.
  struct PutOff {
    push::Ending ending;  ///< one2one: refused; replaced: it is over already, and counted
    std::string channel;
    push::Left left;  ///< where it stood
  };

  void refuse(const push::Roster::Refused& refused, Time now, std::string& reply);
  void answer_put_off(Time now);
  void answer_empty(const push::Left& left, Time now);
  void write(const http::Answer& answer, std::string_view etags, std::string_view body, Time now,
             std::string& reply) const;
  /// Nothing is new: 304 where that was asked for.
  void write_empty(std::string_view etags, std::string_view body, Time now, std::string& reply) const;
  void send(const std::string& reply);
  void done(push::Ending ending, std::string_view channel = {}, std::size_t channels = 0);
  void over(push::Ending ending, std::string_view channel, std::size_t channels);
  http::AnswerContext context() const;

  http::Session& session_;
  std::unique_ptr<std::string> cors_;  ///< only for a foreign page
  std::unique_ptr<PutOff> put_off_;
  std::unique_ptr<std::vector<bool>> wants_now_;  ///< by slot: asked for with `now`, so named in every answer
  Duration wait_;
  bool conditional_;  ///< If-None-Match: 304 where there is nothing
  bool close_;
  bool http_1_0_;
};

/// Appends the answer to a subscription that was refused, or kicked before anything was sent: its row's status, and the
/// channel by name.
void append_refused(std::string& out, push::Ending ending, std::string_view channel, const http::AnswerContext& context,
                    Time now);

}  // namespace martd::follow
