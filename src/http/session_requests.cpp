// The half of a session that reads requests and answers them.

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "http/access.h"
#include "http/held_stream.h"
#include "http/long_poll.h"
#include "http/publisher.h"
#include "http/router.h"
#include "http/script.h"
#include "http/session.h"
#include "http/worker.h"
#include "wire/event_stream.h"
#include "wire/head_guard.h"

namespace martd::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr std::size_t kMaxTarget = 16 * 1024;
/// The form of /sub: a thousand channels with long, percent-encoded names fit.
constexpr std::size_t kMaxForm = 4 << 20;
/// Answers to pipelined requests go out together, up to this.
constexpr std::size_t kMostReply = 64 * 1024;
/// A body that nobody asked for is read away up to this.
constexpr std::size_t kMaxIgnoredBody = 64 * 1024;
/// However slow a client is, a body has this long, and a second more for each 10 KiB.
constexpr push::Duration kBodyTime = std::chrono::seconds{60};

std::size_t body_limit(Place place, const Settings& settings) {
  switch (place) {
    case Place::publish:
      return settings.max_payload;
    case Place::subscribe:
      return kMaxForm;
    default:
      return kMaxIgnoredBody;
  }
}

bool wants_web_socket(const Request& request) {
  return beast_http::token_list(request.header(Field::upgrade)).exists("websocket");
}

}  // namespace

void Session::process(std::string_view bytes) {
  const std::size_t before = waiting();
  std::string_view data = bytes;
  if (input_) {
    *input_ += bytes;
    data = *input_;
  }
  // A head that came in part is looked through from where the last look ended.
  std::size_t looked = head_begun_ ? before : 0;
  // Answers that the client doesn't take are not piled up: it goes on when they are written.
  while (open() && !ending() && !held() && !close_after_ && queued() == 0) {
    if (!parser_) {
      while (data.starts_with("\r\n")) data.remove_prefix(2);  // RFC 9112 section 2.2
      if (data.empty()) break;
      const std::size_t end = wire::head_end(data, std::min(looked, data.size()));
      looked = 0;
      if (end == 0) {
        if (data.size() > kMaxTarget + 64 && data.substr(0, kMaxTarget + 64).find("\r\n") == data.npos) {
          refuse(414, "the request's target is longer than 16384 bytes");
        } else if (data.size() > kMaxHead) {
          refuse(431, "the request's header is longer than 65536 bytes");
        } else if (!std::exchange(head_begun_, true)) {
          set_deadline(loop().now() + worker_.settings().header_timeout);
        }
        break;
      }
      const std::string_view head = data.substr(0, end);
      if (poll_head_ && ask_again(head)) {
        data.remove_prefix(end);
        continue;
      }
      if (!read_head(head)) break;
      data.remove_prefix(end);
      plain_poll_ = false;
      if (parser_->is_done()) {
        handle(*std::exchange(parser_, nullptr));
        if (plain_poll_) poll_head_ = worker_.known_heads().remember(head.substr(head.find("\r\n") + 2));
        if (worker_.reply().size() >= kMostReply) flush_reply();
        continue;
      }
    }
    if (!read_body(data)) break;
    handle(*std::exchange(parser_, nullptr));
    if (worker_.reply().size() >= kMostReply) flush_reply();
  }
  if (!open()) return;
  if (data.empty() || ending() || close_after_ || (held() && !held_->takes_requests())) {
    input_.reset();
  } else if (input_) {
    input_->erase(0, input_->size() - data.size());
  } else {
    input_ = std::make_unique<std::string>(data);
  }
  flush_reply();
}

bool Session::read_head(std::string_view head) {
  if (head.size() > kMaxHead) {
    refuse(431, "the request's header is longer than 65536 bytes");
    return false;
  }
  const auto refusal = wire::check_request_head(head, kMaxTarget);
  parser_ = std::make_unique<Parser>();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(kMaxHead + 1));
  if (refusal) {
    // A page with too long a query is to be able to read why; who is malformed is no page.
    boost::system::error_code ignored;
    if (refusal->status == 414) parser_->put(boost::asio::buffer(head.data(), head.size()), ignored);
    refuse(refusal->status, refusal->message, refusal->status == 414 && !ignored ? cors_of(*parser_) : std::string());
    return false;
  }
  // What the limit is depends on the target, which stands in the first line.
  const auto first_space = head.find(' ') + 1;
  const Target target = split_target(head.substr(first_space, head.find(' ', first_space) - first_space));
  const Place place = place_of(target.path, worker_.settings().prefix, worker_.settings().has_upstream);
  parser_->body_limit(body_limit(place, worker_.settings()));
  boost::system::error_code error;
  parser_->put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == beast_http::error::body_limit) {
    refuse(413,
           "payload: more than " + std::to_string(body_limit(place, worker_.settings())) + " bytes (--max-payload)",
           cors_of(*parser_));
    return false;
  }
  if (error && error != beast_http::error::need_more) {
    refuse(400, "not an HTTP request that can be read");
    return false;
  }
  if (!parser_->is_done()) begin_body(*parser_);
  return true;
}

