#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/upstream_pool.h"
#include "follow/holder.h"
#include "follow/outlet.h"
#include "follow/push_waiter.h"
#include "forward/answer_opening.h"
#include "forward/gate.h"
#include "forward/page_answer.h"
#include "forward/positions.h"
#include "forward/site_push.h"
#include "forward/take_watch.h"
#include "wire/answer.h"
#include "wire/body_reader.h"
#include "wire/request_head.h"

namespace martd::forward {

/// A request that goes to the site, and its answer on the way back: one bounded piece at a time in each direction. What
/// breaks on one side is broken on the other, never ended as if it were whole.
class Forwarding final : public follow::Holder, private client::Asker, private follow::PushWaiter {
 public:
  /// `outlet` owns it; `gate` must outlive it.
  Forwarding(follow::Outlet& outlet, Gate& gate, const wire::RequestHead& head);
  ~Forwarding() override;

  /// Asks the site.
  void begin(const wire::RequestHead& head, Time now);

  std::string_view take(std::string_view bytes) override;
  bool wants_input() const override;
  bool half_closed(bool tidy) override;
  void catch_up(Time now) override;
  void on_deadline(Time now) override;
  void on_writable() override;
  void stop(Time now) override;
  void hung_up(Time now) override;
  bool takes_requests() const override { return true; }

 private:
  /// What may wait in one direction before the other side isn't read from.
  static constexpr std::size_t kMostUnsent = std::size_t{64} * 1024;
  /// A client that is sending a body may be silent for this long.
  static constexpr Duration kBodySilence = std::chrono::seconds{60};
  /// What is read away of a body that the site didn't wait for, so that the connection can go on.
  static constexpr std::uint64_t kMostRest = std::uint64_t{256} * 1024;
  static constexpr Duration kRestTime = std::chrono::seconds{5};

  enum class Stage : std::uint8_t {
    asking,     ///< no byte of an answer was sent
    answering,  ///< its head was
    draining,   ///< all of it was; the rest of the request's body is read away
    tunnel,     ///< 101: bytes of another protocol, both ways
    over,
  };

  void on_interim(const wire::AnswerHead& head) override;
  void on_answer(const wire::AnswerHead& head, bool tunnel) override;
  void on_piece(std::string_view piece) override;
  void on_turn() override;
  void on_end() override;
  void on_failure(client::Failure failure, std::string_view why) override;
  void on_room() override;

  Time now() const { return gate_.desk().loop().now(); }
  // --- both ways (forwarding.cpp) ---
  void send_body(std::string_view piece);
  AnswerOpening open(const wire::AnswerHead& head, std::span<const wire::Field> lines, bool sized) const;
  void end_head(AnswerOpening& opening) const;
  void begin_answer(const AnswerOpening& opening);
  void pass(std::string_view piece);
  void append_body(std::string_view piece);
  void pass_end();
  void end_answer();
  void flush();
  void put(std::string_view bytes);
  void arm();
  void let_go();
  void broken();
  void done();
  void record();
  // --- answers before the request was whole (forwarding_rest.cpp) ---
  void judge_rest();
  void drain();
  std::string_view discard_rest(std::string_view bytes);
  // --- answers of ours in place of the site's ---
  void fail(client::Failure failure);
  void refuse(int status, std::string_view message);
  void answer_last_hop(std::string_view method);
  void give_up(int status, wire::Answer& answer, std::string_view body);
  // --- answers that publish (forwarding_push.cpp) ---
  void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time now) override;
  bool publishes() const { return site_push_ && (site_push_->wants_body() || site_push_->waits()); }
  void keep_back(std::string_view piece);
  void keep_end_back();
  void give_up_store();
  void release();
  // --- pages (forwarding_page.cpp) ---
  void pass_page();
  void pass_part(PageAnswer::Status status, std::string_view part);
  void end_page();

  follow::Outlet& outlet_;
  Gate& gate_;
  client::ExchangePtr exchange_;
  wire::BodyReader body_;                ///< of the request
  Positions positions_;                  ///< that the page is told
  std::unique_ptr<SitePush> site_push_;  ///< what the answer asks to be published, until it is
  std::string kept_back_;                ///< the newest piece, while what it ends is to be published first
  std::string kept_head_;                ///< likewise, of an answer without a body
  std::unique_ptr<PageAnswer> page_;     ///< while the answer is, or may be, a page that gets the script tag
  AnswerOpening as_it_came_;             ///< of such a page, until it is known which
  AnswerOpening with_tag_;
  TakeWatch taking_;  ///< the client, while some of the answer waits for it
  Time since_{};
  Time body_due_{};   ///< more of the request's body, until it is whole
  Time store_due_{};  ///< the store's answer, while the end waits for it
  int status_ = 0;
  Stage stage_ = Stage::asking;
  Framing framing_ = Framing::as_it_came;
  bool chunked_body_;          ///< the request's body goes on in chunks
  bool close_;                 ///< the client's connection ends after the answer
  bool awaits_continue_;       ///< the client does, and has sent nothing of its body
  bool shows_page_;            ///< a browser that would show what comes
  bool end_waits_ = false;     ///< the site's answer is whole; its end waits for the store
  bool endless_ = false;       ///< an event stream of the site's
  bool client_ended_ = false;  ///< of a tunnel
  bool site_ended_ = false;    ///< of a tunnel, and of a page that is still on its way through
};

}  // namespace martd::forward
