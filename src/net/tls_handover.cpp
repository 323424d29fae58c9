#include "net/tls_handover.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace martd::net {
namespace {

/// One direction's secret as OpenSSL tells it, and the records since it is in use.
struct Direction {
  std::array<char, 48> secret{};
  std::size_t size = 0;
  std::uint64_t records = 0;
  bool finished = false;  ///< its Finished has passed: from here on it is the traffic secret that counts
};

/// What is known of a handshake.
struct Gathered {
  ~Gathered() { OPENSSL_cleanse(this, sizeof *this); }
  Direction sending;
  Direction receiving;
  bool changed = false;  ///< keys were changed again, which isn't told of
};

int gathered_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* gathered, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Gathered*>(gathered); });
  return index;
}

Gathered* gathered(const SSL* ssl) { return static_cast<Gathered*>(SSL_get_ex_data(ssl, gathered_index())); }

/// `LABEL client-random secret`, the last two in hexadecimal digits.
void take_secret(const SSL* ssl, const char* line) {
  Gathered* const known = gathered(ssl);
  if (!known) return;
  const std::string_view text(line);
  Direction* direction = text.starts_with("SERVER_TRAFFIC_SECRET_0 ")   ? &known->sending
                         : text.starts_with("CLIENT_TRAFFIC_SECRET_0 ") ? &known->receiving
                                                                        : nullptr;
  if (!direction) return;
  const std::string_view digits = text.substr(text.rfind(' ') + 1);
  direction->size = std::min(digits.size() / 2, direction->secret.size());
  for (std::size_t i = 0; i < direction->size; ++i) {
    unsigned char byte = 0;
    std::from_chars(&digits[2 * i], &digits[2 * i] + 2, byte, 16);
    direction->secret[i] = static_cast<char>(byte);
  }
}

/// Counts records, each of which begins with its header, from the Finished of its direction on.
void watch(int sending, int, int type, const void* bytes, std::size_t size, SSL* ssl, void*) {
  Gathered* const known = gathered(ssl);
  if (!known) return;
  Direction& direction = sending ? known->sending : known->receiving;
  if (type == SSL3_RT_HEADER && direction.finished) ++direction.records;
  if (type != SSL3_RT_HANDSHAKE || size == 0) return;
  const auto message = *static_cast<const unsigned char*>(bytes);
  if (message == SSL3_MT_FINISHED) direction.finished = true;
  known->changed |= message == SSL3_MT_KEY_UPDATE;
}

std::optional<TlsRecords::Suite> suite_of(const SSL& ssl) {
  switch (SSL_CIPHER_get_id(SSL_get_current_cipher(&ssl))) {
    case TLS1_3_CK_AES_128_GCM_SHA256:
      return TlsRecords::Suite::aes_128_gcm_sha256;
    case TLS1_3_CK_AES_256_GCM_SHA384:
      return TlsRecords::Suite::aes_256_gcm_sha384;
    case TLS1_3_CK_CHACHA20_POLY1305_SHA256:
      return TlsRecords::Suite::chacha20_poly1305_sha256;
    default:
      return std::nullopt;
  }
}

/// OpenSSL has read neither a part of a record nor one that it has not handed out.
bool between_records(const SSL& ssl) {
  return SSL_has_pending(&ssl) == 0 && std::strcmp(SSL_rstate_string(&ssl), "RH") == 0;
}

}  // namespace

void prepare_handover(SSL_CTX& context) {
  // OpenSSL tells of secrets by the line that others write to a file (SSLKEYLOGFILE). Here they stay in memory.
  SSL_CTX_set_keylog_callback(&context, take_secret);
}

void prepare_handover(SSL& ssl) {
  SSL_set_ex_data(&ssl, gathered_index(), new Gathered);
  SSL_set_msg_callback(&ssl, watch);
}

std::unique_ptr<TlsRecords> hand_over(SSL& ssl) {
  Gathered* const known = gathered(&ssl);
  if (!known || SSL_is_init_finished(&ssl) == 0) return nullptr;
  const auto suite = suite_of(ssl);
  const bool sealed_elsewhere = BIO_get_ktls_send(SSL_get_wbio(&ssl)) || BIO_get_ktls_recv(SSL_get_rbio(&ssl));
  const auto complete = [](const Direction& direction) { return direction.finished && direction.size >= 32; };
  if (SSL_version(&ssl) != TLS1_3_VERSION || !suite || sealed_elsewhere || known->changed ||
      !complete(known->sending) || !complete(known->receiving)) {
    SSL_set_msg_callback(&ssl, nullptr);
    SSL_set_ex_data(&ssl, gathered_index(), nullptr);
    delete known;
    return nullptr;
  }
  if (!between_records(ssl)) return nullptr;
  const auto start = [](const Direction& direction) {
    return TlsRecords::Start{{direction.secret.data(), direction.size}, direction.records};
  };
  return std::make_unique<TlsRecords>(*suite, start(known->sending), start(known->receiving));
}

}  // namespace martd::net
