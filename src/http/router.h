#pragma once

#include <cstdint>
#include <string_view>

namespace martd::http {

/// What a path is. Contract section 1.
enum class Route : std::uint8_t {
  subscribe,  ///< /sub
  publish,    ///< /pub
  script,     ///< /client.js
  page,       ///< the page of the program, where there is no site behind
  server,     ///< `*`: no path, but the server itself
  elsewhere,  ///< the site's; a 404 where there is none
};

/// `path` as in Request: what stands before the `?`, compared as it came, byte for byte, or `*`.
Route route_of(std::string_view path, std::string_view prefix, bool has_upstream);

/// The methods that a route takes, as `Allow` names them; empty: any.
std::string_view allowed_methods(Route route);
bool takes(Route route, std::string_view method);

}  // namespace martd::http