void Session::begin_body(const Parser& parser) {
  const auto length = parser.content_length().value_or(worker_.settings().max_payload);
  set_deadline(loop().now() + kBodyTime + std::chrono::seconds{length / 10240});
  const auto& message = parser.get();
  if (message.version() == 11 && beast_http::token_list(message[Field::expect]).exists("100-continue"))
    worker_.reply() += "HTTP/1.1 100 Continue\r\n\r\n";
}

bool Session::read_body(std::string_view& data) {
  if (data.empty()) return false;
  boost::system::error_code error;
  const std::size_t used = parser_->put(boost::asio::buffer(data.data(), data.size()), error);
  data.remove_prefix(used);
  if (error == beast_http::error::body_limit) {
    refuse(413, "payload: longer than what is taken (--max-payload)", cors_of(*parser_));
    return false;
  }
  if (error && error != beast_http::error::need_more) {
    refuse(400, "the request's body can't be read", cors_of(*parser_));
    return false;
  }
  return parser_->is_done();
}

std::string Session::cors_of(Parser& parser) const {
  const Request request(parser.get(), peer_);
  const Place place = place_of(request.path, worker_.settings().prefix, worker_.settings().has_upstream);
  if (place != Place::publish && place != Place::subscribe) return {};
  return origin_of(request, worker_.settings()).cors;
}

void Session::refuse(int status, std::string_view message, std::string cors) {
  AnswerContext context;
  context.close = true;
  context.cors = std::move(cors);
  append_error(worker_.reply(), status, message, context, loop().now());
  worker_.counters().refusals.add();
  parser_.reset();
  head_begun_ = false;
  close_after_ = true;
  flush_reply();
}

void Session::flush_reply() {
  std::string& reply = worker_.reply();
  Sent sent = Sent::written;
  if (!reply.empty()) {
    sent = put(reply);
    reply.clear();
    if (reply.capacity() > kMaxForm) reply.shrink_to_fit();
  }
  if (sent == Sent::gone) return close();
  if (close_after_ && !held()) end_after_writing();
}

