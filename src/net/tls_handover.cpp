#include "net/tls_handover.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace martd::net {
namespace {

/// One direction's secret as OpenSSL tells it, and the records since it is in use.
struct Direction {
  std::array<char, 48> secret{};
  std::size_t size = 0;
  /// In TLS 1.2 keys count from the ChangeCipherSpec on, which is a record of its own: for every record after it, as a
  /// Finished may come in several (RFC 5246 section 6.2.1), or behind an empty one.
  std::uint64_t since_change = 0;
  bool change = false;
  /// In TLS 1.3 the traffic secret counts from the record behind the Finished.
  std::uint64_t since_finished = 0;
  bool finished = false;
  std::uint64_t tickets = 0;
};

/// What is known of a handshake.
struct Gathered {
  ~Gathered() { OPENSSL_cleanse(this, sizeof *this); }
  Direction sending;
  Direction receiving;
  bool changed = false;                             ///< keys were changed again, which isn't told of
  bool own = false;                                 ///< the records are to be sealed here
  std::array<char, SSL3_RT_HEADER_LENGTH> first{};  ///< that came
  bool any = false;
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

/// Counts records, each of which begins with its header.
void watch(int sending, int, int type, const void* bytes, std::size_t size, SSL* ssl, void*) {
  Gathered* const known = gathered(ssl);
  if (!known || size == 0) return;
  Direction& direction = sending ? known->sending : known->receiving;
  const auto first = *static_cast<const unsigned char*>(bytes);
  if (type == SSL3_RT_HEADER) {
    if (direction.finished) ++direction.since_finished;
    if (direction.change) ++direction.since_change;
    direction.change |= first == SSL3_RT_CHANGE_CIPHER_SPEC;
    if (!sending && !std::exchange(known->any, true))
      std::memcpy(known->first.data(), bytes, std::min(size, known->first.size()));
  } else if (type == SSL3_RT_HANDSHAKE) {
    direction.finished |= first == SSL3_MT_FINISHED;
    direction.tickets += first == SSL3_MT_NEWSESSION_TICKET ? 1 : 0;
    known->changed |= first == SSL3_MT_KEY_UPDATE;
  }
}

/// A record that was counted twice or not at all would repeat a nonce, which is all that an attacker needs. So what was
/// sent is known in two ways: in TLS 1.3 it is tickets, one a record, and in 1.2 the Finished.
bool counted_right(const Direction& sending, bool old) {
  return old ? sending.since_change == 1 : sending.since_finished == sending.tickets;
}

std::optional<TlsRecords::Suite> suite_of(const SSL& ssl) {
  switch (SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(&ssl))) {
    case NID_aes_128_gcm:
      return TlsRecords::Suite::aes_128_gcm_sha256;
    case NID_aes_256_gcm:
      return TlsRecords::Suite::aes_256_gcm_sha384;
    case NID_chacha20_poly1305:
      return TlsRecords::Suite::chacha20_poly1305_sha256;
    default:
      return std::nullopt;
  }
}

/// OpenSSL has read neither a part of a record nor one that it has not handed out.
bool between_records(const SSL& ssl) {
  return SSL_has_pending(&ssl) == 0 && std::strcmp(SSL_rstate_string(&ssl), "RH") == 0;
}

/// The client has asked for records that are shorter than those that we would make (RFC 6066 section 4).
bool short_records(const SSL& ssl) {
  const SSL_SESSION* const session = SSL_get_session(&ssl);
  return session && SSL_SESSION_get_max_fragment_length(session) != TLSEXT_max_fragment_length_DISABLED;
}

struct FreeKdf {
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
};

/// Both directions' keys and fixed parts of nonces in TLS 1.2 (RFC 5246 section 6.3), which come of the master secret
/// as the connection's own did: those can't be asked for.
struct KeyBlock {
  ~KeyBlock() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

