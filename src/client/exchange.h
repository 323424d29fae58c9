#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "client/endpoints.h"
#include "client/failure.h"
#include "net/loop.h"
#include "wire/answer_head.h"

namespace martd::client {

class UpstreamConnection;
class UpstreamPool;

/// What is asked of the site.
struct Order {
  std::string head;          ///< whole, with its empty line, framed for what send() will bring
  bool body = false;         ///< send() and end_of_body() will follow
  bool repeatable = false;   ///< asked twice it does no harm (RFC 9110 section 9.2.2)
  bool head_only = false;    ///< HEAD: the answer has no body whatever it says
  bool may_upgrade = false;  ///< to a WebSocket: an answer 101 makes a tunnel of it
};

/// Who asks. Called on the loop's thread, never from within a call to the exchange; after on_end() or on_failure()
/// nothing comes any more. What it is given as views it must take in before it returns.
class Asker {
 public:
  /// A 1xx that isn't the answer yet.
  virtual void on_interim(const wire::AnswerHead& head) = 0;
  /// `tunnel`: 101; what follows are bytes of another protocol, in both directions.
  virtual void on_answer(const wire::AnswerHead& head, bool tunnel) = 0;
  /// Of the body, without its framing, or of the tunnel.
  virtual void on_piece(std::string_view piece) = 0;
  /// All that came in this turn was given, and is to be written now. It comes after each turn in which anything was,
  /// but where on_end() came instead.
  virtual void on_turn() = 0;
  /// The answer is whole; of a tunnel, the site writes no more, and the exchange goes on.
  virtual void on_end() = 0;
  /// There is no answer, or no more of it.
  virtual void on_failure(Failure failure, std::string_view why) = 0;
  /// What send() gave was written.
  virtual void on_room() = 0;

 protected:
  ~Asker() = default;
};

/// One request on its way to the site and back: waits for a connection, tries the site's addresses, asks once more
/// where a kept connection turned out to be of no use and that is safe. On its loop's thread.
///
/// An address that doesn't take the connection within 250 ms gets company: the next one is tried beside it, and the
/// first that takes it is asked (RFC 8305). All that are tried carry the request; the one that has written its head is
/// the one, and the others are closed before they can write theirs.
class Exchange final : public boost::intrusive_ref_counter<Exchange, boost::thread_unsafe_counter>, private net::Timer {
 public:
  /// `pool` and `asker` must outlive it, or abandon() comes first.
  Exchange(UpstreamPool& pool, Asker& asker, Order order);
  ~Exchange() override;

  void start();
  /// Nothing more is wanted: no call comes any more, and the connection is closed. A tunnel is broken off.
  void abandon();

  /// A piece of the body, framed as the head says, or of the tunnel.
  void send(std::string_view bytes);
  /// What was sent and isn't written yet: send no more until Asker::on_room().
  std::size_t unsent() const;
  /// The body is whole.
  void end_of_body();
  /// Of a tunnel: the client writes no more.
  void end_of_tunnel();
  /// Both sides have ended it: what is still on its way to the site goes there.
  void tunnel_over();
  /// The address that is asked, or was tried last; of size 0 before any was.
  const Endpoint& endpoint() const { return trying_; }
  /// No more of the answer is read until resume().
  void pause();
  void resume();

 private:
  friend class UpstreamConnection;
  friend class UpstreamPool;

  void obtain();
  void admitted();
  void have(std::span<const Endpoint> endpoints);
  void try_next();
  void use_kept(UpstreamConnection& connection);
  void arm();
  void give_up_attempts();
  void fail_later(Failure failure, std::string_view why);
  void fail(Failure failure, std::string_view why);
  void on_timer(Time now) override;

  // --- from its connection ---
  void connected(UpstreamConnection& connection);
  /// `of_no_use`: it ended, or what came first on it was no answer; nothing of one has come.
  void lost(UpstreamConnection& connection, Failure failure, std::string_view why, bool of_no_use);
  void lost_attempt(Failure failure, std::string_view why);

  UpstreamPool& pool_;
  Asker* asker_;  ///< null: it is over
  Order order_;
  boost::intrusive_ptr<UpstreamConnection> connection_;             ///< that is asked
  std::vector<boost::intrusive_ptr<UpstreamConnection>> attempts_;  ///< before: those that are being connected
  std::vector<Endpoint> endpoints_;                                 ///< left to try, the next one last
  Endpoint trying_;
  std::string waiting_;       ///< of the body, until there is a connection
  Time deadline_{};           ///< for a connection
  bool connected_ = false;    ///< what is sent goes straight to the connection
  bool kept_ = false;         ///< the connection served another request before
  bool asked_again_ = false;  ///< a kept connection was of no use: no second one is tried
  bool crowded_ = false;      ///< there was no place for a second attempt
  bool whole_ = false;        ///< end_of_body() was called, or there is no body
  bool paused_ = false;
};
using ExchangePtr = boost::intrusive_ptr<Exchange>;

}  // namespace martd::client
