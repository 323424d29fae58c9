#pragma once

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "assets.h"
#include "net/clock.h"
#include "net/tls_context.h"
#include "socket_pair.h"

namespace martd::net::test {

using ContextPtr = std::shared_ptr<const TlsContext>;

inline std::shared_ptr<TlsShared> shared() {
  static const Clock clock;
  return std::make_shared<TlsShared>(clock);
}

inline std::variant<ContextPtr, std::string> make(std::string_view certificate, std::string_view key) {
  const TlsContext::Pair pair{certificate, key};
  return TlsContext::make({&pair, 1}, shared());
}

/// With the development certificate.
inline ContextPtr usual_context(const std::shared_ptr<TlsShared>& with = shared()) {
  const TlsContext::Pair pair{assets::development_certificate().bytes, assets::development_key().bytes};
  return std::get<ContextPtr>(TlsContext::make({&pair, 1}, with));
}

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

/// A client of OpenSSL's, on the client's end of a Peer. It keeps the last ticket that it was given.
struct TlsClient {
  explicit TlsClient(int descriptor, int version = 0, SSL_SESSION* resumed = nullptr, const char* protocols = nullptr)
      : context(SSL_CTX_new(TLS_client_method())) {
    if (version) SSL_CTX_set_min_proto_version(context.get(), version);
    if (version) SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context.get(), this);
    SSL_CTX_sess_set_new_cb(context.get(), [](SSL* own, SSL_SESSION* session) {
      static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(own)))->ticket.reset(session);
      return 1;
    });
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ssl.reset(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), descriptor);
    SSL_set_connect_state(ssl.get());
    if (resumed) SSL_set_session(ssl.get(), resumed);
    if (protocols)
      SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocols),
                          static_cast<unsigned>(std::string_view(protocols).size()));
  }
  /// Its session stays good, as if both had said goodbye.
  ~TlsClient() {
    if (ssl) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  TlsClient(const TlsClient&) = delete;

  bool done() const { return SSL_is_init_finished(ssl.get()); }
  /// As far as it gets without waiting.
  void shake_hands() { SSL_do_handshake(ssl.get()); }
  void send(std::string_view bytes) {
    REQUIRE(SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
  }
  /// Everything that is there is appended to `received`. False: nothing was.
  bool receive() {
    char bytes[16384];
    bool any = false;
    for (int got = 0; (got = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0; any = true)
      received.append(bytes, static_cast<std::size_t>(got));
    return any;
  }
  bool told_of_the_end() const { return (SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  std::unique_ptr<SSL_CTX, SslFree> context;
  SslPtr ssl;
  SessionPtr ticket;
  std::string received;
};

}  // namespace martd::net::test
