#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace martd::tools {

/// What a TLS handshake shows of a server.
struct TlsLook {
  std::string version;  ///< `TLSv1.3`; empty: there was no handshake
  std::string
      problem;  ///< why its certificate isn't valid for `host`, or why there was no handshake; empty: all is well
  std::optional<std::chrono::seconds> left;  ///< until the certificate expires
};

/// Connects, shakes hands and goes. `host` without brackets. Authorities are the system's, or those of SSL_CERT_FILE.
/// Blocks as long as the system's connect does.
TlsLook look_at_tls(const std::string& host, std::uint16_t port);

}  // namespace martd::tools
