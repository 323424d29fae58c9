#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/refusal.h"

namespace martd::client {

/// Where the site is that stands behind.
struct Site {
  bool tls = false;
  std::string host;         ///< a name, or an address without brackets; empty for a Unix socket
  std::uint16_t port = 0;   ///< 0 for a Unix socket
  std::string socket_path;  ///< of a Unix socket
  std::string authority;    ///< what a Host header says of it: `localhost:3000`, `[::1]:3000`, `example.org`
  std::string url;          ///< as one would write it, for people

  bool operator==(const Site&) const = default;

  /// `http://HOST[:PORT]`, `https://HOST[:PORT]` or `unix:/PATH`; a URL with a path (more than `/`), a query or a user
  /// is refused, with a sentence that says what is taken.
  static Result<Site> parse(std::string_view url);
};

}  // namespace martd::client
