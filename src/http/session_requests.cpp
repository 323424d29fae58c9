// How a session reads requests.

#include <algorithm>
#include <utility>

#include "http/access.h"
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
    if (incoming_) {
      if (!read_body(data)) break;
      const auto whole = std::exchange(incoming_, nullptr);
      const Request request(whole->head, whole->body, peer_);
      serve(request, place_of(request.path, worker_.settings().prefix, worker_.settings().has_upstream));
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
  if (!open()) return;
  if (held()) data = held_->take(data);
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

/// Of a head, or of what is there of it.
Session::HeadLimits Session::limits_of(std::string_view begun) const {
  HeadLimits limits{kMaxTarget, kMaxHead};
  if (begun.size() <= kMaxTarget) return limits;  // as nearly always
  std::string_view target = begun.substr(std::min(begun.find(' '), begun.size() - 1) + 1);
  target = target.substr(0, std::min(target.find(' '), kMaxPushTarget));
  const Settings& settings = worker_.settings();
  if (place_of(split_target(target).path, settings.prefix, settings.has_upstream) == Place::publish) {
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
  Request request(head, {}, peer_);
  begin_record(head.method, request.path);
  plain_poll_ = false;
  if (redirects(request)) {
    redirect(head, data);
    return true;
  }
  const Place place = place_of(request.path, settings.prefix, settings.has_upstream);
  if (place == Place::elsewhere && settings.has_upstream) {
    forward(head, data);
    if (!held()) end_written_record();
    return true;
  }
  const std::size_t limit = body_limit(place, settings);
  const std::uint64_t length = head.content_length.value_or(0);
  if (length > limit) {
    refuse_body(head, limit);
    return false;
  }
  if (!head.chunked && length <= data.size()) {
    // As nearly always: all of it came at once, and nothing of it is copied.
    request.body = data.substr(0, length);
    data.remove_prefix(length);
    serve(request, place);
    if (plain_poll_) poll_head_ = worker_.known_heads().remember(bytes.substr(bytes.find("\r\n") + 2));
    return true;
  }
  incoming_ = std::make_unique<Incoming>(bytes, limit);
  set_deadline(loop().now() + kBodyTime + std::chrono::seconds{(head.chunked ? limit : length) / 10240});
  if (!head.http_1_0 && head.fields.names("Expect", "100-continue")) worker_.reply() += "HTTP/1.1 100 Continue\r\n\r\n";
  return true;
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
    if (incoming.body.size() + piece.size() > incoming.limit) {
      refuse_body(incoming.head, incoming.limit);
      return false;
    }
    incoming.body += piece;
  }
  return incoming.reader.done();
}

/// It is longer than `limit`.
void Session::refuse_body(const wire::RequestHead& head, std::size_t limit) {
  const Settings& settings = worker_.settings();
  const Place place = place_of(split_target(head.target).path, settings.prefix, settings.has_upstream);
  const std::string bytes = "more than " + std::to_string(limit) + " bytes";
  refuse(413, place == Place::publish ? "payload: " + bytes + " (--max-payload)" : "the request's body: " + bytes,
         cors_of(head));
}

std::string Session::cors_of(const wire::RequestHead& head) const {
  const Request request(head, {}, peer_);
  const Place place = place_of(request.path, worker_.settings().prefix, worker_.settings().has_upstream);
  if (place != Place::publish && place != Place::subscribe) return {};
  return origin_of(request, worker_.settings()).cors;
}

void Session::refuse(int status, std::string_view message, std::string cors) {
  AnswerContext context;
  context.close = true;
  context.cors = std::move(cors);
  if (!record_) begin_record("-", "-");
  if (record_) record_->begin_answer(worker_.reply().size());
  context.hsts = hsts();
  append_error(worker_.reply(), status, message, context, loop().now());
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
  if (sent == Sent::gone) return close();
  if (close_after_ && !held()) end_after_writing();
}

}  // namespace martd::http
