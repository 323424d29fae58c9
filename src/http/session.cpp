#include "http/session.h"

#include <utility>

#include "http/request_turn.h"
#include "http/worker.h"

namespace martd::http {
namespace {

/// An idle connection is kept this long for a next request.
constexpr Duration kKeepAlive = std::chrono::seconds{75};
/// What a client may send ahead while it is held; past that it isn't read from until it was answered.
constexpr std::size_t kMostAhead = std::size_t{64} * 1024;
/// The string that answers are gathered in keeps its memory up to this.
constexpr std::size_t kMostReplyKept = std::size_t{4} << 20;

}  // namespace

Session::Session(Worker& worker, int descriptor, net::SslPtr tls, const wire::Address& peer, bool surplus,
                 bool operates)
    : Connection(worker.loop(), descriptor, std::move(tls)),
      worker_(worker),
      surplus_(surplus),
      operates_(operates),
      handshake_(socket().tls()),
      peer_(wire::plain(peer)) {}

Session::~Session() = default;

void Session::start() {
  set_deadline(loop().now() + worker_.settings().header_timeout);
  // Over TLS there is a handshake first, and what comes at once is only its beginning.
  if (handshake_ || !worker_.tries_at_once()) return Connection::start();
  worker_.tried(start_reading());
}

void Session::on_readable() {
  auto& scratch = loop().scratch();
  const net::IoResult result = read(scratch);
  if (arriving_) look_at_handshake();
  switch (result.io) {
    case net::Io::again:
      return watch();
    case net::Io::failed:
      if (handshake_ && fall_back_to_plain())
        return refuse(bad_request("this port speaks https, and the request came in plain HTTP (taken: https://)"));
      return close();
    case net::Io::end:
    case net::Io::cut: {
      const bool tidy = result.io == net::Io::end;
      if (held() && holder_->half_closed(tidy)) return;
      if (held() || all_written()) return tidy ? say_goodbye_and_close() : close();
      return end_after_writing();
    }
    case net::Io::done:
      break;
  }
  std::string_view bytes(scratch.data(), result.bytes);
  if (!held()) {
    process(bytes);
  } else if (bytes = holder_->receive(bytes); !bytes.empty() && holder_->takes_requests()) {
    reader_.keep(bytes);
  }
  watch_if_room();
}

void Session::look_at_handshake() {
  if (!established()) return;
  if (handshake_) (socket().resumed() ? worker_.counters().tls_resumed : worker_.counters().tls_handshakes).add();
  handshake_ = false;
  worker_.arrived(*this);
}

void Session::watch_if_room() {
  // Who doesn't read its answers isn't read from either. While it is held, a hang-up is to be noticed.
  // What waits while nothing holds it is the part of a head, which has a bound of its own.
  if (open() && (held() ? holder_->wants_input() && reader_.waiting() <= kMostAhead : queued() == 0)) watch();
}

void Session::on_writable() {
  if (held()) return holder_->on_writable();
  go_on();
}

void Session::on_deadline(Time now) {
  if (held()) return holder_->on_deadline(now);
  if (const Incoming* incoming = reader_.incoming()) {
    if (incoming->use == Incoming::Use::answered) return close();
    return refuse({408, "the request's body didn't come in time"}, cors_of(incoming->head, peer_, worker_.settings()));
  }
  if (reader_.in_head()) return refuse({408, "the request's header wasn't whole in time (--header-timeout)"});
  say_goodbye_and_close();
}

void Session::on_closed() {
  if (handshake_) worker_.counters().tls_failures.add();
  if (holder_) holder_->hung_up(loop().now());
  end_record();
  worker_.closed(*this);
}

void Session::stop(Time now) {
  if (held()) return holder_->stop(now);
  if (ending()) return;
  // A request whose body is coming is answered first; of one that is only a part of a head nothing is known yet.
  const Incoming* incoming = reader_.incoming();
  if (!incoming || incoming->use == Incoming::Use::answered) end_after_writing();
}

// --- one request after another ---

void Session::process(std::string_view bytes) {
  processing_ = true;
  const Situation situation{worker_.settings(), surplus_, worker_.stopping(), operates_, secure()};
  std::string_view rest = RequestTurn(*this, worker_, reader_, repeated_poll_, situation).serve(bytes);
  processing_ = false;
  if (!open()) return;
  if (held()) rest = holder_->receive(rest);
  if (!open()) return;
  const bool dropped = ending() || close_after_ || (held() && !holder_->takes_requests());
  reader_.end_turn(dropped ? std::string_view() : rest);
  flush_reply();
}

/// The connection ends with it: what follows can't be read.
void Session::refuse(const Refusal& refusal, std::string cors, std::string_view headers) {
  wire::AnswerContext context;
  context.close = true;
  context.cors = std::move(cors);
  context.hsts = hsts();
  if (!record()) begin_record("-", "-");
  begin_answer();
  wire::append_error(worker_.reply(), refusal.status, refusal.message, context, loop().now(), headers);
  worker_.counters().refusals.add();
  reader_.give_up();
  close_after_ = true;
  flush_reply();
  end_record();
}

void Session::flush_reply() {
  std::string& reply = worker_.reply();
  Sent sent = Sent::written;
  if (!reply.empty()) {
    sent = put(reply);
    reply.clear();
    if (reply.capacity() > kMostReplyKept) reply.shrink_to_fit();
  }
  if (sent == Sent::closed) return close();
  if (close_after_ && !held()) end_after_writing();
}

void Session::await_request() {
  set_deadline(loop().now() + kKeepAlive);
  // An answer that the client is slow to take has that time, whatever the kernel thinks of it.
  if (queued() > 0) wait_for_reader(kKeepAlive + worker_.settings().peer_silence());
}

void Session::go_on() {
  if (held() || ending()) return;
  process({});
  watch_if_room();
}

// --- its outlet ---

std::string_view Session::hsts() const {
  return secure() ? std::string_view(worker_.settings().hsts) : std::string_view();
}

follow::Desk& Session::desk() { return worker_.desk(); }

const follow::Desk& Session::desk() const { return worker_.desk(); }

void Session::keep_manner(const wire::AnswerContext& context) {
  http_1_0_ = context.http_1_0;
  head_only_ = context.head;
  close_held_ = context.close;
  if (!context.cors.empty() || seldom_) seldom().cors = context.cors;
}

wire::AnswerContext Session::context_of_manner(bool close) const {
  wire::AnswerContext context;
  context.close = close || close_held_ || worker_.stopping();
  context.http_1_0 = http_1_0_;
  context.head = head_only_;
  if (seldom_) context.cors = seldom_->cors;
  context.hsts = hsts();
  return context;
}

bool Session::plain() const {
  return !http_1_0_ && !head_only_ && !close_held_ && (!seldom_ || seldom_->cors.empty()) && hsts().empty();
}

void Session::answer(const wire::Answer& answer, std::string_view body, Time now, bool close) {
  if (answer.status >= 400) worker_.counters().refusals.add();
  const wire::AnswerContext context = context_of_manner(close);
  if (processing_) return wire::append_answer(worker_.reply(), answer, body, context, now);
  std::string reply;
  wire::append_answer(reply, answer, body, context, now);
  if (put(reply) == Sent::closed) broken();
}

bool Session::open_stream(std::string_view content_type, std::string_view first, Time now) {
  std::string& out = worker_.reply();
  out += wire::ok_lines(now);
  out += "Content-Type: ";
  out += content_type;
  out += "\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nConnection: close\r\n";
  if (!http_1_0_) out += "Transfer-Encoding: chunked\r\n";  // RFC 9112 section 6.1
  out += hsts();
  if (seldom_) out += seldom_->cors;
  out += "\r\n";
  out += first;
  flush_reply();
  return open();
}

void Session::call_later() {
  later([](Session& session) {
    if (session.held()) session.holder_->catch_up(session.loop().now());
  });
}

void Session::done(bool close) {
  close_after_ |= close || close_held_ || worker_.stopping();
  if (processing_) return;  // who reads goes on by itself
  end_record();
  if (close_after_) return later([](Session& session) { session.end_after_writing(); });
  await_request();
  // The next request may be here already.
  if (reader_.waiting() > 0) later([](Session& session) { session.go_on(); });
}

void Session::hurry() { Connection::hurry(worker_.settings().peer_silence()); }

void Session::broken() {
  later([](Session& session) { session.close(); });
}

// --- the access log ---

void Session::begin_record(std::string_view method, std::string_view path) {
  if (worker_.settings().access_log) seldom().record = std::make_unique<AccessRecord>(method, path);
}

void Session::begin_answer() {
  if (record()) record()->begin_answer(worker_.reply().size());
}

void Session::note(Sent sent, std::string_view bytes) {
  if (sent == Sent::written || sent == Sent::queued) record()->sent(bytes);
}

void Session::note_status(int status) {
  if (record() && status != 0) record()->set_status(status);
}

void Session::note_upstream(std::string address) {
  if (record()) record()->set_upstream(std::move(address));
}

void Session::end_written_record() {
  if (!record()) return;
  record()->sent(worker_.reply());
  end_record();
}

void Session::end_record() {
  if (!record()) return;
  const auto record = std::move(seldom_->record);
  if (const AccessLog& log = worker_.settings().access_log) record->tell(log, peer_);
}

}  // namespace martd::http
