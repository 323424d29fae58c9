#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tools/server_client.h"

namespace martd::tools {

/// What a TLS handshake shows of a server.
struct TlsLook {
  std::string version;  ///< `TLSv1.3`; empty: there was no handshake
  std::string
      problem;  ///< why its certificate isn't valid for `host`, or why there was no handshake; empty: all is well
  std::optional<std::chrono::seconds> left;  ///< until the certificate expires
};

/// Connects, shakes hands and goes. Blocks as long as the system's connect does.
TlsLook look_at_tls(const ServerAddress& address);

}  // namespace martd::tools
