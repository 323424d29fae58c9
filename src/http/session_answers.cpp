// How a session answers requests that are its own to answer.

#include <algorithm>
#include <utility>

#include "access/asker.h"
#include "follow/awaited_push.h"
#include "follow/held_stream.h"
#include "follow/long_poll.h"
#include "forward/forwarding.h"
#include "http/head_checks.h"
#include "http/publisher.h"
#include "http/router.h"
#include "http/script.h"
#include "http/session.h"
#include "http/worker.h"
#include "wire/head_reader.h"

namespace martd::http {
namespace {

bool wants_web_socket(const wire::Request& request) { return request.head.fields.names("Upgrade", "websocket"); }

}  // namespace

access::Asker Session::asker_of_place(const wire::Request& request, Place place) const {
  access::Asker asker;
  if (place == Place::elsewhere) return asker;
  const Settings& settings = worker_.settings();
  asker = place == Place::publish ? access::asker_of(request, settings.access)
                                  : access::origin_of(request, settings.access);
  if (operates_) asker.may_push = asker.operates = true;
  return asker;
}

/// Whatever a request's query and body are.
std::optional<Session::HeadRefusal> Session::refused(const wire::Request& request, Place place) const {
  if (place == Place::elsewhere) return HeadRefusal{404, "nothing here: this server has no site behind it", {}, {}};
  if (!takes(place, request.method())) {
    const std::string methods(allowed_methods(place));
    return HeadRefusal{
        405, std::string(request.method()) + ": this path takes " + methods, "Allow: " + methods + "\r\n", {}};
  }
  if (auto refusal = refuse_head(request.head, place))
    return HeadRefusal{
        refusal->status, std::move(refusal->message), std::string(lines_of_refusal(refusal->status)), {}};
  // A subscriber is told in the way of its transport. A page's preflight is answered, as what it is for will be told;
  // any other OPTIONS is a balancer's look, which is to know.
  const bool preflight = place == Place::publish && request.method() == "OPTIONS";
  if (place == Place::subscribe || preflight || !(surplus_ || worker_.stopping())) return std::nullopt;
  return HeadRefusal{503,
                     worker_.stopping() ? "the server is stopping" : "too many connections (--max-connections)",
                     "Retry-After: 2\r\n",
                     {}};
}

/// Whatever its body is, which is still to come. What is served then is looked at again, as things may have changed.
std::optional<Session::HeadRefusal> Session::refused_by_head(const wire::Request& request, Place place) {
  const Settings& settings = worker_.settings();
  const access::Asker asker = asker_of_place(request, place);
  auto refusal = refused(request, place);
  std::optional<Refusal> own;
  if (!refusal && place == Place::publish && (request.method() == "POST" || request.method() == "PUT"))
    own = http::refused_by_head(request, asker, settings, worker_.hub(), loop().now());
  if (!refusal && place == Place::subscribe && request.method() == "POST")
    own = wire::check_subscribe_query(request.query, settings.subscribe);
  if (own) refusal = HeadRefusal{own->status, own->message, {}, {}};
  if (refusal && asker.cross) refusal->cors = asker.cors;
  return refusal;
}

void Session::handle(const wire::Request& request, Place place) {
  const Time now = loop().now();
  const Settings& settings = worker_.settings();
  worker_.counters().requests.add();
  await_request();

  AnswerContext context;
  context.http_1_0 = request.head.http_1_0;
  context.close = !request.head.keep_alive || worker_.stopping() || surplus_;
  context.head = request.method() == "HEAD";
  context.hsts = hsts();
  close_after_ = context.close;
  std::string& reply = worker_.reply();
  const auto error = [&](int status, std::string_view message, std::string_view headers = {}) {
    worker_.counters().refusals.add();
    append_error(reply, status, message, context, now, headers);
  };

  const access::Asker asker = asker_of_place(request, place);
  if (asker.cross) context.cors = asker.cors;
  if (const auto refusal = refused(request, place)) return error(refusal->status, refusal->message, refusal->headers);
  if (request.method() == "OPTIONS") {
    if (place == Place::publish && asker.foreign)
      return error(403, "Origin: pages of this origin may not use /pub (--origin)");
    std::string headers = "Allow: " + std::string(allowed_methods(place)) + "\r\n";
    std::string joined;
    if (!asker.cors.empty()) headers += preflight_lines(request.list("Access-Control-Request-Headers", joined));
    Answer answer;
    answer.status = 204;
    answer.no_body = true;
    answer.headers = headers;
    return append_answer(reply, answer, {}, context, now);
  }
  if (place == Place::subscribe) return subscribe(request, context);
  switch (place) {
    case Place::publish:
      return publish(request, asker, context, now);
    case Place::script:
      return serve_script(request, context, now, reply);
    default:
      break;
  }
  if (request.path == "/" && !settings.prefix.empty()) {
    // The page looks for its script beside itself.
    const std::string location = "Location: " + settings.prefix + "/\r\n";
    Answer answer;
    answer.status = 302;
    answer.headers = location;
    return append_answer(reply, answer, {}, context, now);
  }
  serve_page(request, context, now, reply);
}

/// For the site; its body is taken from `data` as it comes.
void Session::forward(const wire::RequestHead& head, std::string_view& data) {
  flush_reply();  // the answers to what was asked before
  if (!open()) return;
  if (record_) record_->begin_answer(0);
  const Time now = loop().now();
  worker_.counters().requests.add();
  head_begun_ = false;
  AnswerContext context;
  context.http_1_0 = head.http_1_0;
  context.close = !head.keep_alive || worker_.stopping() || surplus_;
  context.head = head.method == "HEAD";
  context.hsts = hsts();
  if (surplus_ || worker_.stopping()) {
    context.close = close_after_ = true;
    worker_.counters().refusals.add();
    return append_error(worker_.reply(), 503,
                        surplus_ ? "too many connections (--max-connections)" : "the server is stopping", context, now,
                        "Retry-After: 2\r\n");
  }
  auto forwarding = std::make_unique<forward::Forwarding>(*this, head, context);
  forward::Forwarding& held = *forwarding;
  held_ = std::move(forwarding);
  held.begin(head, now);
  data = held.take(data);
}

namespace {

/// Holds the session only where the answer comes later.
class DrawnByPush final : public push::Tickets {
 public:
  DrawnByPush(Session& session, const AnswerContext& context) : session_(session), context_(context) {}
  push::AnswerTo draw() override {
    awaited = std::make_unique<follow::AwaitedPush>(session_, context_);
    return awaited->to();
  }

