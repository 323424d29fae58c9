#include "access/asker.h"

#include <utility>
#include <vector>

#include "base/ascii.h"
#include "push/attributes.h"
#include "wire/forwarded_headers.h"
#include "wire/query.h"

namespace martd::access {
namespace {

std::optional<wire::Address> sender(const wire::Request& request, const Settings& settings) {
  std::vector<std::string_view> x_forwarded_for;
  std::vector<std::string_view> forwarded;
  request.head.fields.each("X-Forwarded-For", [&](std::string_view value) { x_forwarded_for.push_back(value); });
  request.head.fields.each("Forwarded", [&](std::string_view value) { forwarded.push_back(value); });
  return wire::effective_peer(request.peer, x_forwarded_for, forwarded, settings.trusted_proxies);
}

/// A page's browser says one or the other with whatever can push. No program does.
bool by_browser(const wire::Request& request) {
  bool said = false;
  for (const std::string_view name : {"Origin", "Sec-Fetch-Site"})
    request.head.fields.each(name, [&](std::string_view) { said = true; });
  return said;
}

bool by_address(const wire::Request& request, const Settings& settings) {
  const auto peer = sender(request, settings);
  return peer && settings.publish_from.contains(*peer);
}

bool by_bearer(const wire::Request& request, const Settings& settings) {
  const std::string_view header = trim(request.header("Authorization"));
  constexpr std::string_view kScheme = "Bearer ";
  return header.size() > kScheme.size() && iequals(header.substr(0, kScheme.size()), kScheme) &&
         push::same_secret(trim(header.substr(kScheme.size())), settings.publish_secret);
}

bool by_cookie(const wire::Request& request, const Settings& settings) {
  bool same = false;
  request.head.fields.each("Cookie", [&](std::string_view rest) {
    while (!rest.empty()) {
      const auto semicolon = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, semicolon));
      rest = semicolon == rest.npos ? std::string_view() : rest.substr(semicolon + 1);
      const auto equals = pair.find('=');
      if (equals == pair.npos || pair.substr(0, equals) != "martd_secret") continue;
      same |= push::same_secret(pair.substr(equals + 1), settings.publish_secret);
    }
  });
  return same;
}

}  // namespace

push::Claim Asker::claim(std::string key) const {
  return {std::move(key), may_push ? push::Rights::to_all() : push::Rights(), operates};
}

Asker origin_of(const wire::Request& request, const Settings& settings) {
  Asker asker;
  const std::string_view origin = request.header("Origin");
  if (origin.empty() || !wire::foreign_origin(origin, request.header("Host"))) return asker;
  asker.cross = true;
  asker.named = settings.origins.names(origin);
  asker.foreign = !asker.named && !settings.origins.any();
  if (asker.foreign) return asker;
  asker.cors = "Access-Control-Allow-Origin: ";
  asker.cors += origin;
  asker.cors += "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: ETag, Retry-After\r\n";
  if (asker.named) asker.cors += "Access-Control-Allow-Credentials: true\r\n";
  return asker;
}

Asker asker_of(const wire::Request& request, const Settings& settings) {
  Asker asker = origin_of(request, settings);
  asker.may_push = by_address(request, settings);
  asker.unnamed = asker.may_push && by_browser(request) && !settings.hosts.knows(wire::host_of(request.head));
  if (asker.unnamed) asker.may_push = false;
  if (!asker.may_push && !settings.publish_secret.empty()) {
    // A page that is let in by `*` only doesn't get to use the cookie of the person who looks at it.
    asker.may_push = by_bearer(request, settings) || ((!asker.cross || asker.named) && by_cookie(request, settings));
  }
  return asker;
}

std::optional<Refusal> misdirected(const wire::Request& request, bool renamed, const Settings& settings) {
  if (!settings.hosts.only() && !renamed) return std::nullopt;
  const std::string_view host = wire::host_of(request.head);
  if (settings.hosts.knows(host)) return std::nullopt;
  // `OPTIONS *` is about no name, and a proxy that looks whether this server lives (HTTP/1.0) says none.
  if (request.method() == "OPTIONS" && (host.empty() || request.head.target == "*")) return std::nullopt;
  if (host.empty()) return Refusal{421, "Host: missing (taken: a name of this server, --host)"};
  return Refusal{421, "Host: " + wire::shown(host) + " isn't known here (taken: an address, localhost, a name of " +
                          "--host, --http, --https or --origin)"};
}

std::optional<bool> proxied_tls(const wire::RequestHead& head, const wire::Address& peer, const Settings& settings) {
  if (!settings.trusted_proxies.contains(peer)) return std::nullopt;
  std::string_view told = head.field("X-Forwarded-Proto");
  const std::string by_forwarded = wire::forwarded_proto(head.field("Forwarded"));
  if (told.empty() && by_forwarded.empty()) return std::nullopt;
  return iequals(next_element(told), "https") || iequals(by_forwarded, "https");
}

std::optional<wire::Address> proxied_client(const wire::Request& request, const Settings& settings) {
  if (!settings.trusted_proxies.contains(request.peer)) return std::nullopt;
  return sender(request, settings);
}

}  // namespace martd::access
