// How a session reads requests.

#include <algorithm>
#include <utility>

#include "access/asker.h"
#include "http/router.h"
#include "http/session.h"
#include "http/worker.h"
#include "wire/head_reader.h"

namespace martd::http {
namespace {

/// The form of /sub: a thousand channels with long, percent-encoded names fit.
constexpr std::size_t kMaxForm = 4 << 20;
/// Answers to pipelined requests go out together, up to this.
constexpr std::size_t kMostReply = 64 * 1024;
/// A body that nobody asked for is read away up to this.
constexpr std::size_t kMaxIgnoredBody = 64 * 1024;
/// Of a body that was refused by its head, so much is read away, and the connection goes on: a client that sends all of
/// it before it reads gets its answer, and its next request. Past it the connection ends.
constexpr std::size_t kMostReadAway = std::size_t{256} * 1024;
/// However slow a client is, a body has this long, and a second more for each 10 KiB.
constexpr Duration kBodyTime = std::chrono::seconds{60};

std::size_t body_limit(Route route, const Settings& settings) {
  switch (route) {
    case Route::publish:
      return settings.max_payload;
    case Route::subscribe:
      return kMaxForm;
    default:
      return kMaxIgnoredBody;
  }
}

}  // namespace

void Session::process(std::string_view bytes) {
  processing_ = true;
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
    if (incoming_) {
      if (!read_body(data)) break;
      const auto whole = std::exchange(incoming_, nullptr);
      if (whole->use == Incoming::Use::answered) {
        await_request();
        continue;
      }
      const wire::Request request(whole->head, whole->body, peer_);
      serve(request, route_of(request.path, worker_.settings().prefix, worker_.settings().has_upstream));
    } else {
      while (data.starts_with("\r\n")) data.remove_prefix(2);  // RFC 9112 section 2.2
      if (data.empty()) break;
      if (poll_head_ && looked == 0 && ask_again(data)) continue;
      const std::size_t end = wire::head_end(data, std::min(looked, data.size()));
      looked = 0;
      if (end == 0) {
        await_head(data);
        break;
      }
      const std::string_view bytes_of_head = data.substr(0, end);
      data.remove_prefix(end);
      if (!begin(bytes_of_head, data)) break;
    }
    if (worker_.reply().size() >= kMostReply) flush_reply();
  }
  processing_ = false;
  if (!open()) return;
  if (held()) data = holder_->receive(data);
  if (!open()) return;
  if (data.empty() || ending() || close_after_ || (held() && !holder_->takes_requests())) {
    input_.reset();
  } else if (input_) {
    input_->erase(0, input_->size() - data.size());
  } else {
    input_ = std::make_unique<std::string>(data);
  }
  flush_reply();
}

/// Of a head, or of what is there of it.
Session::HeadLimits Session::limits_of(std::string_view begun) const {
  HeadLimits limits{kMaxTarget, kMaxHead};
  if (begun.size() <= kMaxTarget) return limits;  // as nearly always
  std::string_view target = begun.substr(std::min(begun.find(' '), begun.size() - 1) + 1);
  target = target.substr(0, std::min(target.find(' '), kMaxPushTarget));
  const Settings& settings = worker_.settings();
  if (route_of(wire::split_target(target).path, settings.prefix, settings.has_upstream) == Route::publish) {
    limits.target = kMaxPushTarget;
    limits.head += target.size();
  }
  return limits;
}

void Session::refuse_head_over(const HeadLimits& limits, bool by_target) {
  const std::string bytes = std::to_string(by_target ? limits.target : limits.head) + " bytes";
  if (by_target) return refuse(414, "the request's target is longer than " + bytes);
  refuse(431, "the request's header is longer than " + bytes);
}

void Session::await_head(std::string_view part) {
  const HeadLimits limits = limits_of(part);
  const std::size_t line = limits.target + 64;  // with the method and the version
  if (part.size() > line && part.substr(0, line).find("\r\n") == part.npos) {
    refuse_head_over(limits, true);
  } else if (part.size() > limits.head) {
    refuse_head_over(limits, false);
  } else if (!std::exchange(head_begun_, true)) {
    set_deadline(loop().now() + worker_.settings().header_timeout);
  }
}

