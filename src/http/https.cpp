#include "http/https.h"

#include "access/asker.h"
#include "http/router.h"
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

bool is_redirected(const wire::Request& request, const Settings& settings) {
  if (request.method() == "OPTIONS") {
    const Route route = route_of(request.path, settings.prefix, settings.has_upstream);
    if (route == Route::server || (route != Route::elsewhere && request.header("Host").empty())) return false;
  }
  return request.header("Access-Control-Request-Method").empty() &&
         !access::proxied_tls(request.head, request.peer, settings.access).value_or(false);
}

int append_redirect(std::string& out, const wire::Request& request, const Settings& settings,
                    const wire::AnswerContext& context, Time now) {
  const auto to = https_location(request.header("Host"), request.path, request.query, settings.redirect_port);
  if (!to) {
    wire::append_error(out, 400, "Host: missing, and this server is to be asked by https", context, now);
    return 400;
  }
  wire::append_error(out, 308, "by https only (--https-redirect): " + *to, context, now, "Location: " + *to + "\r\n");
  return 308;
}

}  // namespace martd::http
