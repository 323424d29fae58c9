#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/refusal.h"
#include "follow/holder.h"
#include "follow/outlet.h"
#include "http/access_log.h"
#include "http/judgement.h"
#include "http/repeated_poll.h"
#include "http/request_reader.h"
#include "net/connection.h"
#include "wire/answer.h"
#include "wire/request_head.h"

namespace martd::http {

class Worker;

/// One connection of a client, and its outlet: what comes is served turn by turn (RequestTurn), or it is held by a
/// request, for whose holder it is the way out.
///
/// A peer that ends its writing side while it is held counts as gone: a half-closed connection looks like one whose
/// peer has left, and browsers and proxies don't half-close.
class Session final : public net::Connection, public follow::Outlet {
 public:
  using Sent = net::Connection::Sent;

  /// `surplus`: over --max-connections; every request is told to come back later.
  /// `operates`: an operator asks, who may push past keys.
  Session(Worker& worker, int descriptor, net::SslPtr tls, const wire::Address& peer, bool surplus, bool operates);
  ~Session() override;

  /// On the loop; it may have been served, or even closed, when this returns.
  void start();
  void stop(Time now);

  // --- Outlet: for whoever holds it ---
  follow::Desk& desk() override;
  const follow::Desk& desk() const override;
  const wire::Address& peer() const override { return peer_; }
  const wire::Address& client() const override { return seldom_ && seldom_->client ? *seldom_->client : peer_; }
  bool secure() const override { return Connection::secure(); }
  std::string_view hsts() const override;
  Manner manner() const override { return {http_1_0_, head_only_, close_held_}; }
  bool plain() const override;
  void answer(const wire::Answer& answer, std::string_view body, Time now, bool close) override;
  bool open_stream(std::string_view content_type, std::string_view first, Time now) override;
  Sent offer(const FramePtr& frame, std::size_t limit) override {
    const Sent sent = Connection::offer(frame, limit);
    if (record()) note(sent, frame->bytes);
    return sent;
  }
  Sent put(std::string_view bytes) override {
    const Sent sent = Connection::put(bytes);
    if (record()) note(sent, bytes);
    return sent;
  }
  std::size_t queued() const override { return Connection::queued(); }
  net::Taken taken() const override { return Connection::taken(); }
  void wait_for_reader(Duration most) override { Connection::wait_for_reader(most); }
  void hurry() override;
  void bound_send_buffer(std::size_t bytes) override { Connection::bound_send_buffer(bytes); }
  void set_deadline(Time deadline) override { Connection::set_deadline(deadline); }
  void drop_deadline() override { Connection::drop_deadline(); }
  void call_later() override;
  void done(bool close) override;
  void end() override { end_after_writing(); }
  void broken() override;
  void close() override { Connection::close(); }
  void abort() override { Connection::abort(); }
  void read_on() override { watch_if_room(); }
  std::string read_ahead() override { return reader_.release(); }
  void half_close() override { Connection::half_close(); }
  void note_status(int status) override;
  bool logged() const override { return record() != nullptr; }
  void note_upstream(std::string address) override;

  // --- for the turn in which its requests are served (RequestTurn) ---

  /// The next request may be served. Not while an answer waits that the client doesn't take: they are not piled up.
  bool may_serve() const { return open() && !ending() && !held() && !close_after_ && queued() == 0; }
  bool held() const { return holder_ && holder_->holding(); }
  /// From here on `holder` answers the request, by this outlet.
  void hold(std::unique_ptr<follow::Holder> holder) { holder_ = std::move(holder); }
  /// Whether the connection ends when what is gathered is written.
  void close_after(bool close) { close_after_ = close; }
  /// How the client asked, for whoever answers by the outlet.
  void keep_manner(const wire::AnswerContext& context);
  /// Whom a trusted proxy named, if any; see client().
  void keep_client(const std::optional<wire::Address>& client) {
    if (client || seldom_) seldom().client = client;
  }
  /// Answers what can't be read, or comes too late. What follows isn't read: the connection ends.
  void refuse(const Refusal& refusal, std::string cors = {}, std::string_view headers = {});
  /// Writes what is gathered.
  void flush_reply();
  /// The request was answered: the time of an idle connection begins.
  void await_request();

  // For the access log; each does nothing where there is none.
  void begin_record(std::string_view method, std::string_view path);
  /// What goes out from now on answers the request, but for what is gathered already.
  void begin_answer();
  /// The answer is among what is gathered.
  void end_written_record();

 private:
  void on_readable() override;
  void on_writable() override;
  void on_deadline(Time now) override;
  void on_closed() override;
  void on_reset() override { close(); }
  void look_at_handshake();
  void process(std::string_view bytes);
  void go_on();
  void watch_if_room();

  wire::AnswerContext context_of_manner(bool close) const;
  /// `task` on the loop's next turn, if this is still open then.
  template <class Task>
  void later(Task task);

  AccessRecord* record() const { return seldom_ ? seldom_->record.get() : nullptr; }
  void note(Sent sent, std::string_view bytes);
  void end_record();

  friend class Worker;
  Worker& worker_;
  Session* next_ = nullptr;
  Session** at_ = nullptr;
  std::unique_ptr<follow::Holder> holder_;
  RepeatedPoll repeated_poll_;
  /// What few requests have.
  struct Seldom {
    std::unique_ptr<AccessRecord> record;  ///< of the request under way, where there is an access log
    std::optional<wire::Address> client;   ///< only where a trusted proxy named another than the peer
    std::string cors;                      ///< header lines for the page that is held, of an allowed foreign origin
  };
  Seldom& seldom() { return seldom_ ? *seldom_ : *(seldom_ = std::make_unique<Seldom>()); }
  std::unique_ptr<Seldom> seldom_;
  // There are many sessions: these fit into the room that the reader leaves, and the address follows without a gap.
  [[no_unique_address]] RequestReader reader_;
  bool surplus_ : 1;
  bool operates_ : 1;
  bool arriving_ : 1 = true;      ///< not established yet: it makes way where there is no room for others
  bool handshake_ : 1;            ///< TLS, and not yet complete
  bool close_after_ : 1 = false;  ///< no further request is taken
  bool processing_ : 1 = false;   ///< what came is being read: answers are gathered, and go out together
  // How the request was asked that is answered by the outlet.
  bool http_1_0_ : 1 = false;
  bool head_only_ : 1 = false;
  bool close_held_ : 1 = false;  ///< its answer is the last
  wire::Address peer_;
};

using SessionPtr = boost::intrusive_ptr<Session>;

template <class Task>
void Session::later(Task task) {
  loop().post([self = SessionPtr(this), task = std::move(task)]() mutable {
    if (self->open()) task(*self);
  });
}

}  // namespace martd::http
