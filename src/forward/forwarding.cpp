#include "forward/forwarding.h"

#include <algorithm>
#include <string>
#include <utility>

#include "forward/failure_answer.h"
#include "forward/site_order.h"
#include "wire/max_forwards.h"
#include "wire/proxy_headers.h"
#include "wire/via.h"

namespace martd::forward {

Forwarding::Forwarding(follow::Outlet& outlet, Gate& gate, const wire::RequestHead& head)
    : outlet_(outlet),
      gate_(gate),
      upload_(head),
      answer_(outlet, gate),
      close_(outlet.manner().close),
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
  answer_.tell(*std::move(positions));

  SiteOrder order{head, head.fields, wire::asked_upgrade(head.fields, head.http_1_0 ? "1.0" : "1.1")};
  if (settings.inject && order.upgrade.empty()) order.lines = answer_.expect_page(head);
  if (*forwards) order.max_forwards = **forwards - 1;
  upload_.expect_more(now);
  arm();
  exchange_ = gate_.pool().ask(order_for(order, outlet_, settings, gate_.pool().site()), *this);
}

// --- from the client ---

std::string_view Forwarding::receive(std::string_view bytes) {
  if (stage_ == Stage::tunnel) {
    tunnel_->from_client(bytes);
    return {};
  }
  if (upload_.whole()) return bytes;
  if (stage_ == Stage::draining) {
    upload_.drop(bytes);
    // What follows it is the outlet's first, and then the next request.
    if (upload_.whole()) outlet_.call_later();
    return bytes;
  }
  if (!exchange_) return bytes;
  std::string chunk;
  while (!bytes.empty() && !upload_.whole()) {
    exchange_->send(upload_.read(bytes, chunk));
    if (!upload_.wrong().empty()) {
      const std::string why = "the request's body can't be read: " + std::string(upload_.wrong());
      let_go();
      unanswered() ? refuse(400, why) : broken();
      return {};
    }
  }
  if (upload_.whole()) exchange_->end_of_body();
  upload_.expect_more(now());
  arm();
  return bytes;
}

bool Forwarding::wants_input() const {
  if (stage_ == Stage::draining) return true;
  if (!exchange_) return false;
  return tunnel_ ? tunnel_->wants_input() : upload_.reads_on(exchange_->unsent());
}

bool Forwarding::half_closed(bool tidy) {
  if (stage_ == Stage::draining) {
    close_ = true;
    done();
    return true;
  }
  if (stage_ == Stage::tunnel) {
    // Anybody on the way can end a connection. Passed on as the end of what the client had to say it would be the
    // client's own word, and over TLS an authentic one.
    if (!tidy) {
      broken();
    } else {
      tunnel_->client_ended();
      if (tunnel_->over()) done();
    }
    return true;
  }
  if (!answer_.ends_with_connection()) return false;
  // It counts as gone. If it is there still, it would take the end for that of its answer.
  outlet_.abort();
  return true;
}

void Forwarding::on_writable() {
  if (stage_ == Stage::tunnel) return exchange_->resume();
  answer_.all_taken();
  go_on();
}

/// Goes on with a page that had to wait for its turn; or with nothing, where what was left of the request is read away.
void Forwarding::catch_up(Time) {
  if (stage_ == Stage::draining && upload_.whole()) return done();
  go_on();
}

void Forwarding::on_deadline(Time now) {
  if (const auto progress = answer_.on_deadline(now); progress != SiteAnswer::Progress::under_way)
    return act_on(progress);
  if (upload_.late(now, exchange_ ? exchange_->unsent() : 0)) {
    if (unanswered()) return refuse(408, "the request's body didn't come in time");
    if (stage_ != Stage::draining) return broken();
    close_ = true;
    return done();
  }
  pace();
}

void Forwarding::stop(Time) {
  close_ = true;
  if (stage_ == Stage::draining) return done();
  // What never ends by itself isn't waited for.
  if (stage_ == Stage::tunnel || answer_.endless()) broken();
}

void Forwarding::hung_up(Time) {
  holding_ = false;
  stage_ = Stage::over;
  let_go();
}

