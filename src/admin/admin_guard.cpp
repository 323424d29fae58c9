#include "admin/admin_guard.h"

#include "base/ascii.h"
#include "push/attributes.h"
#include "wire/address.h"
#include "wire/origin.h"

namespace martd::admin {
namespace {

/// Host without its port; the brackets of an IPv6 address stay.
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && bracket > colon)) return host;
  return host.substr(0, colon);
}

bool is_own(std::string_view host, std::string_view own_host) {
  const std::string_view name = without_port(host);
  return iequals(name, "localhost") || iequals(name, own_host) || wire::parse_address(host).has_value();
}

}  // namespace

std::optional<Refusal> refuse_place(const Caller& caller, std::string_view own_host) {
  if (!caller.host || !is_own(*caller.host, own_host)) {
    return Refusal{403, "Host: not a name of this listener (taken: an address, localhost, or the name in --admin)"};
  }
  if (caller.origin && wire::foreign_origin(*caller.origin, *caller.host)) {
    return Refusal{403, "Origin: requests of other sites' pages are not served"};
  }
  const std::string& site = caller.fetch_site;
  if (!site.empty() && site != "same-origin" && site != "none" && caller.fetch_mode != "navigate")
    return Refusal{403, "Sec-Fetch-Site: requests of other sites' pages are not served"};
  return std::nullopt;
}

std::optional<Refusal> refuse_stranger(const Caller& caller, std::string_view token, bool logged_in) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = caller.authorization;
  const bool bearer = iequals(given.substr(0, kScheme.size()), kScheme);
  if (token.empty() || logged_in || (bearer && push::same_secret(given.substr(kScheme.size()), token)))
    return std::nullopt;
  return Refusal{401, "Authorization: the token is asked for (taken: Bearer and --admin-token, or a login)"};
}

}  // namespace martd::admin
