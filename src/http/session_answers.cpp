// How a session answers requests that are its own to answer.

#include <algorithm>
#include <utility>

#include "access/asker.h"
#include "follow/awaited_push.h"
#include "follow/follower.h"
#include "follow/following.h"
#include "forward/forwarding.h"
#include "http/head_checks.h"
#include "http/publisher.h"
#include "http/request_limits.h"
#include "http/router.h"
#include "http/script.h"
#include "http/session.h"
#include "http/worker.h"
#include "wire/head_reader.h"

namespace martd::http {
namespace {

bool wants_web_socket(const wire::Request& request) { return request.head.fields.names("Upgrade", "websocket"); }

}  // namespace

access::Asker Session::asker_of_route(const wire::Request& request, Route route) const {
  access::Asker asker;
  if (route == Route::elsewhere) return asker;
  const Settings& settings = worker_.settings();
  asker = route == Route::publish ? access::asker_of(request, settings.access)
                                  : access::origin_of(request, settings.access);
  if (operates_) asker.may_push = asker.operates = true;
  return asker;
}

/// Whatever a request's query and body are.
std::optional<Session::HeadRefusal> Session::refused(const wire::Request& request, Route route) const {
  if (route == Route::elsewhere) return HeadRefusal{404, "nothing here: this server has no site behind it", {}, {}};
  if (!takes(route, request.method())) {
    const std::string methods(allowed_methods(route));
    return HeadRefusal{
        405, std::string(request.method()) + ": this path takes " + methods, "Allow: " + methods + "\r\n", {}};
  }
  if (auto refusal = refuse_head(request.head, route))
    return HeadRefusal{
        refusal->status, std::move(refusal->message), std::string(lines_of_refusal(refusal->status)), {}};
  // A subscriber is told in the way of its transport. A page's preflight is answered, as what it is for will be told;
  // any other OPTIONS is a balancer's look, which is to know.
  const bool preflight = route == Route::publish && request.method() == "OPTIONS";
  if (route == Route::subscribe || preflight || !(surplus_ || worker_.stopping())) return std::nullopt;
  return HeadRefusal{503,
                     worker_.stopping() ? "the server is stopping" : "too many connections (--max-connections)",
                     "Retry-After: 2\r\n",
                     {}};
}

/// Whatever its body is, which is still to come. What is served then is looked at again, as things may have changed.
std::optional<Session::HeadRefusal> Session::refused_by_head(const wire::Request& request, Route route) {
  const Settings& settings = worker_.settings();
  const access::Asker asker = asker_of_route(request, route);
  auto refusal = refused(request, route);
  std::optional<Refusal> own;
  if (!refusal && route == Route::publish && (request.method() == "POST" || request.method() == "PUT"))
    own = http::refused_by_head(request, asker, settings, worker_.hub(), loop().now());
  if (!refusal && route == Route::subscribe && request.method() == "POST")
    own = wire::check_subscribe_query(request.query, settings.subscribe);
  if (own) refusal = HeadRefusal{own->status, own->message, {}, {}};
  if (refusal && asker.cross) refusal->cors = asker.cors;
  return refusal;
}

void Session::handle(const wire::Request& request, Route route) {
  const Time now = loop().now();
  const Settings& settings = worker_.settings();
  worker_.counters().requests.add();
  await_request();

  wire::AnswerContext context;
  context.http_1_0 = request.head.http_1_0;
  context.close = !request.head.keep_alive || worker_.stopping() || surplus_;
  context.head = request.method() == "HEAD";
  context.hsts = hsts();
  close_after_ = context.close;
  std::string& reply = worker_.reply();
  const auto error = [&](int status, std::string_view message, std::string_view headers = {}) {
    worker_.counters().refusals.add();
    wire::append_error(reply, status, message, context, now, headers);
  };

  const access::Asker asker = asker_of_route(request, route);
  if (asker.cross) context.cors = asker.cors;
  if (const auto refusal = refused(request, route)) return error(refusal->status, refusal->message, refusal->headers);
  if (request.method() == "OPTIONS") {
    if (route == Route::publish && asker.foreign)
      return error(403, "Origin: pages of this origin may not use /pub (--origin)");
    std::string headers = "Allow: " + std::string(allowed_methods(route)) + "\r\n";
    std::string joined;
    if (!asker.cors.empty()) headers += preflight_lines(request.list("Access-Control-Request-Headers", joined));
    wire::Answer answer;
    answer.status = 204;
    answer.no_body = true;
    answer.headers = headers;
    return wire::append_answer(reply, answer, {}, context, now);
  }
  if (route == Route::subscribe) return subscribe(request, context);
  switch (route) {
    case Route::publish:
      return publish(request, asker, context, now);
    case Route::script:
      return serve_script(request, context, now, reply);
    default:
      break;
  }
  if (request.path == "/" && !settings.prefix.empty()) {
    // The page looks for its script beside itself.
    const std::string location = "Location: " + settings.prefix + "/\r\n";
    wire::Answer answer;
    answer.status = 302;
    answer.headers = location;
    return wire::append_answer(reply, answer, {}, context, now);
  }
  serve_page(request, context, now, reply);
}

/// For the site; its body is taken from `data` as it comes.
void Session::forward(const wire::RequestHead& head, std::string_view& data) {
  flush_reply();  // the answers to what was asked before
  if (!open()) return;
  if (record()) record()->begin_answer(0);
  const Time now = loop().now();
  worker_.counters().requests.add();
  wire::AnswerContext context;
  context.http_1_0 = head.http_1_0;
  context.close = !head.keep_alive || worker_.stopping() || surplus_;
  context.head = head.method == "HEAD";
  context.hsts = hsts();
  if (surplus_ || worker_.stopping()) {
    context.close = close_after_ = true;
    worker_.counters().refusals.add();
    return wire::append_error(worker_.reply(), 503,
                              surplus_ ? "too many connections (--max-connections)" : "the server is stopping", context,
                              now, "Retry-After: 2\r\n");
  }
  keep_manner(context);
  auto forwarding = std::make_unique<forward::Forwarding>(*this, worker_.gate(), head);
  forward::Forwarding& holder = *forwarding;
  holder_ = std::move(forwarding);
  holder.begin(head, now);
  data = holder.receive(data);
}

namespace {

/// Holds the session only where the answer comes later.
class DrawnByPush final : public push::Tickets {
 public:
  explicit DrawnByPush(follow::Outlet& outlet) : outlet_(outlet) {}
  push::AnswerTo draw() override {
    awaited = std::make_unique<follow::AwaitedPush>(outlet_);
    return awaited->to();
  }

