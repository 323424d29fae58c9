#include "forward/forwarding.h"

#include <algorithm>
#include <utility>

#include "forward/failure_answer.h"
#include "forward/site_order.h"
#include "wire/chunks.h"
#include "wire/max_forwards.h"
#include "wire/proxy_headers.h"
#include "wire/via.h"

namespace martd::forward {
namespace {

/// Pieces up to this are joined with what goes before them into one write.
constexpr std::size_t kJoined = 16 * 1024;

}  // namespace

Forwarding::Forwarding(follow::Outlet& outlet, Gate& gate, const wire::RequestHead& head)
    : outlet_(outlet),
      gate_(gate),
      body_(head.chunked ? wire::BodyReader::chunked() : wire::BodyReader::length(head.content_length.value_or(0))),
      chunked_body_(head.chunked),
      close_(outlet.manner().close),
      awaits_continue_(head.fields.names("Expect", "100-continue")),
      shows_page_(shows_page(head)) {}

Forwarding::~Forwarding() {
  if (exchange_) exchange_->abandon();
}

void Forwarding::begin(const wire::RequestHead& head, Time now) {
  since_ = now;
  const Settings& settings = gate_.settings();
  if (wire::goes_in_a_circle(head.fields, settings.via)) {
    // Each round would take a connection on both sides, until there are none left.
    gate_.note_failure(client::Failure::loop, {});
    return fail(client::Failure::loop);
  }
  const auto forwards = wire::read_max_forwards(head.method, head.fields);
  if (!forwards) return refuse(forwards.error().status, forwards.error().message);
  if (*forwards && **forwards == 0) return answer_last_hop(head.method);
  // Before anything of the request goes to the site: what it publishes is news to the page.
  auto positions = Positions::look_up(head, settings, gate_.desk().hub(), now);
  if (!positions) return refuse(positions.error().status, positions.error().message);
  positions_ = *std::move(positions);

  SiteOrder order{head, head.fields, wire::asked_upgrade(head.fields, head.http_1_0 ? "1.0" : "1.1")};
  if (settings.inject && order.upgrade.empty()) {
    page_ = std::make_unique<PageAnswer>(gate_.pages(), head,
                                         page_address(head, outlet_.peer(), outlet_.secure(), settings.access));
    order.lines = page_->request_lines();
  }
  if (*forwards) order.max_forwards = **forwards - 1;
  body_due_ = now + kBodySilence;
  arm();
  exchange_ = gate_.pool().ask(order_for(order, outlet_, settings, gate_.pool().site()), *this);
}

// --- from the client ---

std::string_view Forwarding::take(std::string_view bytes) {
  if (stage_ == Stage::tunnel) {
    exchange_->send(bytes);
    return {};
  }
  if (stage_ == Stage::draining) return discard_rest(bytes);
  if (body_.done() || !exchange_) return bytes;
  if (!bytes.empty()) awaits_continue_ = false;
  while (!bytes.empty() && !body_.done()) {
    const std::string_view piece = body_.next(bytes);
    if (!body_.wrong().empty()) {
      const std::string why = "the request's body can't be read: " + std::string(body_.wrong());
      let_go();
      if (stage_ == Stage::asking) {
        refuse(400, why);
      } else {
        broken();
      }
      return {};
    }
    send_body(piece);
  }
  if (body_.done()) {
    if (chunked_body_) exchange_->send(wire::kLastChunk);
    exchange_->end_of_body();
  }
  body_due_ = now() + kBodySilence;
  arm();
  return bytes;
}

void Forwarding::send_body(std::string_view piece) {
  if (piece.empty()) return;
  if (!chunked_body_) return exchange_->send(piece);
  std::string chunk;
  chunk.reserve(piece.size() + wire::kMostAroundChunk);
  wire::append_chunk(chunk, piece);
  exchange_->send(chunk);
}

bool Forwarding::wants_input() const {
  if (stage_ == Stage::draining) return true;
  if (client_ended_ || !exchange_) return false;
  return (body_.done() && stage_ != Stage::tunnel) || exchange_->unsent() == 0;
}

bool Forwarding::half_closed(bool tidy) {
  if (stage_ == Stage::draining) {
    close_ = true;
    done();
    return true;
  }
  if (stage_ == Stage::answering && framing_ == Framing::until_close) {
    // It counts as gone. If it is there still, it would take the end for that of its answer.
    outlet_.abort();
    return true;
  }
  if (stage_ != Stage::tunnel) return false;
  if (!tidy) {
    // Anybody on the way can end a connection. Passed on as the end of what the client had to say it would be the
    // client's own word, and over TLS an authentic one.
    broken();
    return true;
  }
  client_ended_ = true;
  exchange_->end_of_tunnel();
  if (site_ended_) done();
  return true;
}

/// A connection has one deadline: the first of those that are running.
void Forwarding::arm() {
  Time due = taking_.due();
  if (!body_.done()) due = std::min(due, body_due_);
  if (end_waits_) due = std::min(due, store_due_);
  if (due == Time::max()) return outlet_.drop_deadline();
  outlet_.set_deadline(due);
}

void Forwarding::on_deadline(Time now) {
  if (end_waits_ && now >= store_due_) return give_up_store();
  if (now >= taking_.due()) {
    // Else it could hold the site's connection for as long as it likes.
    const Duration patience = gate_.settings().upstream_timeouts.taking;
    if (!taking_.goes_on(outlet_.queued(), now, patience)) return broken();
  }
  if (!body_.done() && now >= body_due_) {
    if (exchange_ && exchange_->unsent() > 0) {
      // It is the site that doesn't read; that has a time of its own.
      body_due_ = now + kBodySilence;
    } else if (stage_ == Stage::draining) {
      close_ = true;
      return done();
    } else if (stage_ == Stage::asking) {
      return refuse(408, "the request's body didn't come in time");
    } else {
      return broken();
    }
  }
  arm();
}

void Forwarding::on_writable() {
  if (taking_.watching() && stage_ != Stage::tunnel) {
    taking_.all_taken();
    arm();
  }
  if (page_ && page_->waiting()) {
    pass_page();
    flush();
    if (!holding_ || (page_ && page_->waiting())) return;
  }
  if (exchange_) exchange_->resume();
}

void Forwarding::on_room() { outlet_.read_on(); }

void Forwarding::stop(Time) {
  close_ = true;
  if (stage_ == Stage::draining) return done();
  // What never ends by itself isn't waited for.
  if (stage_ == Stage::tunnel || endless_) broken();
}

void Forwarding::hung_up(Time) {
  holding_ = false;
  stage_ = Stage::over;
  let_go();
}

/// Nothing more is wanted of the site, nor of the store.
void Forwarding::let_go() {
  if (site_push_) site_push_->leave(gate_.desk());
  site_push_.reset();
  if (!exchange_) return;
  if (outlet_.logged()) {
    const client::Endpoint& endpoint = exchange_->endpoint();
    outlet_.note_upstream(endpoint.size > 0 ? client::to_string(endpoint) : gate_.pool().site().authority);
  }
  exchange_->abandon();
  exchange_.reset();
}

// --- from the site ---

void Forwarding::on_interim(const wire::AnswerHead& head) {
  if (head.status == 100) awaits_continue_ = false;
  if (outlet_.manner().http_1_0 || stage_ != Stage::asking) return;
  append_interim(gate_.scratch(), head);
}

void Forwarding::on_answer(const wire::AnswerHead& head, bool tunnel) {
  status_ = head.status;
  if (tunnel) {
    stage_ = Stage::tunnel;
    outlet_.drop_deadline();
    // Either side may take its time, as long as it is there.
    outlet_.hurry();
    outlet_.wait_for_reader({});
    append_interim(gate_.scratch(), head);
    exchange_->send(outlet_.take_ahead());
    outlet_.read_on();
    return;
  }
  judge_rest();
  endless_ = is_event_stream(head);
  if (gate_.settings().upstream_publishes) site_push_ = SitePush::of(head, gate_.settings());
  if (site_push_ && !site_push_->wants_body()) site_push_->publish(gate_.desk(), *this);
  if (!is_html(head)) positions_ = {};
  const PageAnswer::Kind kind = page_ ? page_->examine(head, outlet_.manner().head) : PageAnswer::Kind::alone;
  AnswerOpening opening = kind == PageAnswer::Kind::lines ? open(head, page_->lines(), false)
                                                          : open(head, head.fields, head.content_length.has_value());
  if (kind != PageAnswer::Kind::body) {
    page_.reset();
    positions_.fit(opening.text.size());
    end_head(opening);
    return begin_answer(opening);
  }
  // Which of the two heads it is, its body will tell.
  as_it_came_ = std::move(opening);
  with_tag_ = open(head, page_->lines(), false);
  positions_.fit(std::max(as_it_came_.text.size(), with_tag_.text.size()));
  end_head(as_it_came_);
  end_head(with_tag_);
  page_->begin(positions_.text());
}

AnswerOpening Forwarding::open(const wire::AnswerHead& head, std::span<const wire::Field> lines, bool sized) const {
  follow::Outlet::Manner manner = outlet_.manner();
  manner.close = close_ || gate_.desk().stopping();
  return open_answer(head, lines, sized, manner, outlet_.hsts());
}

void Forwarding::end_head(AnswerOpening& opening) const {
  positions_.append_lines(opening.text);
  opening.text += "\r\n";
}

void Forwarding::begin_answer(const AnswerOpening& opening) {
  stage_ = Stage::answering;
  framing_ = opening.framing;
  close_ |= opening.close;
  gate_.scratch() += opening.text;
}

void Forwarding::on_piece(std::string_view piece) {
  if (stage_ == Stage::tunnel) {
    flush();
    if (stage_ == Stage::tunnel && outlet_.put(piece) == follow::Outlet::Sent::gone) outlet_.broken();
    return;
  }
  if (publishes()) return keep_back(piece);
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
  std::string& out = gate_.scratch();
  const bool chunked = framing_ == Framing::chunked;
  if (chunked) wire::append_chunk_size(out, piece.size());
  if (chunked || piece.size() <= kJoined) {
    out += piece;
    if (chunked) out += wire::kChunkEnd;
    return;
  }
  flush();
  if (holding_) put(piece);
}

void Forwarding::on_turn() {
  flush();
  // The next piece is read when the last was written.
  if (exchange_ && outlet_.queued() > 0) exchange_->pause();
}

void Forwarding::flush() {
  std::string& out = gate_.scratch();
  if (out.empty()) return;
  put(out);
  out.clear();
}

/// To the client's socket, or what waits for it.
void Forwarding::put(std::string_view bytes) {
  if (outlet_.put(bytes) == follow::Outlet::Sent::gone) return outlet_.broken();
  if (stage_ == Stage::tunnel) return;  // which may wait for as long as it likes
  const Settings& settings = gate_.settings();
  const Duration patience = settings.upstream_timeouts.taking;
  const bool watched = taking_.watching();
  taking_.gave(bytes.size(), outlet_.queued(), now(), patience);
  if (taking_.watching()) outlet_.wait_for_reader(patience + settings.peer_silence());
  if (taking_.watching() != watched) arm();
}

void Forwarding::on_end() {
  if (stage_ == Stage::tunnel) {
    site_ended_ = true;
    flush();
    outlet_.half_close();
    if (client_ended_) done();
    return;
  }
  // The last byte comes after what it ends was published.
  if (site_push_ && site_push_->wants_body()) site_push_->publish(gate_.desk(), *this);
  if (publishes()) return keep_end_back();
  pass_end();
}

/// The site's answer is whole, and all of it may go.
void Forwarding::pass_end() {
  pass(std::exchange(kept_back_, {}));
  if (!holding_) return;
  if (!page_) return end_answer();
  site_ended_ = true;
  pass_page();
}

void Forwarding::end_answer() {
  if (framing_ == Framing::chunked && !outlet_.manner().head) gate_.scratch() += wire::kLastChunk;
  flush();
  if (body_.done() || close_) return done();
  drain();
}

void Forwarding::on_failure(client::Failure failure, std::string_view why) {
  let_go();
  gate_.note_failure(failure, why);
  if (stage_ != Stage::asking) return broken();
  fail(failure);
}

// --- answers of ours in place of the site's ---

void Forwarding::fail(client::Failure failure) {
  const FailureAnswer told = failure_answer(failure, shows_page_);
  wire::Answer answer;
  answer.content_type = told.content_type;
  answer.headers = told.headers;
  give_up(told.status, answer, told.body);
}

void Forwarding::refuse(int status, std::string_view message) {
  wire::Answer answer;
  give_up(status, answer, wire::error_body(message));
}

/// Who sends Max-Forwards wants to hear from the last server that may have the request (RFC 9110 section 7.6.2), and
/// that is this one.
void Forwarding::answer_last_hop(std::string_view method) {
  wire::Answer answer;
  answer.headers = "Allow: OPTIONS\r\n";
  answer.no_body = method == "OPTIONS";
  if (answer.no_body) return give_up(204, answer, {});
  give_up(405, answer, wire::error_body("TRACE: isn't answered here (Max-Forwards: 0)"));
}

/// What the client still sends of a body would be taken for its next request.
void Forwarding::give_up(int status, wire::Answer& answer, std::string_view body) {
  close_ |= !body_.done();
  flush();  // what the site said in between
  answer.status = status_ = status;
  outlet_.answer(answer, body, now(), close_);
  done();
}

// --- the end ---

/// What the client got is not all there was: it must not look as if it were.
void Forwarding::broken() {
  flush();
  close_ = true;
  // Without a length or chunks the end of the connection is the end of the body: only a reset isn't.
  const bool framed = framing_ != Framing::until_close && stage_ != Stage::tunnel;
  done();
  if (!framed) outlet_.abort();
}

void Forwarding::done() {
  if (!holding_) return;
  holding_ = false;
  if (stage_ == Stage::tunnel) close_ = true;
  if (stage_ == Stage::tunnel && client_ended_ && site_ended_ && exchange_) exchange_->tunnel_over();
  if (stage_ != Stage::draining) record();
  stage_ = Stage::over;
  let_go();
  outlet_.done(close_);
}

/// For metrics and the access log: the client has its answer.
void Forwarding::record() {
  if (stage_ != Stage::tunnel) gate_.counters().proxied.add(now() - since_);
  gate_.counters().proxied_by_class[status_ < 600 ? static_cast<std::size_t>(status_) / 100 : 0].add();
  outlet_.note_status(status_);
}

}  // namespace martd::forward
