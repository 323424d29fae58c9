// How a session reads requests.

#include <utility>

#include "access/asker.h"
#include "http/request_limits.h"
#include "http/router.h"
#include "http/session.h"
#include "http/worker.h"

namespace martd::http {
namespace {

/// Answers to pipelined requests go out together, up to this.
constexpr std::size_t kMostReply = 64 * 1024;
/// The string that answers are gathered in keeps its memory up to this.
constexpr std::size_t kMostReplyKept = std::size_t{4} << 20;

}  // namespace

void Session::process(std::string_view bytes) {
  processing_ = true;
  RequestReader::Unread unread = reader_.begin_turn(bytes);
  // Answers that the client doesn't take are not piled up: it goes on when they are written.
  while (open() && !ending() && !held() && !close_after_ && queued() == 0 && read_next(unread))
    if (worker_.reply().size() >= kMostReply) flush_reply();
  processing_ = false;
  if (!open()) return;
  if (held()) unread.bytes = holder_->receive(unread.bytes);
  if (!open()) return;
  const bool dropped = ending() || close_after_ || (held() && !holder_->takes_requests());
  reader_.end_turn(dropped ? std::string_view() : unread.bytes);
  flush_reply();
}

/// False: no more can be read now.
bool Session::read_next(RequestReader::Unread& unread) {
  if (reader_.incoming()) return read_body(unread);
  if (!RequestReader::reach_request(unread)) return false;
  if (poll_head_ && unread.looked == 0 && ask_again(unread)) return true;
  const bool begun = reader_.in_head();
  const auto head = reader_.next_head(unread, worker_.settings());
  if (!head) {
    refuse(head.error().status, head.error().message);
    return false;
  }
  if (!head->empty()) return begin(*head, unread.bytes);
  if (!begun) set_deadline(loop().now() + worker_.settings().header_timeout);
  return false;
}

/// A request whose head is whole; `data` is what follows it. False: no more can be read now.
bool Session::begin(std::string_view bytes, std::string_view& data) {
  const Settings& settings = worker_.settings();
  wire::RequestHead head;
  if (const auto refusal = RequestReader::read_head(bytes, settings, head)) {
    // A page with too long a query is to be able to read why; who is malformed is no page.
    refuse(refusal->status, refusal->message, refusal->status == 414 ? cors_of(head) : std::string());
    return false;
  }
  wire::Request request(head, {}, peer_);
  begin_record(head.method, request.path);
  plain_poll_ = false;
  const Route route = route_of(request.path, settings.prefix, settings.has_upstream);
  const bool forwarded = route == Route::elsewhere && settings.has_upstream;
  if (const auto elsewhere = access::misdirected(request, forwarded && settings.upstream_host, settings.access)) {
    refuse_by_head(head, bytes, {elsewhere->status, elsewhere->message, {}, {}});
    return true;
  }
  if (redirects(request)) {
    redirect(head, data);
    return true;
  }
  if (forwarded) {
    forward(head, data);
    if (!held()) {
      end_written_record();
      await_request();
    }
    return true;
  }
  if (const std::size_t limit = body_limit(route, settings); head.content_length.value_or(0) > limit) {
    const Refusal refusal = body_too_long(route, limit);
    refuse(refusal.status, refusal.message, cors_of(head));
    return false;
  }
  if (const auto body = RequestReader::whole_body(head, data)) {
    // As nearly always: all of it came at once, and nothing of it is copied.
    request.body = *body;
    serve(request, route);
    if (plain_poll_) poll_head_ = worker_.known_heads().remember(bytes.substr(bytes.find("\r\n") + 2));
    return true;
  }
  if (const auto refusal = refused_by_head(request, route)) {
    refuse_by_head(head, bytes, *refusal);
    return true;
  }
  return await_body(head, bytes, route);
}

/// Its body is still to come, and nothing in its head is against it.
bool Session::await_body(const wire::RequestHead& head, std::string_view bytes, Route route) {
  if (!reader_.await_body(head, bytes, route, worker_.settings(), worker_.bodies())) {
    HeadRefusal refusal = no_room();
    refusal.cors = cors_of(head);
    refuse_by_head(head, bytes, refusal);
    return true;
  }
  const std::size_t most = head.chunked ? reader_.incoming()->limit : head.content_length.value_or(0);
  set_deadline(loop().now() + body_time(most));
  if (!head.http_1_0 && head.fields.names("Expect", "100-continue")) worker_.reply() += "HTTP/1.1 100 Continue\r\n\r\n";
  return true;
}

Session::HeadRefusal Session::no_room() {
  worker_.counters().bodies_refused.add();
  return {503, no_room_for_body().message, "Retry-After: 2\r\n", {}};
}

/// Before its body is read: what comes of that is read away, as far as is sensible.
void Session::refuse_by_head(const wire::RequestHead& head, std::string_view bytes, const HeadRefusal& refusal) {
  wire::AnswerContext context;
  context.close = !head.keep_alive || worker_.stopping() || surplus_ || !can_read_away(head);
  context.http_1_0 = head.http_1_0;
  context.head = head.method == "HEAD";
  context.cors = refusal.cors;
  context.hsts = hsts();
  if (record()) record()->begin_answer(worker_.reply().size());
  wire::append_error(worker_.reply(), refusal.status, refusal.message, context, loop().now(), refusal.headers);
  worker_.counters().requests.add();
  worker_.counters().refusals.add();
  end_written_record();
  await_request();
  close_after_ = context.close;
  if (close_after_ || head.content_length.value_or(0) == 0) return;
  reader_.read_away(bytes);
  set_deadline(loop().now() + body_time(0));
}

/// Of a request whose body was still to come. False: no more can be read now.
bool Session::read_body(RequestReader::Unread& unread) {
  const Settings& settings = worker_.settings();
  const auto whole = reader_.read_body(unread, settings);
  if (!whole) {
    const Refusal& refusal = whole.error();
    const bool no_room = refusal.status == 503;
    if (no_room) worker_.counters().bodies_refused.add();
    refuse(refusal.status, refusal.message, cors_of(reader_.incoming()->head), no_room ? "Retry-After: 2\r\n" : "");
    return false;
  }
  if (!*whole) return false;
  const Incoming& incoming = **whole;
  if (incoming.use == Incoming::Use::answered) {
    await_request();
    return true;
  }
  const wire::Request request(incoming.head, incoming.body, peer_);
  serve(request, route_of(request.path, settings.prefix, settings.has_upstream));
  return true;
}

std::string Session::cors_of(const wire::RequestHead& head) const {
  const wire::Request request(head, {}, peer_);
  const Route route = route_of(request.path, worker_.settings().prefix, worker_.settings().has_upstream);
  if (route != Route::publish && route != Route::subscribe) return {};
  return access::origin_of(request, worker_.settings().access).cors;
}

void Session::refuse(int status, std::string_view message, std::string cors, std::string_view headers) {
  wire::AnswerContext context;
  context.close = true;
  context.cors = std::move(cors);
  if (!record()) begin_record("-", "-");
  if (record()) record()->begin_answer(worker_.reply().size());
  context.hsts = hsts();
  wire::append_error(worker_.reply(), status, message, context, loop().now(), headers);
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

}  // namespace martd::http
