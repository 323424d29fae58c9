#include "http/request_turn.h"

#include <memory>
#include <utility>

#include "access/asker.h"
#include "follow/follower.h"
#include "follow/following.h"
#include "forward/forwarding.h"
#include "http/https.h"
#include "http/request_limits.h"
#include "http/responder.h"
#include "http/session.h"
#include "http/worker.h"

namespace martd::http {
namespace {

/// Answers to pipelined requests go out together, up to this.
constexpr std::size_t kMostReply = std::size_t{64} * 1024;
/// With a 503 that is about a moment.
constexpr std::string_view kComeBack = "Retry-After: 2\r\n";

}  // namespace

inline Counters& RequestTurn::counters() const { return worker_.counters(); }

inline std::string& RequestTurn::reply() const { return worker_.reply(); }

inline Time RequestTurn::now() const { return worker_.loop().now(); }

std::string_view RequestTurn::serve(std::string_view came) {
  unread_ = reader_.begin_turn(came);
  while (session_.may_serve()) {
    if (reader_.incoming()) {
      if (!read_body()) break;
    } else {
      if (!RequestReader::reach_request(unread_)) break;
      const bool short_way = repeated_poll_.known() && unread_.looked == 0;
      if (!(short_way && answer_again()) && !read_head()) break;
    }
    if (reply().size() >= kMostReply) session_.flush_reply();
  }
  return unread_.bytes;
}

/// False: no more can be read now.
bool RequestTurn::read_head() {
  if (const std::string_view head = reader_.next_head(unread_); !head.empty()) return begin(head);
  const bool begun = reader_.in_head();
  if (const auto refusal = reader_.await_head(unread_, settings()))
    session_.refuse(*refusal);
  else if (!begun)
    session_.set_deadline(now() + settings().header_timeout);
  return false;
}

/// Of a request whose body was still to come. False: no more can be read now.
bool RequestTurn::read_body() {
  const auto whole = reader_.read_body(unread_, settings());
  if (!whole) {
    const bool no_room = whole.error().status == 503;
    if (no_room) counters().bodies_refused.add();
    session_.refuse(whole.error(), cors_of(reader_.incoming()->head), no_room ? kComeBack : std::string_view());
    return false;
  }
  if (!*whole) return false;
  const Incoming& incoming = **whole;
  if (incoming.use == Incoming::Use::answered) {
    session_.await_request();
    return true;
  }
  const wire::Request request(incoming.head, incoming.body, session_.peer());
  answer(request, route_of(request.path, settings().prefix, settings().has_upstream));
  return true;
}

/// A request whose head is whole. False: no more can be read now.
bool RequestTurn::begin(std::string_view bytes) {
  wire::RequestHead head;
  if (const auto refusal = RequestReader::read_head(bytes, settings(), head)) {
    // A page with too long a query is to be able to read why; who is malformed is no page.
    session_.refuse(*refusal, refusal->status == 414 ? cors_of(head) : std::string());
    return false;
  }
  wire::Request request(head, {}, session_.peer());
  session_.begin_record(head.method, request.path);
  const Route route = route_of(request.path, settings().prefix, settings().has_upstream);
  const bool forwarded = route == Route::elsewhere && settings().has_upstream;
  if (auto elsewhere = access::misdirected(request, forwarded && settings().upstream_host, settings().access)) {
    refuse_by_head(head, bytes, {*std::move(elsewhere), {}});
    return true;
  }
  if (redirects(request, settings(), situation_.secure)) {
    redirect(request);
    return true;
  }
  if (forwarded) {
    forward(head);
    if (!session_.held()) {
      session_.end_written_record();
      session_.await_request();
    }
    return true;
  }
  if (const std::size_t limit = body_limit(route, settings()); head.content_length.value_or(0) > limit) {
    session_.refuse(body_too_long(route, limit), cors_of(head));
    return false;
  }
  if (const auto body = RequestReader::whole_body(head, unread_.bytes)) {
    // As nearly always: all of it came at once, and nothing of it is copied.
    request.body = *body;
    if (answer(request, route)) repeated_poll_.remember(request, bytes, worker_.known_heads());
    return true;
  }
  const Judgement judgement = judge_before_body(request, route, situation_, worker_.hub(), now());
  if (judgement.refusal) {
    refuse_by_head(head, bytes, *judgement.refusal, judgement.cors());
    return true;
  }
  return await_body(head, bytes, route);
}

/// Its body is still to come, and nothing in its head is against it.
bool RequestTurn::await_body(const wire::RequestHead& head, std::string_view bytes, Route route) {
  if (!reader_.await_body(head, bytes, route, settings(), worker_.bodies())) {
    counters().bodies_refused.add();
    refuse_by_head(head, bytes, {no_room_for_body(), std::string(kComeBack)}, cors_of(head));
    return true;
  }
  const std::size_t most = head.chunked ? reader_.incoming()->limit : head.content_length.value_or(0);
  session_.set_deadline(now() + body_time(most));
  if (!head.http_1_0 && head.fields.names("Expect", "100-continue")) reply() += "HTTP/1.1 100 Continue\r\n\r\n";
  return true;
}

/// A whole request for a path of ours. True: it is a long-poll, which nothing is against.
bool RequestTurn::answer(const wire::Request& request, Route route) {
  session_.begin_answer();
  counters().requests.add();
  session_.await_request();
  wire::AnswerContext context = context_of(request.head, situation_);
  session_.close_after(context.close);
  const Judgement judgement = judge(request, route, situation_);
  context.cors = judgement.cors();
  const auto respond = [&]() -> Response {
    if (!judgement.refusal)
      return Responder(session_, worker_.hub(), settings(), reply())
          .respond(request, route, judgement.asker, context, now());
    const HeadRefusal& refusal = *judgement.refusal;
    wire::append_error(reply(), refusal.status, refusal.message, context, now(), refusal.headers);
    return {refusal.status, nullptr, {}};
  };
  Response response = respond();
  if (response.status >= 400) counters().refusals.add();
  bool polls = false;
  if (response.status == 0) session_.keep_manner(context);
  if (response.holder) {
    session_.hold(std::move(response.holder));
    session_.close_after(false);  // its answer says so
  } else if (response.wanted) {
    session_.keep_client(access::proxied_client(request, settings().access));
    if (!situation_.serves()) {
      follow::answer_later(session_, follow::format_of(*response.wanted), now());
    } else {
      polls = response.wanted->transport == wire::Transport::poll;
      follow(*response.wanted);
    }
  }
  // What isn't held by now has its answer among those that go out together.
  if (!session_.held()) session_.end_written_record();
  return polls;
}

/// The same for a long-poll that is read the short way. False, and nothing is done: it isn't one.
bool RequestTurn::answer_again() {
  const auto again = repeated_poll_.read(unread_.bytes, situation_);
  if (!again) return false;
  reader_.pass(unread_, again->bytes);
  counters().requests.add();
  session_.begin_record("GET", again->path);
  session_.begin_answer();
  session_.keep_manner({});
  follow(*again->wanted);
  if (!session_.held()) {
    session_.end_written_record();
    session_.await_request();
  }
  return true;
}

/// To https. A body that isn't here yet is not waited for.
void RequestTurn::redirect(const wire::Request& request) {
  counters().requests.add();
  session_.await_request();
  const bool whole = RequestReader::whole_body(request.head, unread_.bytes).has_value();
  session_.begin_answer();
  wire::AnswerContext context = context_of(request.head, situation_);
  context.close |= !whole;
  context.cors = cors_of(request.head);
  session_.close_after(context.close);
  const int status = append_redirect(reply(), request, settings(), context, now());
  if (status >= 400) counters().refusals.add();
  session_.end_written_record();
}

/// For the site; its body is read from what follows, as it comes.
void RequestTurn::forward(const wire::RequestHead& head) {
  session_.flush_reply();  // the answers to what was asked before
  if (!session_.open()) return;
  session_.begin_answer();
  counters().requests.add();
  const wire::AnswerContext context = context_of(head, situation_);
  if (!situation_.serves()) {
    const HeadRefusal refusal = refused_service(situation_);
    session_.close_after(true);
    counters().refusals.add();
    return wire::append_error(reply(), refusal.status, refusal.message, context, now(), refusal.headers);
  }
  session_.keep_manner(context);
  auto forwarding = std::make_unique<forward::Forwarding>(session_, worker_.gate(), head);
  forward::Forwarding& holder = *forwarding;
  session_.hold(std::move(forwarding));
  holder.begin(head, now());
  unread_.bytes = holder.receive(unread_.bytes);
}

void RequestTurn::follow(const wire::SubscribeRequest& wanted) {
  auto made = follow::make_subscriber(session_, wanted);
  follow::HeldSubscriber& subscriber = *made;
  session_.hold(std::move(made));  // it may be that it has to leave again before begin() returns
  subscriber.begin(wanted, now());
  if (!subscriber.holding()) return;
  session_.close_after(false);  // its answer says so
  if (wanted.transport == wire::Transport::poll) session_.hurry();
}

/// Before its body is read: what comes of that is read away, as far as is sensible.
void RequestTurn::refuse_by_head(const wire::RequestHead& head, std::string_view bytes, const HeadRefusal& refusal,
                                 std::string_view cors) {
  wire::AnswerContext context = context_of(head, situation_);
  context.close |= !can_read_away(head);
  context.cors = cors;
  session_.begin_answer();
  wire::append_error(reply(), refusal.status, refusal.message, context, now(), refusal.headers);
  counters().requests.add();
  counters().refusals.add();
  session_.end_written_record();
  session_.await_request();
  session_.close_after(context.close);
  if (context.close || !head.has_body()) return;
  reader_.read_away(bytes);
  session_.set_deadline(now() + body_time(0));
}

std::string RequestTurn::cors_of(const wire::RequestHead& head) const {
  return http::cors_of(head, session_.peer(), settings());
}

}  // namespace martd::http