void Session::handle(Parser& parser) {
  const push::Time now = loop().now();
  const Settings& settings = worker_.settings();
  const Request request(parser.get(), peer_);
  worker_.counters().requests.add();
  await_request();

  AnswerContext context;
  context.http_1_0 = request.http_1_0();
  context.close = !request.message.keep_alive() || worker_.stopping() || surplus_;
  context.head = request.method() == "HEAD";
  close_after_ = context.close;
  std::string& reply = worker_.reply();
  const auto error = [&](int status, std::string_view message, std::string_view headers = {}) {
    worker_.counters().refusals.add();
    append_error(reply, status, message, context, now, headers);
  };

  const Place place = place_of(request.path, settings.prefix, settings.has_upstream);
  Asker asker;
  if (place != Place::elsewhere) {
    asker = place == Place::publish ? asker_of(request, settings) : origin_of(request, settings);
    context.cors = asker.cors;
  }
  if (place == Place::elsewhere) return error(404, "nothing here: this server has no site behind it");
  if (!takes(place, request.method())) {
    const std::string allow = "Allow: " + std::string(allowed_methods(place)) + "\r\n";
    return error(405, std::string(request.method()) + ": this path takes " + std::string(allowed_methods(place)),
                 allow);
  }
  if (request.method() == "OPTIONS") {
    if (place == Place::publish && asker.foreign)
      return error(403, "Origin: pages of this origin may not use /pub (--origin)");
    std::string headers = "Allow: " + std::string(allowed_methods(place)) + "\r\n";
    if (!asker.cors.empty()) headers += kPreflightHeaders;
    Answer answer;
    answer.status = 204;
    answer.no_body = true;
    answer.headers = headers;
    return append_answer(reply, answer, {}, context, now);
  }
  if (place == Place::subscribe) return subscribe(request, context);
  if (surplus_ || worker_.stopping())
    return error(503, worker_.stopping() ? "the server is stopping" : "too many connections (--max-connections)",
                 "Retry-After: 2\r\n");
  switch (place) {
    case Place::publish:
      if (serve_publisher(request, asker, settings, worker_.hub(), now, context, reply) >= 400)
        worker_.counters().refusals.add();
      return;
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

/// A long-poll whose header lines are those of the one before: only its request line is new. False, and nothing done,
/// where anything about it is out of the ordinary: then it is read like any other.
bool Session::ask_again(std::string_view head) {
  constexpr std::string_view kMethod = "GET ";
  constexpr std::string_view kVersion = " HTTP/1.1";
  const auto line_end = head.find("\r\n");
  if (head.substr(line_end + 2) != poll_head_->lines) return false;
  std::string_view target = head.substr(0, line_end);
  if (!target.starts_with(kMethod) || !target.ends_with(kVersion) || target.size() <= kMethod.size() + kVersion.size())
    return false;
  target = target.substr(kMethod.size(), target.size() - kMethod.size() - kVersion.size());
  const auto plain = [](char byte) { return static_cast<unsigned char>(byte) > 0x20 && byte != 0x7F; };
  if (target.front() != '/' || target.size() > kMaxTarget || !std::all_of(target.begin(), target.end(), plain))
    return false;
  if (surplus_ || worker_.stopping()) return false;
  const Settings& settings = worker_.settings();
  const Target split = split_target(target);
  if (place_of(split.path, settings.prefix, settings.has_upstream) != Place::subscribe) return false;
  auto asked = wire::parse_subscribe_request(split.query, {}, {}, settings.subscribe);
  if (!asked || asked->transport != wire::Transport::poll) return false;
  worker_.counters().requests.add();
  head_begun_ = false;
  hold_poll(*asked, {}, loop().now());
  if (!held()) await_request();
  return true;
}

void Session::subscribe(const Request& request, const AnswerContext& context) {
  const push::Time now = loop().now();
  wire::SubscribeHeaders headers;
  headers.accept = request.header(Field::accept);
  headers.last_event_id = request.message["Last-Event-ID"];
  headers.if_none_match = request.header(Field::if_none_match);
  headers.web_socket = wants_web_socket(request);
  const std::string_view form =
      request.method() == "POST" ? std::string_view(request.message.body()) : std::string_view();
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
                  request.header(Field::origin).empty() && request.header(Field::content_length).empty() &&
                  request.header(Field::transfer_encoding).empty() && request.header(Field::expect).empty();
    return hold_poll(*asked, context, now);
  }
  hold_stream(*asked, context, now);
}

void Session::hold_poll(wire::SubscribeRequest& asked, const AnswerContext& context, push::Time now) {
  auto poll = std::make_unique<LongPoll>(*this, asked, context);
  // Its deadline runs from when it parks; it may be answered at once instead.
  LongPoll& parked = *poll;
  held_ = std::move(poll);
  parked.begin(asked, now, worker_.reply());
  if (parked.holding()) close_after_ = false;  // it knows itself
}

void Session::hold_stream(wire::SubscribeRequest& asked, const AnswerContext& context, push::Time now) {
  const auto kind = asked.transport == wire::Transport::line_stream ? HeldStream::Kind::lines
                    : asked.json                                    ? HeldStream::Kind::json_events
                                                                    : HeldStream::Kind::events;
  std::vector<push::Roster::Want> wants;
  wants.reserve(asked.wants.size());
  for (const auto& want : asked.wants) wants.push_back({want.channel, want.cursor});
  auto stream = std::make_unique<HeldStream>(*this, kind, asked.cid);
  if (const auto refused = stream->park(wants, now)) {
    worker_.counters().refusals.add();
    if (refused->ending == push::Ending::unavailable) return send_later(asked.transport, context, now);
    return append_refused(worker_.reply(), refused->ending, refused->channel, context, now);
  }
  HeldStream& held = *stream;
  held_ = std::move(stream);
  close_after_ = false;
  worker_.reply() += stream_opening(kind, context.cors, now);
  flush_reply();
  if (open()) held.catch_up(now);
}

void Session::send_later(wire::Transport transport, const AnswerContext& context, push::Time now) {
  std::string& reply = worker_.reply();
  if (transport != wire::Transport::event_stream) {
    worker_.counters().refusals.add();
    return append_error(reply, 503,
                        worker_.stopping() ? "the server is stopping" : "no room for another subscriber now", context,
                        now, "Retry-After: 2\r\n");
  }
  // An error status would end a browser's EventSource for good.
  std::string opening = stream_opening(HeldStream::Kind::events, context.cors, now);
  opening.resize(opening.size() - wire::kEventStreamOpening.size());
  reply += opening;
  wire::append_retry(reply, worker_.random(std::chrono::seconds{1}, std::chrono::seconds{5}));
  wire::append_closed_event(reply, worker_.stopping() ? "stopping" : "unavailable", {});
  close_after_ = true;
}

}  // namespace martd::http
