#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/refusal.h"
#include "follow/held.h"
#include "http/access_log.h"
#include "http/incoming.h"
#include "http/known_heads.h"
#include "http/responses.h"
#include "http/router.h"
#include "net/connection.h"
#include "wire/request.h"
#include "wire/subscribe_request.h"

namespace martd::access {
struct Asker;
}

namespace martd::http {

class Worker;

/// One connection of a client: reads requests one after another, answers them in order, or is held by one of them.
///
/// A peer that ends its writing side while it is held counts as gone: a half-closed connection looks like one whose
/// peer has left, and browsers and proxies don't half-close.
class Session final : public net::Connection {
 public:
  /// `surplus`: over --max-connections; every request is told to come back later.
  /// `operates`: an operator asks, who may push past keys.
  Session(Worker& worker, int descriptor, net::SslPtr tls, const wire::Address& peer, bool surplus, bool operates);
  ~Session() override;

  /// On the loop; it may have been served, or even closed, when this returns.
  void start();
  void stop(Time now);

  // --- for what holds it ---
  using Connection::abort;
  using Connection::bound_send_buffer;
  using Connection::close;
  using Connection::drop_deadline;
  using Connection::end_after_writing;
  using Connection::half_close;
  using Connection::queued;
  using Connection::Sent;
  using Connection::set_deadline;
  using Connection::taken;
  using Connection::wait_for_reader;
  Sent offer(const FramePtr& frame, std::size_t limit) {
    const Sent sent = Connection::offer(frame, limit);
    if (record_) note(sent, frame->bytes);
    return sent;
  }
  Sent put(std::string_view bytes) {
    const Sent sent = Connection::put(bytes);
    if (record_) note(sent, bytes);
    return sent;
  }
  /// After wait_for_reader(): whoever is gone is to be found as soon as others again.
  void hurry();
  Worker& worker() { return worker_; }
  const Worker& worker() const { return worker_; }
  const wire::Address& peer() const { return peer_; }
  /// What came ahead of its turn: another protocol's, where the request before it made a tunnel of the connection.
  std::string take_ahead() { return input_ ? std::move(*std::exchange(input_, nullptr)) : std::string(); }
  /// Reads on, after Held::wants_input() said no.
  void read_on() { watch_if_room(); }
  /// For the access log, where the status can't be read from what is sent; 0: it can.
  void note_status(int status);
  /// There is an access log, which wants to know where this request was forwarded to.
  bool logged() const { return record_ != nullptr; }
  void note_upstream(std::string address);
  /// As in AnswerContext. Stays for this turn of the loop.
  std::string_view hsts() const;
  /// Who follows: the peer, or whom a trusted proxy named with the last subscription.
  const wire::Address& client() const { return client_ ? *client_ : peer_; }
  /// A held answer was sent: the next request may come, or the connection ends. Callable from within
  /// Subscriber::deliver.
  void answered(bool close_after);
  /// The connection is broken: closes it on the loop's next turn. Callable from within Subscriber::deliver.
  void broken();
  /// For who fell behind.
  void catch_up();
  /// `task` on the loop's next turn, if this is still open then.
  template <class Task>
  void later(Task task);

 private:
  static constexpr std::size_t kMaxHead = 64 * 1024;
  static constexpr std::size_t kMaxTarget = 16 * 1024;
  static constexpr std::size_t kMaxPushTarget = 64 * 1024;  ///< of /pub: a push to a thousand channels names them all
  struct HeadLimits {
    std::size_t target;  ///< bytes
    std::size_t head;    ///< bytes, with the target
  };

  void on_readable() override;
  void on_writable() override;
  void on_deadline(Time now) override;
  void on_closed() override;
  void on_reset() override { close(); }

  // --- reading requests (session_requests.cpp) ---
  void process(std::string_view bytes);
  HeadLimits limits_of(std::string_view begun) const;
  void refuse_head_over(const HeadLimits& limits, bool by_target);
  void await_head(std::string_view part);
  bool begin(std::string_view bytes, std::string_view& data);
  bool read_body(std::string_view& data);
  /// What a head alone decides.
  struct HeadRefusal {
    int status = 0;
    std::string message;
    std::string headers;  ///< more lines of the answer, each with CR LF
    std::string cors;
  };
  void refuse(int status, std::string_view message, std::string cors = {}, std::string_view headers = {});
  void refuse_by_head(const wire::RequestHead& head, std::string_view bytes, const HeadRefusal& refusal);
  bool await_body(const wire::RequestHead& head, std::string_view bytes, Place place);
  HeadRefusal no_room();
  void refuse_body(const wire::RequestHead& head, std::size_t limit);
  std::string cors_of(const wire::RequestHead& head) const;
  void flush_reply();
  // --- answering them (session_answers.cpp) ---
  std::optional<HeadRefusal> refused(const wire::Request& request, Place place) const;
  std::optional<HeadRefusal> refused_by_head(const wire::Request& request, Place place);
  access::Asker asker_of_place(const wire::Request& request, Place place) const;
  void handle(const wire::Request& request, Place place);
  bool ask_again(std::string_view& data);
  bool redirects() const;
  bool redirects(const wire::Request& request) const;
  void redirect(const wire::RequestHead& head, std::string_view& data);
  void publish(const wire::Request& request, const access::Asker& asker, const AnswerContext& context, Time now);
  void subscribe(const wire::Request& request, const AnswerContext& context);
  void forward(const wire::RequestHead& head, std::string_view& data);
  void hold_poll(wire::SubscribeRequest& asked, const AnswerContext& context, Time now);
  void hold_stream(wire::SubscribeRequest& asked, const AnswerContext& context, Time now);
  void send_later(wire::Transport transport, const AnswerContext& context, Time now);
  // --- the access log (session.cpp) ---
  void serve(const wire::Request& request, Place place);
  void begin_record(std::string_view method, std::string_view path);
  void note(Sent sent, std::string_view bytes);
  void end_written_record();
  void end_record();

  void go_on();
  void await_request();
  void watch_if_room();
  void look_at_handshake();

  bool held() const { return held_ && held_->holding(); }
  std::size_t waiting() const { return input_ ? input_->size() : 0; }

  friend class Worker;
  Worker& worker_;
  Session* next_ = nullptr;
  Session** at_ = nullptr;
  std::unique_ptr<follow::Held> held_;
  std::unique_ptr<Incoming> incoming_;     ///< while a request's body is coming
  std::unique_ptr<std::string> input_;     ///< an unfinished head, or what came before its turn
  KnownHeadPtr poll_head_;                 ///< of its last long-poll, where the lines say nothing that matters
  std::unique_ptr<AccessRecord> record_;   ///< of the request under way, where there is an access log
  std::unique_ptr<wire::Address> client_;  ///< only where a trusted proxy named another than the peer
  wire::Address peer_;
  bool head_begun_ = false;  ///< its deadline runs
  // There are many sessions: these fit into the room that is there.
  bool surplus_ : 1;
  bool operates_ : 1;
  bool arriving_ : 1 = true;      ///< not established yet: it makes way where there is no room for others
  bool handshake_ : 1;            ///< TLS, and not yet complete
  bool close_after_ : 1 = false;  ///< no further request is taken
  bool plain_poll_ : 1 = false;   ///< the request that was just handled was one: its lines are worth remembering
};

using SessionPtr = boost::intrusive_ptr<Session>;

template <class Task>
void Session::later(Task task) {
  loop().post([self = SessionPtr(this), task = std::move(task)]() mutable {
    if (self->open()) task(*self);
  });
}

}  // namespace martd::http
