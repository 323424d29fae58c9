// A request on its way to the site: whether it may go, and as what.

#include "forward/forwarding.h"
#include "wire/max_forwards.h"
#include "wire/proxy_headers.h"
#include "wire/request.h"
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
  if (wire::goes_in_a_circle(head.fields, gate_.settings().via)) {
    // Each round would take a connection on both sides, until there are none left.
    gate_.note_failure(client::Failure::loop, {});
    return fail(client::Failure::loop);
  }
  if (!may_go_on(head) || !take_stand(head, now)) return;
  client::Order order;
  const std::string_view upgrade = wire::asked_upgrade(head.fields, head.http_1_0 ? "1.0" : "1.1");
  if (gate_.settings().inject && upgrade.empty())
    page_ = std::make_unique<PageAnswer>(gate_.pages(), head, page_address(head, wire::host_of(head)));
  order.head = compose(head, upgrade);
  order.body = head.has_body();
  order.repeatable = !order.body && repeatable(head.method);
  order.head_only = outlet_.manner().head;
  order.may_upgrade = !upgrade.empty();
  body_due_ = now + kBodySilence;
  arm();
  exchange_ = gate_.pool().ask(std::move(order), *this);
}

/// Who sends Max-Forwards wants to hear from the last server that may have the request. False: that is this one.
bool Forwarding::may_go_on(const wire::RequestHead& head) {
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
  wire::Answer answer;
  answer.headers = "Allow: OPTIONS\r\n";
  if (head.method == "OPTIONS") {
    answer.no_body = true;
    give_up(204, answer, {});
  } else {
    give_up(405, answer, wire::error_body("TRACE: isn't answered here (Max-Forwards: 0)"));
  }
  return false;
}

std::string Forwarding::compose(const wire::RequestHead& head, std::string_view upgrade) const {
  const Settings& settings = gate_.settings();
  const client::Site& site = gate_.pool().site();
  const std::string client = wire::text_of(wire::without_zone(outlet_.peer()));
  wire::RequestHop hop;
  hop.client = client;
  hop.trusted = settings.access.trusted_proxies.contains(outlet_.peer());
  hop.tls = outlet_.secure();
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