  std::unique_ptr<follow::AwaitedPush> awaited;

 private:
  follow::Outlet& outlet_;
};

}  // namespace

void Session::publish(const wire::Request& request, const access::Asker& asker, const wire::AnswerContext& context,
                      Time now) {
  DrawnByPush tickets(*this);
  const int status =
      serve_publisher(request, asker, worker_.settings(), worker_.hub(), now, context, worker_.reply(), tickets);
  if (status >= 400) worker_.counters().refusals.add();
  if (status != 0) return;
  keep_manner(context);
  holder_ = std::move(tickets.awaited);
  close_after_ = false;  // its answer says so
}

/// A long-poll whose header lines are those of the one before: only its request line is new. False, and nothing done,
/// where anything about it is out of the ordinary, or it isn't here as a whole: then it is read like any other.
bool Session::ask_again(RequestReader::Unread& unread) {
  const std::string_view data = unread.bytes;
  constexpr std::string_view kMethod = "GET ";
  constexpr std::string_view kVersion = " HTTP/1.1";
  const auto line_end = data.find("\r\n");
  if (line_end == data.npos || !data.substr(line_end + 2).starts_with(poll_head_->lines)) return false;
  std::string_view target = data.substr(0, line_end);
  if (!target.starts_with(kMethod) || !target.ends_with(kVersion) || target.size() <= kMethod.size() + kVersion.size())
    return false;
  target = target.substr(kMethod.size(), target.size() - kMethod.size() - kVersion.size());
  if (target.front() != '/' || target.size() > HeadLimits::kTarget || wire::HeadReader(target).take_target() != target)
    return false;
  const Settings& settings = worker_.settings();
  // With --host each request is looked at for its name.
  if (surplus_ || worker_.stopping() || redirects() || settings.access.hosts.only()) return false;
  const wire::Target split = wire::split_target(target);
  if (route_of(split.path, settings.prefix, settings.has_upstream) != Route::subscribe) return false;
  auto asked = wire::parse_subscribe_request(split.query, {}, {}, settings.subscribe);
  if (!asked || asked->transport != wire::Transport::poll) return false;
  reader_.pass(unread, line_end + 2 + poll_head_->lines.size());
  worker_.counters().requests.add();
  begin_record("GET", split.path);
  if (record()) record()->begin_answer(worker_.reply().size());
  keep_manner({});
  follow(*asked, loop().now());
  if (!held()) {
    end_written_record();
    await_request();
  }
  return true;
}

void Session::subscribe(const wire::Request& request, const wire::AnswerContext& context) {
  const Time now = loop().now();
  keep_manner(context);
  const auto client = access::proxied_client(request, worker_.settings().access);
  if (client || seldom_) seldom().client = client;
  wire::SubscribeHeaders headers;
  std::string accept;
  std::string if_none_match;
  headers.accept = request.list("Accept", accept);
  headers.last_event_id = request.header("Last-Event-ID");
  headers.if_none_match = request.list("If-None-Match", if_none_match);
  headers.web_socket = wants_web_socket(request);
  const std::string_view form = request.method() == "POST" ? request.body : std::string_view();
  auto asked = wire::parse_subscribe_request(request.query, form, headers, worker_.settings().subscribe);
  if (!asked) {
    worker_.counters().refusals.add();
    return wire::append_error(worker_.reply(), asked.error().status, asked.error().message, context, now);
  }
  if (asked->transport == wire::Transport::web_socket) {
    worker_.counters().refusals.add();
    return wire::append_error(worker_.reply(), 501, "WebSocket isn't there yet (taken: .transport=poll, sse or lines)",
                              context, now);
  }
  if (surplus_ || worker_.stopping()) return follow::answer_later(*this, follow::format_of(*asked), now);
  if (asked->transport == wire::Transport::poll) {
    const bool no_stream = headers.accept.find("event-stream") == headers.accept.npos &&
                           headers.accept.find("ndjson") == headers.accept.npos;
    plain_poll_ = request.method() == "GET" && !context.close && !context.http_1_0 && no_stream &&
                  !headers.web_socket && headers.last_event_id.empty() && headers.if_none_match.empty() &&
                  request.header("Origin").empty() && !request.head.content_length && !request.head.chunked &&
                  request.header("Expect").empty();
  }
  follow(*asked, now);
}

void Session::follow(const wire::SubscribeRequest& asked, Time now) {
  auto made = follow::make_subscriber(*this, asked);
  follow::HeldSubscriber& subscriber = *made;
  holder_ = std::move(made);  // it may be that it has to leave again before begin() returns
  subscriber.begin(asked, now);
  if (!subscriber.holding()) return;
  close_after_ = false;  // its answer says so
  if (asked.transport == wire::Transport::poll) hurry();
}

}  // namespace martd::http
