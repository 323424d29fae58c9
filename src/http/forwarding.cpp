#include "http/forwarding.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "assets.h"
#include "http/worker.h"
#include "wire/channel_list.h"
#include "wire/proxy_headers.h"
#include "wire/query.h"

namespace martd::http {
namespace {

/// A client that is sending a body may be silent for this long.
constexpr push::Duration kBodySilence = std::chrono::seconds{60};
/// Pieces up to this are joined with what goes before them into one write.
constexpr std::size_t kJoined = 16 * 1024;

constexpr std::string_view kEventStream = "text/event-stream";

/// RFC 9110 section 9.2.2, of those without side effects that would be seen twice.
bool repeatable(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" || method == "PUT" ||
         method == "DELETE";
}

void append_chunk_size(std::string& out, std::size_t size) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  out.append(digits, end);
  out += "\r\n";
}

bool is_html(const wire::AnswerHead& head) {
  const std::string_view type = head.field("Content-Type");
  return wire::iequals(wire::trim(type.substr(0, type.find(';'))), "text/html");
}

/// The authority of an absolute target, or the Host.
std::string_view host_of(const wire::RequestHead& head) {
  if (const std::string_view host = head.field("Host"); !host.empty()) return host;
  const auto scheme = head.target.find("://");
  if (head.target.front() == '/' || scheme == head.target.npos) return {};
  const std::string_view rest = head.target.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

}  // namespace

Forwarding::Forwarding(Session& session, const wire::RequestHead& head, const AnswerContext& context)
    : session_(session),
      body_(head.chunked ? wire::BodyReader::chunked() : wire::BodyReader::length(head.content_length.value_or(0))),
      chunked_body_(head.chunked),
      close_(context.close),
      http_1_0_(context.http_1_0),
      head_only_(context.head),
      wants_page_((head.method == "GET" || context.head) &&
                  head.field("Accept").find("text/html") != head.target.npos) {}

Forwarding::~Forwarding() {
  if (exchange_) exchange_->abandon();
}

void Forwarding::begin(const wire::RequestHead& head, push::Time now) {
  since_ = now;
  if (!take_stand(head, now)) return;
  proxy::Order order;
  const std::string upgrade = wire::asked_upgrade(head.fields, head.http_1_0 ? "1.0" : "1.1");
  if (session_.worker().settings().inject && upgrade.empty())
    page_ = std::make_unique<PageAnswer>(session_.worker().pages(), head, page_address(head, host_of(head)));
  order.head = compose(head, upgrade);
  order.body = head.has_body();
  order.repeatable = !order.body && repeatable(head.method);
  order.head_only = head_only_;
  order.may_upgrade = !upgrade.empty();
  if (body_.done()) {
    session_.drop_deadline();
  } else {
    session_.set_deadline(now + kBodySilence);
  }
  exchange_ = session_.worker().upstream()->ask(std::move(order), *this);
}

/// Before anything of the request goes to the site: what is published from here on is news to the page. False: refused.
bool Forwarding::take_stand(const wire::RequestHead& head, push::Time now) {
  Worker& worker = session_.worker();
  const Settings& settings = worker.settings();
  std::string asked;
  head.fields.each("Martd-Channels", [&](std::string_view value) { (asked += ',') += value; });
  if (asked.empty() && settings.snapshot.empty()) return true;
  auto channels = wire::parse_channel_list(asked, settings.subscribe.max_channels);
  if (!channels) {
    close_ |= !body_.done();
    refuse(400, "Martd-Channels: " + channels.error().message);
    return false;
  }
  for (const std::string& name : settings.snapshot)
    if (std::find(channels->begin(), channels->end(), name) == channels->end()) channels->push_back(name);
  stand_ = wire::format_stand(*channels, worker.hub().stand(*channels, now));
  return true;
}

std::string Forwarding::compose(const wire::RequestHead& head, const std::string& upgrade) const {
  const Settings& settings = session_.worker().settings();
  const proxy::Site& site = session_.worker().upstream()->site();
  const std::string client = session_.peer().to_string();
  wire::RequestHop hop;
  hop.client = client;
  hop.trusted = settings.trusted_proxies.contains(session_.peer());
  hop.tls = session_.secure();
  hop.version = head.http_1_0 ? "1.0" : "1.1";
  hop.host = host_of(head);
  hop.upstream = site.authority;
  hop.upstream_host = settings.upstream_host;
  hop.upgrade = upgrade;
  hop.publish_secret = settings.publish_secret;

  std::string text;
  std::size_t size = head.method.size() + head.target.size() + 256;
  for (const wire::Field& field : head.fields) size += field.name.size() + field.value.size() + 4;
  text.reserve(size);
  text += head.method;
  text += ' ';
  if (head.target.front() == '/' || head.target == "*") {
    text += head.target;
  } else {
    const Target target = split_target(head.target);
    text += target.path;
    if (target.query.data() != nullptr) (text += '?') += target.query;
  }
  text += " HTTP/1.1\r\n";
  wire::append_request_headers(page_ ? page_->request_lines() : head.fields, hop, text);
  if (head.chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  return text;
}

// --- from the client ---

std::string_view Forwarding::take(std::string_view bytes) {
  if (stage_ == Stage::tunnel) {
    exchange_->send(bytes);
    return {};
  }
  if (body_.done() || !exchange_) return bytes;
  while (!bytes.empty() && !body_.done()) {
    const std::string_view piece = body_.next(bytes);
    if (!body_.wrong().empty()) {
      const std::string why = "the request's body can't be read: " + std::string(body_.wrong());
      exchange_->abandon();
      exchange_.reset();
      if (stage_ == Stage::asking) {
        close_ = true;
        refuse(400, why);
      } else {
        broken();
      }
      return {};
    }
    send_body(piece);
  }
  if (body_.done()) {
    if (chunked_body_) exchange_->send("0\r\n\r\n");
    exchange_->end_of_body();
    session_.drop_deadline();
  } else {
    session_.set_deadline(session_.worker().loop().now() + kBodySilence);
  }
  return bytes;
}

void Forwarding::send_body(std::string_view piece) {
  if (piece.empty()) return;
  if (!chunked_body_) return exchange_->send(piece);
  std::string chunk;
  chunk.reserve(piece.size() + 20);
  append_chunk_size(chunk, piece.size());
  chunk += piece;
  chunk += "\r\n";
  exchange_->send(chunk);
}

bool Forwarding::wants_input() const {
  if (client_ended_ || !exchange_) return false;
  return (body_.done() && stage_ != Stage::tunnel) || exchange_->unsent() == 0;
}

bool Forwarding::half_closed() {
  if (stage_ != Stage::tunnel) return false;
  client_ended_ = true;
  exchange_->end_of_tunnel();
  if (site_ended_) done();
  return true;
}

void Forwarding::on_deadline(push::Time) {
  if (body_.done()) return;
  if (exchange_ && exchange_->unsent() > 0) {
    // It is the site that doesn't read; that has a time of its own.
    session_.set_deadline(session_.worker().loop().now() + kBodySilence);
    return;
  }
  if (stage_ != Stage::asking) return broken();
  close_ = true;
  refuse(408, "the request's body didn't come in time");
}

void Forwarding::on_writable() {
  if (page_ && page_->waiting()) {
    pass_page();
    flush();
    if (!holding_ || (page_ && page_->waiting())) return;
  }
  if (exchange_) exchange_->resume();
}

void Forwarding::on_room() { session_.read_on(); }

void Forwarding::stop(push::Time) {
  close_ = true;
  // What never ends by itself isn't waited for.
  if (stage_ == Stage::tunnel || endless_) broken();
}

void Forwarding::hung_up(push::Time) {
  holding_ = false;
  stage_ = Stage::over;
  if (!exchange_) return;
  exchange_->abandon();
  exchange_.reset();
}

// --- from the site ---

void Forwarding::append_status(std::string& out, const wire::AnswerHead& head) const {
  out += "HTTP/1.1 ";
  out += std::to_string(head.status);
  out += ' ';
  out += head.reason;
  out += "\r\n";
}

void Forwarding::on_interim(const wire::AnswerHead& head) {
  if (http_1_0_ || stage_ != Stage::asking) return;
  std::string& out = session_.worker().reply();
  append_status(out, head);
  wire::append_response_headers(head.fields, {head.status, head.http_1_0 ? "1.0" : "1.1", {}}, out);
  out += "\r\n";
}

void Forwarding::on_answer(const wire::AnswerHead& head, bool tunnel) {
  status_ = head.status;
  std::string& out = session_.worker().reply();
  if (tunnel) {
    stage_ = Stage::tunnel;
    session_.drop_deadline();
    append_status(out, head);
    wire::append_response_headers(head.fields, {head.status, head.http_1_0 ? "1.0" : "1.1", {}}, out);
    out += "\r\n";
    exchange_->send(session_.take_ahead());
    session_.read_on();
    return;
  }
  endless_ = wire::iequals(head.field("Content-Type").substr(0, kEventStream.size()), kEventStream);
  Worker& worker = session_.worker();
  if (worker.settings().upstream_publishes) site_push_ = SitePush::of(head, worker.settings());
  if (site_push_ && !site_push_->wants_body()) site_push_->publish(worker.hub(), worker.loop().now(), worker.id());
  const PageAnswer::Kind kind = page_ ? page_->examine(head, head_only_, stand_) : PageAnswer::Kind::alone;
  if (kind == PageAnswer::Kind::body) {
    // Which of the two heads it is, its body will tell.
    as_it_came_ = open_answer(head, head.fields, head.content_length.has_value());
    with_tag_ = open_answer(head, page_->lines(), false);
    return;
  }
  if (kind == PageAnswer::Kind::lines)
    begin_answer(open_answer(head, page_->lines(), false));
  else
    begin_answer(open_answer(head, head.fields, head.content_length.has_value()));
  page_.reset();
}

/// The head of the answer with these lines. `sized`: one of them is its length.
Forwarding::Opening Forwarding::open_answer(const wire::AnswerHead& head, std::span<const wire::Field> fields,
                                            bool sized) const {
  Opening opening;
  const bool no_body = head.status == 204 || head.status == 304;
  opening.close = close_ || session_.worker().stopping();
  if (!no_body && !sized && (!head_only_ || head.chunked)) {
    opening.framing = http_1_0_ ? Framing::until_close : Framing::chunked;
    if (http_1_0_ && !head_only_) opening.close = true;
  }
  append_status(opening.text, head);
  const std::string_view connection = opening.close ? "close" : http_1_0_ ? "keep-alive" : "";
  wire::append_response_headers(fields, {head.status, head.http_1_0 ? "1.0" : "1.1", connection}, opening.text);
  if (head.field("Strict-Transport-Security").empty()) opening.text += session_.hsts();
  if (opening.framing == Framing::chunked) opening.text += "Transfer-Encoding: chunked\r\n";
  if (!stand_.empty() && is_html(head)) {
    // A page's script can't read the headers of its own page, but its timings.
    opening.text += "Martd-Cursor: " + stand_ + "\r\nServer-Timing: martd;desc=\"" + stand_ + "\"\r\n";
  }
  opening.text += "\r\n";
  return opening;
}

void Forwarding::begin_answer(const Opening& opening) {
  stage_ = Stage::answering;
  framing_ = opening.framing;
  close_ |= opening.close;
  session_.worker().reply() += opening.text;
}

void Forwarding::on_piece(std::string_view piece) {
  if (stage_ == Stage::tunnel) {
    flush();
    if (stage_ == Stage::tunnel && session_.put(piece) == Session::Sent::gone) session_.broken();
    return;
  }
  if (site_push_ && site_push_->wants_body()) {
    site_push_->feed(piece);
    pass(std::exchange(kept_back_, std::string(piece)));
    return;
  }
  pass(piece);
}

/// A piece of the site's body on its way to the client.
void Forwarding::pass(std::string_view piece) {
  if (!page_) return append_body(piece);
  page_->give(piece);
  pass_page();
}

void Forwarding::append_body(std::string_view piece) {
  if (piece.empty()) return;
  std::string& out = session_.worker().reply();
  const bool chunked = framing_ == Framing::chunked;
  if (chunked) append_chunk_size(out, piece.size());
  if (chunked || piece.size() <= kJoined) {
    out += piece;
    if (chunked) out += "\r\n";
    return;
  }
  flush();
  if (holding_ && session_.put(piece) == Session::Sent::gone) session_.broken();
}

void Forwarding::on_turn() {
  flush();
  // The next piece is read when the last was written.
  if (exchange_ && session_.queued() > 0) exchange_->pause();
}

void Forwarding::flush() {
  std::string& out = session_.worker().reply();
  if (out.empty()) return;
  const Session::Sent sent = session_.put(out);
  out.clear();
  if (sent == Session::Sent::gone) session_.broken();
}

void Forwarding::on_end() {
  if (stage_ == Stage::tunnel) {
    site_ended_ = true;
    flush();
    session_.half_close();
    if (client_ended_) done();
    return;
  }
  if (site_push_ && site_push_->wants_body()) {
    // The last byte comes after what it ends was published.
    site_push_->publish(session_.worker().hub(), session_.worker().loop().now(), session_.worker().id());
    pass(std::exchange(kept_back_, {}));
  }
  if (!page_) return end_answer();
  site_ended_ = true;
  pass_page();
}

void Forwarding::end_answer() {
  if (framing_ == Framing::chunked && !head_only_) session_.worker().reply() += "0\r\n\r\n";
  flush();
  // What the client still sends of a body that nobody wants would be taken for a next request.
  if (!body_.done()) close_ = true;
  done();
}

void Forwarding::on_failure(proxy::Failure failure, std::string_view why) {
  exchange_.reset();
  const proxy::FailureRow& row = proxy::row(failure);
  session_.worker().note_failure(failure, why);
  if (stage_ != Stage::asking) return broken();
  if (!body_.done()) close_ = true;
  refuse(row.status, row.sentence);
}

void Forwarding::refuse(int status, std::string_view message) {
  Worker& worker = session_.worker();
  AnswerContext context;
  context.close = close_ || worker.stopping();
  context.http_1_0 = http_1_0_;
  context.head = head_only_;
  context.hsts = session_.hsts();
  status_ = status;
  const push::Time now = worker.loop().now();
  if (wants_page_ && status >= 500) {
    Answer answer;
    answer.status = status;
    answer.content_type = "text/html; charset=utf-8";
    answer.headers = "Retry-After: 2\r\n";
    append_answer(worker.reply(), answer, assets::away_html().bytes, context, now);
  } else {
    append_error(worker.reply(), status, message, context, now, status >= 500 ? "Retry-After: 2\r\n" : "");
  }
  worker.counters().refusals.add();
  flush();
  done();
}

/// What the client got is not all there was: it must not look as if it were.
void Forwarding::broken() {
  flush();
  close_ = true;
  // Without a length or chunks the end of the connection is the end of the body: only a reset isn't.
  const bool framed = framing_ != Framing::until_close && stage_ != Stage::tunnel;
  done();
  if (!framed) session_.abort();
}

void Forwarding::done() {
  if (!holding_) return;
  holding_ = false;
  Worker& worker = session_.worker();
  if (stage_ != Stage::tunnel) worker.counters().proxied.add(worker.loop().now() - since_);
  if (stage_ == Stage::tunnel) close_ = true;
  stage_ = Stage::over;
  if (exchange_) {
    exchange_->abandon();
    exchange_.reset();
  }
  worker.counters().proxied_by_class[static_cast<std::size_t>(status_ / 100) % 6].add();
  session_.note_status(status_);
  session_.answered(close_);
}

}  // namespace martd::http
