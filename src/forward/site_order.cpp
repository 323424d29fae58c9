#include "forward/site_order.h"

#include <string>
#include <utility>

#include "wire/proxy_headers.h"
#include "wire/request.h"

namespace martd::forward {
namespace {

/// RFC 9110 section 9.2.2, of those without side effects that would be seen twice.
bool repeatable(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" || method == "PUT" ||
         method == "DELETE";
}

std::string head_for(const SiteOrder& order, const follow::Outlet& outlet, const Settings& settings,
                     const client::Site& site) {
  const wire::RequestHead& head = order.head;
  const std::string client = wire::text_of(wire::without_zone(outlet.peer()));
  wire::RequestHop hop;
  hop.client = client;
  hop.trusted = settings.access.trusted_proxies.contains(outlet.peer());
  hop.tls = outlet.secure();
  hop.version = head.http_1_0 ? "1.0" : "1.1";
  hop.via = settings.via;
  hop.host = wire::host_of(head);
  hop.upstream = site.authority;
  hop.upstream_host = settings.upstream_host;
  hop.upgrade = order.upgrade;
  hop.publish_secret = settings.access.publish_secret;
  hop.admin_token = settings.admin_token;
  hop.forwarded = settings.forwarded;
  hop.max_forwards = order.max_forwards;

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
  wire::append_request_headers(order.lines, hop, text);
  if (head.chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  return text;
}

}  // namespace

client::Order order_for(const SiteOrder& order, const follow::Outlet& outlet, const Settings& settings,
                        const client::Site& site) {
  client::Order made;
  made.head = head_for(order, outlet, settings, site);
  made.body = order.head.has_body();
  made.repeatable = !made.body && repeatable(order.head.method);
  made.head_only = outlet.manner().head;
  made.may_upgrade = !order.upgrade.empty();
  return made;
}

}  // namespace martd::forward
