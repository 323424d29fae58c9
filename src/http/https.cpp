#include "http/https.h"

#include "access/asker.h"
#include "http/session.h"
#include "http/worker.h"
#include "wire/host.h"

namespace martd::http {

std::optional<std::string> https_location(std::string_view host, std::string_view path, std::string_view query,
                                          std::uint16_t port) {
  const auto parsed = wire::parse_host(host);
  if (!parsed || parsed->host.empty()) return std::nullopt;
  std::string location = "https://";
  location += parsed->host;
  if (port != 443) location += ":" + std::to_string(port);
  // `OPTIONS *` is about no path in particular.
  location += path.starts_with('/') ? path : std::string_view("/");
  if (!query.empty()) {
    location += '?';
    location += query;
  }
  return location;
}

std::string strict_transport_security(Duration life) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(life).count();
  return "Strict-Transport-Security: max-age=" + std::to_string(seconds) + "\r\n";
}

// --- what a session does with it ---

std::string_view Session::hsts() const {
  return secure() ? std::string_view(worker_.settings().hsts) : std::string_view();
}

bool Session::redirects() const { return worker_.settings().redirect_port != 0 && !secure(); }

/// Whether this one is sent to https. Not where its client came by https to a proxy before this server: it would come
/// back the same way, for ever. Nor where a redirect is of no use: to a page's preflight, as a browser takes none for
/// one, to a look at the server itself, and to a look that names no host to be sent to, as HAProxy's does.
bool Session::redirects(const wire::Request& request) const {
  if (!redirects()) return false;
  if (request.method() == "OPTIONS") {
    const Settings& settings = worker_.settings();
    const Route route = route_of(request.path, settings.prefix, settings.has_upstream);
    if (route == Route::server || (route != Route::elsewhere && request.header("Host").empty())) return false;
  }
  return request.header("Access-Control-Request-Method").empty() &&
         !access::proxied_tls(request.head, peer_, worker_.settings().access).value_or(false);
}

/// To https, with the same path and query. 308 and not 301: a push stays a push (RFC 9110 section 15.4.9). A body that
/// isn't here yet is not waited for.
void Session::redirect(const wire::RequestHead& head, std::string_view& data) {
  worker_.counters().requests.add();
  await_request();
  const std::uint64_t length = head.content_length.value_or(0);
  const bool whole = !head.chunked && length <= data.size();
  if (whole) data.remove_prefix(length);

  if (record()) record()->begin_answer(worker_.reply().size());
  const Time now = loop().now();
  wire::AnswerContext context;
  context.http_1_0 = head.http_1_0;
  context.close = !head.keep_alive || !whole || worker_.stopping() || surplus_;
  context.head = head.method == "HEAD";
  context.cors = cors_of(head);
  close_after_ = context.close;
  const wire::Request request(head, {}, peer_);
  const auto to = https_location(request.header("Host"), request.path, request.query, worker_.settings().redirect_port);
  if (to) {
    wire::append_error(worker_.reply(), 308, "by https only (--https-redirect): " + *to, context, now,
                       "Location: " + *to + "\r\n");
  } else {
    worker_.counters().refusals.add();
    wire::append_error(worker_.reply(), 400, "Host: missing, and this server is to be asked by https", context, now);
  }
  end_written_record();
}

}  // namespace martd::http