// --- from the site, and from the store ---

void Forwarding::on_interim(const wire::AnswerHead& head) {
  if (head.status == 100) upload_.was_asked_for();
  answer_.interim(head);
}

void Forwarding::on_answer(const wire::AnswerHead& head, bool tunnel) {
  status_ = head.status;
  if (tunnel) {
    answer_.interim(head);
    answer_.flush();
    stage_ = Stage::tunnel;
    tunnel_.emplace(outlet_, *exchange_).begin();
    return;
  }
  // What the client still sends must not be taken for its next request: it can be read away, or its connection ends.
  close_ |= !upload_.rest_is_bounded();
  answer_.begin(head, close_, *this);
}

void Forwarding::on_piece(std::string_view piece) {
  if (stage_ == Stage::tunnel) return tunnel_->from_site(piece);
  if (answer_.add(piece) == SiteAnswer::Progress::cut) broken();
}

void Forwarding::on_turn() { pace(); }

void Forwarding::on_end() {
  if (stage_ != Stage::tunnel) return act_on(answer_.end(*this));
  tunnel_->site_ended();
  if (tunnel_->over()) done();
}

void Forwarding::on_failure(client::Failure failure, std::string_view why) {
  let_go();
  gate_.note_failure(failure, why);
  unanswered() ? fail(failure) : broken();
}

void Forwarding::on_room() { outlet_.read_on(); }

void Forwarding::settled(std::uint64_t ticket, const push::PushAnswer& answer, Time) {
  act_on(answer_.settled(ticket, answer));
}

// --- who goes next ---

void Forwarding::go_on() {
  if (stage_ != Stage::passing) return arm();
  act_on(answer_.go_on());
  if (exchange_ && answer_.has_room()) exchange_->resume();
}

void Forwarding::act_on(SiteAnswer::Progress progress) {
  switch (progress) {
    case SiteAnswer::Progress::cut:
      return broken();
    case SiteAnswer::Progress::whole:
      return upload_.whole() || close_ || answer_.closes() ? done() : drain();
    case SiteAnswer::Progress::under_way:
      return pace();
  }
}

/// What came goes out, and the next piece is read from the site when that was written.
void Forwarding::pace() {
  answer_.flush();
  if (exchange_ && !answer_.has_room()) exchange_->pause();
  arm();
}

/// A connection has one deadline: the first of those that are running. A tunnel has none.
void Forwarding::arm() {
  if (stage_ == Stage::tunnel) return;
  const Time due = std::min(answer_.due(), upload_.due());
  if (due == Time::max()) return outlet_.drop_deadline();
  outlet_.set_deadline(due);
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
  close_ |= !upload_.whole();
  answer_.flush();  // what the site said in between
  answer.status = status_ = status;
  outlet_.answer(answer, body, now(), close_);
  done();
}

// --- the end ---

/// The client has its answer, and sends the rest of its body before it asks again.
void Forwarding::drain() {
  record();
  stage_ = Stage::draining;
  let_go();
  upload_.expect_rest(now());
  arm();
  outlet_.read_on();
}

/// Nothing more is wanted of the site, nor of the store.
void Forwarding::let_go() {
  answer_.let_go();
  if (!exchange_) return;
  if (outlet_.logged()) {
    const client::Endpoint& endpoint = exchange_->endpoint();
    outlet_.note_upstream(endpoint.size > 0 ? client::to_string(endpoint) : gate_.pool().site().authority);
  }
  exchange_->abandon();
  exchange_.reset();
}

/// What the client got is not all there was: it must not look as if it were.
void Forwarding::broken() {
  answer_.flush();
  close_ = true;
  // Without a length or chunks the end of the connection is the end of the body: only a reset isn't.
  const bool framed = stage_ != Stage::tunnel && !answer_.ends_with_connection();
  done();
  if (!framed) outlet_.abort();
}

void Forwarding::done() {
  if (!holding_) return;
  holding_ = false;
  close_ |= stage_ == Stage::tunnel || answer_.closes();
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
