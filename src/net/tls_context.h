#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace martd::net {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// What TLS connections are made with: TLS 1.2 and 1.3, ALPN `http/1.1`, no renegotiation, buffers let go while a
/// connection is idle. Immutable once made; connections keep what they need of it alive. Thread-safe.
class TlsContext : public std::enable_shared_from_this<TlsContext> {
 public:
  /// A certificate with its chain, and its key: PEM texts that belong together.
  struct Pair {
    std::string_view certificate;
    std::string_view key;
  };
  /// Who asks for a host (SNI, RFC 6066 section 3) gets the first certificate that names it; all others the first.
  /// `pairs` is not empty. The error is a sentence without a key.
  static std::variant<std::shared_ptr<const TlsContext>, std::string> make(std::span<const Pair> pairs);
  static std::variant<std::shared_ptr<const TlsContext>, std::string> make(std::string_view certificate,
                                                                           std::string_view key) {
    const Pair pair{certificate, key};
    return make({&pair, 1});
  }

  /// A server's side of a connection on a non-blocking descriptor, which it doesn't own.
  SslPtr accept(int descriptor) const;

 private:
  TlsContext() = default;
  static int choose_certificate(SSL* ssl, int* alert, void* unused);

  std::vector<std::unique_ptr<SSL_CTX, SslFree>> contexts_;  ///< one for each pair
};

}  // namespace martd::net
