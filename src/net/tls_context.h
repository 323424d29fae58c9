#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/clock.h"
#include "net/secret_memory.h"
#include "net/ticket_keys.h"

namespace martd::net {

struct SslFree {
  void operator()(SSL* ssl) const {
    const ClearingFreed clearing;
    SSL_free(ssl);
  }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// Whether the kernel is to seal and open the records of a connection (Linux, `tls` module), where it can.
enum class KernelTls : bool { off, where_offered };
/// Whether this kernel knows how to, as far as can be seen without a connection that does it.
bool kernel_offers_tls();

/// Who seals and opens the records of a connection after its handshake (docs/decisions/0030): TlsRecords with OpenSSL's
/// ciphers, or OpenSSL throughout, which takes some 14 KB more for each.
enum class RecordsBy : bool { us, openssl };

/// The groups of key exchanges, the preferred one first: those whose cost for the server is that of a handshake's other
/// parts. OpenSSL would take ffdhe8192 as well, and work at one hello for 113 ms. False: OpenSSL is without them.
[[nodiscard]] bool set_groups(SSL_CTX& context);

/// What several contexts in turn have in common: a reload makes a new context and hands this on. Thread-safe.
struct TlsShared {
  explicit TlsShared(const Clock& loop_clock) : clock(loop_clock) {}
  const Clock& clock;  ///< must outlive it
  TicketKeys tickets;
};

/// What TLS connections are made with: TLS 1.2 and 1.3, ALPN `http/1.1` (who offers only others is refused), no
/// renegotiation, buffers let go while a connection is idle, sessions resumed by tickets. Immutable once made;
/// connections keep what they need of it alive. Thread-safe.
class TlsContext : public std::enable_shared_from_this<TlsContext> {
 public:
  /// A certificate with its chain, and its key: PEM texts that belong together.
  struct Pair {
    std::string_view certificate;
    std::string_view key;
  };
  /// Who asks for a host (SNI, RFC 6066 section 3) gets the first certificate that names it; all others the first.
  /// `pairs` is not empty. The error is a sentence without a key. Tickets of any context with the same `shared` are
  /// good for it.
  static std::variant<std::shared_ptr<const TlsContext>, std::string> make(std::span<const Pair> pairs,
                                                                           const std::shared_ptr<TlsShared>& shared,
                                                                           KernelTls kernel = KernelTls::off,
                                                                           RecordsBy records = RecordsBy::us);

  /// A server's side of a connection on a non-blocking descriptor, which it doesn't own.
  SslPtr accept(int descriptor) const;

 private:
  TlsContext() = default;
  static int choose_certificate(SSL* ssl, int* alert, void* unused);

  std::vector<std::unique_ptr<SSL_CTX, SslFree>> contexts_;  ///< one for each pair
  RecordsBy records_ = RecordsBy::us;
};

}  // namespace martd::net