  std::unique_ptr<follow::AwaitedPush> awaited;

 private:
  Session& session_;
  const AnswerContext& context_;
};

}  // namespace

void Session::publish(const wire::Request& request, const access::Asker& asker, const AnswerContext& context,
                      Time now) {
  DrawnByPush tickets(*this, context);
  const int status =
      serve_publisher(request, asker, worker_.settings(), worker_.hub(), now, context, worker_.reply(), tickets);
  if (status >= 400) worker_.counters().refusals.add();
  if (status != 0) return;
  held_ = std::move(tickets.awaited);
  close_after_ = false;  // it knows itself
}

/// A long-poll whose header lines are those of the one before: only its request line is new. False, and nothing done,
/// where anything about it is out of the ordinary, or it isn't here as a whole: then it is read like any other.
bool Session::ask_again(std::string_view& data) {
  constexpr std::string_view kMethod = "GET ";
  constexpr std::string_view kVersion = " HTTP/1.1";
  const auto line_end = data.find("\r\n");
  if (line_end == data.npos || !data.substr(line_end + 2).starts_with(poll_head_->lines)) return false;
  std::string_view target = data.substr(0, line_end);
  if (!target.starts_with(kMethod) || !target.ends_with(kVersion) || target.size() <= kMethod.size() + kVersion.size())
    return false;
  target = target.substr(kMethod.size(), target.size() - kMethod.size() - kVersion.size());
  if (target.front() != '/' || target.size() > kMaxTarget || wire::HeadReader(target).take_target() != target)
    return false;
  const Settings& settings = worker_.settings();
  // With --host each request is looked at for its name.
  if (surplus_ || worker_.stopping() || redirects() || settings.access.hosts.only()) return false;
  const wire::Target split = wire::split_target(target);
  if (place_of(split.path, settings.prefix, settings.has_upstream) != Place::subscribe) return false;
  auto asked = wire::parse_subscribe_request(split.query, {}, {}, settings.subscribe);
  if (!asked || asked->transport != wire::Transport::poll) return false;
  data.remove_prefix(line_end + 2 + poll_head_->lines.size());
  worker_.counters().requests.add();
  head_begun_ = false;
  begin_record("GET", split.path);
  if (record_) record_->begin_answer(worker_.reply().size());
  AnswerContext context;
  context.hsts = hsts();
  hold_poll(*asked, context, loop().now());
  if (!held()) {
    end_written_record();
    await_request();
  }
  return true;
}

void Session::subscribe(const wire::Request& request, const AnswerContext& context) {
  const Time now = loop().now();
  client_.reset();
  if (const auto client = access::proxied_client(request, worker_.settings().access))
    client_ = std::make_unique<wire::Address>(*client);
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
    return append_error(worker_.reply(), asked.error().status, asked.error().message, context, now);
  }
  if (asked->transport == wire::Transport::web_socket) {
    worker_.counters().refusals.add();
    return append_error(worker_.reply(), 501, "WebSocket isn't there yet (taken: .transport=poll, sse or lines)",
                        context, now);
  }
  if (surplus_ || worker_.stopping()) return send_later(asked->transport, context, now);
  if (asked->transport == wire::Transport::poll) {
    const bool no_stream = headers.accept.find("event-stream") == headers.accept.npos &&
                           headers.accept.find("ndjson") == headers.accept.npos;
    plain_poll_ = request.method() == "GET" && !context.close && !context.http_1_0 && no_stream &&
                  !headers.web_socket && headers.last_event_id.empty() && headers.if_none_match.empty() &&
                  request.header("Origin").empty() && !request.head.content_length && !request.head.chunked &&
                  request.header("Expect").empty();
    return hold_poll(*asked, context, now);
  }
  hold_stream(*asked, context, now);
}

