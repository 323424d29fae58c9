#pragma once

#include <memory>
#include <string>
#include <variant>

#include "net/tls_context.h"

namespace martd::net {

/// What TLS connections to a server elsewhere are made with: TLS 1.2 and 1.3, the server's certificate verified against
/// the machine's authorities (OpenSSL's own SSL_CERT_FILE and SSL_CERT_DIR change where they are) and the name that was
/// asked for (RFC 9525). Immutable; thread-safe.
class TlsClient {
 public:
  /// The error is a sentence.
  static std::variant<std::shared_ptr<const TlsClient>, std::string> make();

  /// A client's side of a connection on a non-blocking descriptor, which it doesn't own. `host`: a name or an address
  /// without brackets.
  SslPtr connect(int descriptor, const std::string& host) const;

 private:
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

/// Why a handshake that didn't end well failed: the certificate wasn't taken, or what answered speaks no TLS that we
/// do. Empty: nothing answered at all, or there was no handshake (`ssl` is null).
std::string handshake_error(SSL* ssl);

}  // namespace martd::net
