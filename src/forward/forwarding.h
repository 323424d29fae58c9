#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/exchange.h"
#include "follow/holder.h"
#include "follow/outlet.h"
#include "follow/push_waiter.h"
#include "forward/gate.h"
#include "forward/site_answer.h"
#include "forward/tunnel.h"
#include "forward/upload.h"
#include "wire/answer.h"
#include "wire/request_head.h"

namespace martd::forward {

/// A request that goes to the site, and its answer on the way back: one bounded piece at a time in each direction. What
/// breaks on one side is broken on the other, never ended as if it were whole.
///
/// The request's body on its way in is the matter of Upload, the site's answer on its way out that of SiteAnswer, what
/// comes after a 101 that of Tunnel. This owns them and the exchange with the site, hands each what is its own, and
/// decides how the request ends.
class Forwarding final : public follow::Holder, private client::Asker, private follow::PushWaiter {
 public:
  /// `outlet` owns it; `gate` must outlive it.
  Forwarding(follow::Outlet& outlet, Gate& gate, const wire::RequestHead& head);
  ~Forwarding() override;

  /// Asks the site. `head` need not stay.
  void begin(const wire::RequestHead& head, Time now);

  std::string_view receive(std::string_view bytes) override;
  bool wants_input() const override;
  bool half_closed(bool tidy) override;
  void catch_up(Time now) override;
  void on_deadline(Time now) override;
  void on_writable() override;
  void stop(Time now) override;
  void hung_up(Time now) override;
  bool takes_requests() const override { return true; }

 private:
  enum class Stage : std::uint8_t {
    passing,   ///< the request to the site, the answer to the client
    draining,  ///< all of the answer was sent; the rest of the request's body is read away
    tunnel,    ///< 101: bytes of another protocol, both ways
    over,
  };

  void on_interim(const wire::AnswerHead& head) override;
  void on_answer(const wire::AnswerHead& head, bool tunnel) override;
  void on_piece(std::string_view piece) override;
  void on_turn() override;
  void on_end() override;
  void on_failure(client::Failure failure, std::string_view why) override;
  void on_room() override;
  void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time now) override;

  Time now() const { return gate_.desk().loop().now(); }
  /// The client can still be told something else than what the site says.
  bool unanswered() const { return stage_ == Stage::passing && !answer_.begun(); }
  void go_on();
  void act_on(SiteAnswer::Progress progress);
  void pace();
  void arm();
  // --- answers of ours in place of the site's ---
  void fail(client::Failure failure);
  void refuse(int status, std::string_view message);
  void answer_last_hop(std::string_view method);
  void give_up(int status, wire::Answer& answer, std::string_view body);
  // --- the end ---
  void drain();
  void let_go();
  void broken();
  void done();
  void record();

  follow::Outlet& outlet_;
  Gate& gate_;
  client::ExchangePtr exchange_;  ///< until nothing more is wanted of the site
  Upload upload_;
  SiteAnswer answer_;
  std::optional<Tunnel> tunnel_;  ///< from the 101 on
  Time since_{};
  int status_ = 0;
  Stage stage_ = Stage::passing;
  bool close_;       ///< the client's connection ends after the answer, whatever that says
  bool shows_page_;  ///< a browser that would show what comes
};

}  // namespace martd::forward
