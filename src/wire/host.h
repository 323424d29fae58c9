#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martd::wire {

/// `host[:port]` as it stands in a Host header, an origin or an absolute target.
struct HostPort {
  std::string_view host;              ///< an IPv6 address with its brackets; not owned
  std::optional<std::uint16_t> port;  ///< nothing where it is left out or empty
};

/// Letters, digits and `-._~`, or an IPv6 address in brackets. RFC 3986 has more for a name, which no DNS has and two
/// readers may take for two different hosts (`,` `;` `%41`), or for a pattern (`*`). No user before an `@`. Nothing
/// where the text is not that.
std::optional<HostPort> parse_host(std::string_view text);

/// So that equal hosts compare equal: lower case, and one form for an IPv6 address.
std::string canonical_host(std::string_view host);

}  // namespace martd::wire
