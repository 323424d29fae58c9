#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "options/options.h"

namespace martd {

/// What is said at the start to a person: where to go, and a command to paste.
struct Welcome {
  std::string host;  ///< of the first public listener, as one types it, an IPv6 address without brackets; empty: none
  std::uint16_t port = 0;
  bool tls = false;
  std::string admin;  ///< the admin listener's address with its port; empty: none
  std::size_t max_connections = 0;
  std::size_t open_files = 0;

  /// Lines, each with its end.
  std::string text(const Options& options) const;
};

}  // namespace martd
