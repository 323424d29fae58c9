#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace martd::net {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// What TLS connections are made with: TLS 1.2 and 1.3, ALPN `http/1.1`, no renegotiation, buffers let go while a connection
/// is idle. Immutable once made; connections keep what they need of it alive. Thread-safe.
class TlsContext {
 public:
  /// `certificate` (chain) and `key` are PEM texts that belong together. The error is a sentence without the key.
  static std::variant<std::shared_ptr<const TlsContext>, std::string> make(std::string_view certificate, std::string_view key);

  /// A server's side of a connection on a non-blocking descriptor, which it doesn't own.
  SslPtr accept(int descriptor) const;

 private:
  TlsContext() = default;
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

}  // namespace martd::net