/// A request whose head is whole; `data` is what follows it. False: no more can be read now.
bool Session::begin(std::string_view bytes, std::string_view& data) {
  const HeadLimits limits = limits_of(bytes);
  if (bytes.size() > limits.head) {
    refuse_head_over(limits, bytes.find("\r\n") > limits.target + 64);
    return false;
  }
  wire::RequestHead head;
  if (const auto refusal = wire::read_request_head(bytes, limits.target, head)) {
    // A page with too long a query is to be able to read why; who is malformed is no page.
    refuse(refusal->status, refusal->message, refusal->status == 414 ? cors_of(head) : std::string());
    return false;
  }
  const Settings& settings = worker_.settings();
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
  const std::size_t limit = body_limit(route, settings);
  const std::uint64_t length = head.content_length.value_or(0);
  if (length > limit) {
    refuse_body(head, limit);
    return false;
  }
  if (!head.chunked && length <= data.size()) {
    // As nearly always: all of it came at once, and nothing of it is copied.
    request.body = data.substr(0, length);
    data.remove_prefix(length);
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
  const Settings& settings = worker_.settings();
  const std::size_t limit = body_limit(route, settings);
  const auto length = static_cast<std::size_t>(head.content_length.value_or(0));
  const bool form = route == Route::subscribe && head.method == "POST";
  const bool kept = form || (route == Route::publish && (head.method == "POST" || head.method == "PUT"));
  BodyBudget::Share share(worker_.bodies(), form ? BodyBudget::Sort::form : BodyBudget::Sort::push);
  if (kept && !head.chunked && !share.grow(length, settings.max_bodies)) {
    HeadRefusal refusal = no_room();
    refusal.cors = cors_of(head);
    refuse_by_head(head, bytes, refusal);
    return true;
  }
  const auto use = kept ? Incoming::Use::kept : Incoming::Use::ignored;
  incoming_ = std::make_unique<Incoming>(bytes, limit, use, std::move(share));
  set_deadline(loop().now() + kBodyTime + std::chrono::seconds{(head.chunked ? limit : length) / 10240});
  if (!head.http_1_0 && head.fields.names("Expect", "100-continue")) worker_.reply() += "HTTP/1.1 100 Continue\r\n\r\n";
  return true;
}

Session::HeadRefusal Session::no_room() {
  worker_.counters().bodies_refused.add();
  return {503, "no room for another body now (a share of --max-memory)", "Retry-After: 2\r\n", {}};
}

/// Before its body is read: what comes of that is read away, as far as is sensible.
void Session::refuse_by_head(const wire::RequestHead& head, std::string_view bytes, const HeadRefusal& refusal) {
  const std::uint64_t length = head.content_length.value_or(0);
  wire::AnswerContext context;
  // Who waits for leave to send the body may send it all the same, or not: nobody knows what comes next then.
  context.close = !head.keep_alive || worker_.stopping() || surplus_ || head.chunked ||
                  (length > 0 && head.fields.names("Expect", "100-continue")) || length > kMostReadAway;
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
  if (close_after_ || length == 0) return;
  incoming_ = std::make_unique<Incoming>(bytes, kMostReadAway, Incoming::Use::answered, BodyBudget::Share());
  set_deadline(loop().now() + kBodyTime);
}

/// True once it is whole.
bool Session::read_body(std::string_view& data) {
  Incoming& incoming = *incoming_;
  while (!data.empty() && !incoming.reader.done()) {
    const std::string_view piece = incoming.reader.next(data);
    if (!incoming.reader.wrong().empty()) {
      refuse(400, "the request's body can't be read: " + std::string(incoming.reader.wrong()), cors_of(incoming.head));
      return false;
    }
    switch (incoming.add(piece, worker_.settings().max_bodies)) {
      case Incoming::Took::all:
        break;
      case Incoming::Took::too_long:
        refuse_body(incoming.head, incoming.limit);
        return false;
      case Incoming::Took::no_room: {
        const HeadRefusal refusal = no_room();
        refuse(refusal.status, refusal.message, cors_of(incoming.head), refusal.headers);
        return false;
      }
    }
  }
  return incoming.reader.done();
}

/// It is longer than `limit`.
void Session::refuse_body(const wire::RequestHead& head, std::size_t limit) {
  const Settings& settings = worker_.settings();
  const Route route = route_of(wire::split_target(head.target).path, settings.prefix, settings.has_upstream);
  const std::string bytes = "more than " + std::to_string(limit) + " bytes";
  refuse(413, route == Route::publish ? "payload: " + bytes + " (--max-payload)" : "the request's body: " + bytes,
         cors_of(head));
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
  incoming_.reset();
  head_begun_ = false;
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
    if (reply.capacity() > kMaxForm) reply.shrink_to_fit();
  }
  if (sent == Sent::closed) return close();
  if (close_after_ && !held()) end_after_writing();
}

}  // namespace martd::http