void Session::hold_poll(wire::SubscribeRequest& asked, const AnswerContext& context, Time now) {
  auto poll = std::make_unique<follow::LongPoll>(*this, asked, context);
  // Its deadline runs from when it parks; it may be answered at once instead.
  follow::LongPoll& parked = *poll;
  held_ = std::move(poll);
  parked.begin(asked, now, worker_.reply());
  if (!parked.holding()) return;
  close_after_ = false;  // it knows itself
  hurry();
}

void Session::hold_stream(wire::SubscribeRequest& asked, const AnswerContext& context, Time now) {
  const auto kind = asked.transport == wire::Transport::line_stream ? follow::HeldStream::Kind::lines
                    : asked.json                                    ? follow::HeldStream::Kind::json_events
                                                                    : follow::HeldStream::Kind::events;
  boost::container::small_vector<push::Roster::Want, 4> wants;
  wants.reserve(asked.wants.size());
  for (const auto& want : asked.wants) wants.push_back({want.channel, want.cursor});
  auto stream = std::make_unique<follow::HeldStream>(*this, kind, !context.http_1_0, asked.cid);
  // What it may fall behind by counts for little if the kernel keeps sixteen times as much for it.
  bound_send_buffer(std::max<std::size_t>(4 * worker_.settings().max_behind, std::size_t{64} * 1024));
  hurry();
  if (const auto refused = stream->park(wants, now)) {
    worker_.counters().refusals.add();
    if (refused->ending == push::Ending::unavailable) return send_later(asked.transport, context, now);
    return follow::append_refused(worker_.reply(), refused->ending, refused->channel, context, now);
  }
  follow::HeldStream& held = *stream;
  held_ = std::move(stream);
  close_after_ = false;
  follow::append_stream_head(worker_.reply(), kind, context, now);
  held.append_opening(worker_.reply());
  flush_reply();
  if (open()) held.catch_up(now);
}

void Session::send_later(wire::Transport transport, const AnswerContext& context, Time now) {
  std::string& reply = worker_.reply();
  if (transport != wire::Transport::event_stream) {
    worker_.counters().refusals.add();
    return append_error(reply, 503,
                        worker_.stopping() ? "the server is stopping" : "no room for another subscriber now", context,
                        now, "Retry-After: 2\r\n");
  }
  // An error status would end a browser's EventSource for good.
  follow::append_stream_head(reply, follow::HeldStream::Kind::events, context, now);
  follow::append_stream_refusal(reply, worker_.stopping() ? "stopping" : "unavailable",
                                worker_.random(std::chrono::seconds{1}, std::chrono::seconds{5}), context);
  close_after_ = true;
}

}  // namespace martd::http
