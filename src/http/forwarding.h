#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/held.h"
#include "http/page_answer.h"
#include "http/responses.h"
#include "http/session.h"
#include "http/site_push.h"
#include "proxy/upstream_pool.h"
#include "wire/body_reader.h"
#include "wire/request_head.h"

namespace martd::http {

/// A request that goes to the site, and its answer on the way back: one bounded piece at a time in each direction. What
/// breaks on one side is broken on the other, never ended as if it were whole.
class Forwarding final : public Held, private proxy::Asker {
 public:
  /// `session` owns it.
  Forwarding(Session& session, const wire::RequestHead& head, const AnswerContext& context);
  ~Forwarding() override;

  /// Asks the site.
  void begin(const wire::RequestHead& head, push::Time now);

  std::string_view take(std::string_view bytes) override;
  bool wants_input() const override;
  bool half_closed() override;
  void catch_up(push::Time now) override;
  void on_deadline(push::Time now) override;
  void on_writable() override;
  void stop(push::Time now) override;
  void hung_up(push::Time now) override;
  bool takes_requests() const override { return true; }

 private:
  /// What may wait in one direction before the other side isn't read from.
  static constexpr std::size_t kMostUnsent = std::size_t{64} * 1024;

  enum class Stage : std::uint8_t {
    asking,     ///< no byte of an answer was sent
    answering,  ///< its head was
    tunnel,     ///< 101: bytes of another protocol, both ways
    over,
  };
  enum class Framing : std::uint8_t { as_it_came, chunked, until_close };

  /// How an answer begins.
  struct Opening {
    std::string text;
    Framing framing = Framing::as_it_came;
    bool close = false;
  };

  void on_interim(const wire::AnswerHead& head) override;
  void on_answer(const wire::AnswerHead& head, bool tunnel) override;
  void on_piece(std::string_view piece) override;
  void on_turn() override;
  void on_end() override;
  void on_failure(proxy::Failure failure, std::string_view why) override;
  void on_room() override;

  bool take_stand(const wire::RequestHead& head, push::Time now);
  PageAddress page_address(const wire::RequestHead& head, std::string_view host) const;
  std::string compose(const wire::RequestHead& head, const std::string& upgrade) const;
  void send_body(std::string_view piece);
  void append_status(std::string& out, const wire::AnswerHead& head) const;
  Opening open_answer(const wire::AnswerHead& head, std::span<const wire::Field> fields, bool sized) const;
  void begin_answer(const Opening& opening);
  void pass(std::string_view piece);
  void append_body(std::string_view piece);
  // --- pages (forwarding_page.cpp) ---
  void pass_page();
  void pass_part(PageAnswer::Status status, std::string_view part);
  void end_page();
  void end_answer();
  void flush();
  void refuse(int status, std::string_view message);
  void broken();
  void done();

  Session& session_;
  proxy::ExchangePtr exchange_;
  wire::BodyReader body_;                ///< of the request
  std::string stand_;                    ///< where the page's channels stood: `a=<etag>&b=<etag>`
  std::unique_ptr<SitePush> site_push_;  ///< what the answer asks to be published, until it is
  std::string kept_back_;                ///< the newest piece, while what it ends is to be published first
  std::unique_ptr<PageAnswer> page_;     ///< while the answer is, or may be, a page that gets the script tag
  Opening as_it_came_;                   ///< of such a page, until it is known which
  Opening with_tag_;
  push::Time since_{};
  int status_ = 0;
  Stage stage_ = Stage::asking;
  Framing framing_ = Framing::as_it_came;
  bool chunked_body_;          ///< the request's body goes on in chunks
  bool close_;                 ///< the client's connection ends after the answer
  bool http_1_0_;              ///< the client's
  bool head_only_;             ///< HEAD
  bool wants_page_;            ///< a browser that would show what comes
  bool endless_ = false;       ///< an event stream of the site's
  bool client_ended_ = false;  ///< of a tunnel
  bool site_ended_ = false;    ///< of a tunnel, and of a page that is still on its way through
};

}  // namespace martd::http
