// A request on its way to the site: whether it may go, and as what.

#include "forward/forwarding.h"
#include "http/worker.h"
#include "wire/max_forwards.h"
#include "wire/proxy_headers.h"
#include "wire/via.h"

namespace martd::forward {
namespace {

/// RFC 9110 section 9.2.2, of those without side effects that would be seen twice.
bool repeatable(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

void Forwarding::begin(const wire::RequestHead& head, Time now) {
  since_ = now;
  if (wire::goes_in_a_circle(head.fields, session_.worker().settings().via)) {
    // Each round would take a connection on both sides, until there are none left.
    session_.worker().note_failure(client::Failure::loop, {});
    return fail(client::Failure::loop);
  }
  if (!may_go_on(head, now) || !take_stand(head, now)) return;
  client::Order order;
  const std::string_view upgrade = wire::asked_upgrade(head.fields, head.http_1_0 ? "1.0" : "1.1");
  if (session_.worker().settings().inject && upgrade.empty())
    page_ = std::make_unique<PageAnswer>(session_.worker().pages(), head, page_address(head, wire::host_of(head)));
  order.head = compose(head, upgrade);
  order.body = head.has_body();
  order.repeatable = !order.body && repeatable(head.method);
  order.head_only = head_only_;
  order.may_upgrade = !upgrade.empty();
  body_due_ = now + kBodySilence;
  arm();
  exchange_ = session_.worker().upstream()->ask(std::move(order), *this);
}

/// Who sends Max-Forwards wants to hear from the last server that may have the request. False: that is this one.
bool Forwarding::may_go_on(const wire::RequestHead& head, Time now) {
  const auto left = wire::read_max_forwards(head.method, head.fields);
  if (left && (!*left || **left > 0)) {
    if (*left) max_forwards_ = **left - 1;
    return true;
  }
  close_ |= !body_.done();
  if (!left) {
    refuse(left.error().status, left.error().message);
    return false;
  }
  http::AnswerContext context;
  context.close = close_ || session_.worker().stopping();
  context.http_1_0 = http_1_0_;
  context.hsts = session_.hsts();
  constexpr std::string_view kAllow = "Allow: OPTIONS\r\n";
  std::string& out = session_.worker().reply();
  if (head.method == "OPTIONS") {
    http::Answer answer;
    answer.status = status_ = 204;
    answer.no_body = true;
    answer.headers = kAllow;
    http::append_answer(out, answer, {}, context, now);
  } else {
    status_ = 405;
    http::append_error(out, status_, "TRACE: isn't answered here (Max-Forwards: 0)", context, now, kAllow);
    session_.worker().counters().refusals.add();
  }
  flush();
  done();
  return false;
}

std::string Forwarding::compose(const wire::RequestHead& head, std::string_view upgrade) const {
  const http::Settings& settings = session_.worker().settings();
  const client::Site& site = session_.worker().upstream()->site();
  const std::string client = wire::text_of(wire::without_zone(session_.peer()));
  wire::RequestHop hop;
  hop.client = client;
  hop.trusted = settings.access.trusted_proxies.contains(session_.peer());
  hop.tls = session_.secure();
  hop.version = head.http_1_0 ? "1.0" : "1.1";
  hop.via = settings.via;
  hop.host = wire::host_of(head);
  hop.upstream = site.authority;
  hop.upstream_host = settings.upstream_host;
  hop.upgrade = upgrade;
  hop.publish_secret = settings.access.publish_secret;
  hop.admin_token = settings.admin_token;
  hop.forwarded = settings.forwarded;
  hop.max_forwards = max_forwards_;

  std::string text;
  std::size_t size = head.method.size() + head.target.size() + 256;
  for (const wire::Field& field : head.fields) size += field.name.size() + field.value.size() + 4;
  text.reserve(size);
  text += head.method;
  text += ' ';
  if (head.target.front() == '/') {
    text += head.target;
  } else {
    const wire::Target target = wire::split_target(head.target);
    text += target.path;
    if (target.query.data() != nullptr) (text += '?') += target.query;
  }
  text += " HTTP/1.1\r\n";
  wire::append_request_headers(page_ ? page_->request_lines() : head.fields, hop, text);
  if (head.chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  return text;
}

}  // namespace martd::forward