  bool derive(SSL& ssl, TlsRecords::Suite suite) {
    key = TlsRecords::key_size(suite);
    fixed = TlsRecords::fixed_nonce_size(suite);
    const EVP_MD* const digest = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(&ssl));
    if (!digest) return false;
    std::array<unsigned char, SSL_MAX_MASTER_KEY_LENGTH> master{};
    std::array<unsigned char, 2 * SSL3_RANDOM_SIZE> randoms{};
    const std::size_t size = SSL_SESSION_get_master_key(SSL_get_session(&ssl), master.data(), master.size());
    SSL_get_server_random(&ssl, randoms.data(), SSL3_RANDOM_SIZE);
    SSL_get_client_random(&ssl, randoms.data() + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);

    static const std::unique_ptr<EVP_KDF, FreeKdf> prf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_TLS1_PRF, nullptr));
    const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(prf.get()));
    char label[] = "key expansion";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(EVP_MD_get0_name(digest)), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master.data(), size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, sizeof label - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, randoms.data(), randoms.size()),
        OSSL_PARAM_construct_end()};
    const bool derived = context && EVP_KDF_derive(context.get(), bytes.data(), 2 * (key + fixed), parameters) == 1;
    OPENSSL_cleanse(master.data(), master.size());
    return derived;
  }

  /// The client's is the first of each two.
  void take(Direction& direction, bool of_server) const {
    direction.size = key + fixed;
    std::copy_n(bytes.data() + (of_server ? key : 0), key, direction.secret.begin());
    std::copy_n(bytes.data() + 2 * key + (of_server ? fixed : 0), fixed, direction.secret.begin() + key);
  }

  std::size_t key = 0;
  std::size_t fixed = 0;
  std::array<unsigned char, 2 * (32 + 12)> bytes{};
};

}  // namespace

void prepare_handover(SSL_CTX& context) {
  // OpenSSL tells of secrets by the line that others write to a file (SSLKEYLOGFILE). Here they stay in memory.
  SSL_CTX_set_keylog_callback(&context, take_secret);
}

void prepare_handover(SSL& ssl, bool own_records) {
  auto* known = new Gathered;
  known->own = own_records;
  SSL_set_ex_data(&ssl, gathered_index(), known);
  SSL_set_msg_callback(&ssl, watch);
}

std::string_view first_bytes(const SSL& ssl) {
  const Gathered* const known = gathered(&ssl);
  return known && known->any ? std::string_view(known->first.data(), known->first.size()) : std::string_view();
}

std::unique_ptr<TlsRecords> hand_over(SSL& ssl, std::uint64_t rekey_after) {
  Gathered* const known = gathered(&ssl);
  if (!known || SSL_is_init_finished(&ssl) == 0) return nullptr;
  const auto suite = suite_of(ssl);
  const bool sealed_elsewhere = BIO_get_ktls_send(SSL_get_wbio(&ssl)) || BIO_get_ktls_recv(SSL_get_rbio(&ssl));
  const bool old = SSL_version(&ssl) == TLS1_2_VERSION;
  const auto complete = [old](const Direction& direction) {
    return direction.finished && (old ? direction.change : direction.size >= 32);
  };
  const auto never = [&] {
    SSL_set_msg_callback(&ssl, nullptr);
    SSL_set_ex_data(&ssl, gathered_index(), nullptr);
    delete known;
    return nullptr;
  };
  if (!known->own || !suite || sealed_elsewhere || short_records(ssl) || known->changed || !complete(known->sending) ||
      !complete(known->receiving) || !counted_right(known->sending, old))
    return never();
  if (!between_records(ssl)) return nullptr;
  if (old) {
    KeyBlock block;
    if (!block.derive(ssl, *suite)) return never();
    block.take(known->sending, true);
    block.take(known->receiving, false);
  }
  const auto start = [old](const Direction& direction) {
    return TlsRecords::Start{{direction.secret.data(), direction.size},
                             old ? direction.since_change : direction.since_finished};
  };
  auto records = std::make_unique<TlsRecords>(*suite, start(known->sending), start(known->receiving),
                                              old ? TlsRecords::kWornAfter : rekey_after,
                                              old ? TlsRecords::Version::tls_1_2 : TlsRecords::Version::tls_1_3);
  if (!records->usable()) return never();
  return records;
}

}  // namespace martd::net
