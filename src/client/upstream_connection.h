#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/exchange.h"
#include "net/connection.h"
#include "wire/body_reader.h"

namespace martd::client {

/// One connection to the site: carries one exchange after another, and waits in the pool between them.
class UpstreamConnection final : public net::Connection {
 public:
  /// `pool` must outlive it. The descriptor may still be connecting.
  UpstreamConnection(UpstreamPool& pool, const Endpoint& endpoint, int descriptor, net::SslPtr tls);

  using Connection::close;
  using Connection::half_close;
  using Connection::put;
  using Connection::queued;
  using Connection::Sent;
  using Connection::set_deadline;

  /// Writes the request's head and reads the answer. `exchange` stays until it is let go of.
  void carry(Exchange& exchange);
  /// The exchange is over for its asker.
  void let_go();
  /// The same, of a tunnel that both sides have ended: what waits to be written is.
  void end();
  /// The answer may take --upstream-timeout from now.
  void await_answer();
  void resume();
  /// Of one that is kept: nothing has come since the answer, neither bytes nor its end. What has would be taken for the
  /// next answer.
  bool silent();

  Time idle_since() const { return idle_since_; }
  /// Where it leads.
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  enum class Step : std::uint8_t {
    connecting,  ///< and, over TLS, shaking hands
    head,        ///< awaiting the answer's head, or more of it
    body,
    tunnel,
    idle,  ///< in the pool
  };

  void on_readable() override;
  void on_writable() override;
  void on_deadline(Time now) override;
  void on_closed() override;
  void on_write_failed() override;

  void connected();
  void take(std::string_view bytes);
  bool take_head(std::string_view& bytes, std::string& kept);
  void take_answer(const wire::AnswerHead& head);
  void ended(bool tidy);
  void finish(bool surplus);
  void fail(Failure failure, std::string_view why);

  UpstreamPool& pool_;
  const Endpoint endpoint_;
  net::SslPtr verified_;  ///< while connecting over TLS: it is asked why, once the socket is closed
  ExchangePtr exchange_;
  wire::BodyReader reader_ = wire::BodyReader::none();
  std::string partial_;  ///< of a head
  Time idle_since_{};
  Failure failure_ = Failure::broken;  ///< what is told when it closes
  std::string why_;
  std::uint8_t interims_ = 0;
  bool keep_alive_ = false;
  bool no_answer_ = false;  ///< what came first was none
  Step step_ = Step::connecting;
};
using UpstreamConnectionPtr = boost::intrusive_ptr<UpstreamConnection>;

}  // namespace martd::client
