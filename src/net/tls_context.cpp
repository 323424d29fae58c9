#include "net/tls_context.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "net/tls_handover.h"

namespace martd::net {
namespace {

std::string reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = code ? ERR_reason_error_string(code) : nullptr;
  return text ? text : "unknown reason";
}

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> reader(std::string_view text) {
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::size_t count(std::string_view text, std::string_view piece) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(piece, at)) != text.npos; at += piece.size()) ++found;
  return found;
}

/// The first certificate is the server's own, the others its chain. Empty: all taken.
std::string use_chain(SSL_CTX* context, std::string_view pem) {
  const auto bio = reader(pem);
  const std::unique_ptr<X509, Free> own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return "no certificate in PEM form: " + reason();
  int number = 1;
  while (X509* more = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    ++number;
    if (SSL_CTX_add0_chain_cert(context, more) == 1) continue;
    X509_free(more);
    return "its chain can't be used: " + reason();
  }
  // The end of the text is reported as an error, too. A chain with a hole is no chain to most clients.
  const bool over =
      ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_PEM && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = reason();
  if (!over) return "its chain is damaged, at certificate " + std::to_string(number + 1) + ": " + why;
  if (count(pem, "-----BEGIN ") != count(pem, "-----END "))
    return "its chain is damaged: not every BEGIN has its END, or the other way round";
  return {};
}

/// `RSA`, `EC`.
std::string kind_of(const EVP_PKEY* key) {
  const char* name = key ? EVP_PKEY_get0_type_name(key) : nullptr;
  return name ? name : "unknown";
}

std::string use_key(SSL_CTX* context, std::string_view pem) {
  const auto bio = reader(pem);
  // An encrypted key would make OpenSSL ask on the terminal: an empty pass phrase refuses it instead.
  const auto no_phrase = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_phrase, nullptr));
  if (!key) return "no usable private key in PEM form: " + reason();
  // OpenSSL has a place for each kind of key, and compares a key with the certificate in its own place only: one of
  // another kind would be taken, and no handshake would find the two together.
  const X509* own = SSL_CTX_get0_certificate(context);
  if (X509_check_private_key(own, key.get()) != 1) {
    ERR_clear_error();
    const std::string theirs = kind_of(X509_get0_pubkey(own));
    const std::string kind = kind_of(key.get());
    return "the key doesn't belong to the certificate" +
           (kind == theirs ? "" : " (it is one of kind " + kind + ", the certificate's is " + theirs + ")");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1) return {};
  return "the private key can't be used: " + reason();
}

/// One handshake in memory, as an ordinary client makes it. Whatever else a certificate can be wrong in (a kind of key
/// that none of our ciphers signs with, a curve that clients don't take), it shows here and not with the first visitor.
std::string try_handshake(SSL_CTX* context) {
  const std::unique_ptr<SSL_CTX, SslFree> clients(SSL_CTX_new(TLS_client_method()));
  const SslPtr server(SSL_new(context));
  const SslPtr client(clients ? SSL_new(clients.get()) : nullptr);
  BIO* near = nullptr;
  BIO* far = nullptr;
  if (clients) SSL_CTX_set_security_level(clients.get(), 0);  // how strong it is has been judged
  ERR_clear_error();
  if (!server || !client || BIO_new_bio_pair(&near, 0, &far, 0) != 1) return "TLS can't be set up: " + reason();
  SSL_set_bio(server.get(), near, near);
  SSL_set_bio(client.get(), far, far);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  constexpr int kMostTurns = 64;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const int asked = SSL_do_handshake(client.get());
    if (asked != 1 && SSL_get_error(client.get(), asked) != SSL_ERROR_WANT_READ) break;
    const int answered = SSL_do_handshake(server.get());
    if (asked == 1 && answered == 1) return {};
    if (answered != 1 && SSL_get_error(server.get(), answered) != SSL_ERROR_WANT_READ) break;
  }
  return "no handshake can be made with it: " + reason();
}

/// ALPN (RFC 7301): the protocols that this server speaks, the preferred one first, each with its length before it.
/// `h2` is to stand before once there is a session that speaks it; whoever accepts asks SSL_get0_alpn_selected then.
constexpr unsigned char kProtocols[] = "\x08http/1.1\x08http/1.0";

/// A client that offers nothing of ours is told so (RFC 7301 section 3.2), and not answered in what it doesn't speak.
/// One that offers nothing at all isn't asked: it is served HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

using Shared = std::shared_ptr<TlsShared>;

/// Where a context of OpenSSL's keeps its TlsShared: connections may outlive the TlsContext.
int shared_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* shared, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Shared*>(shared); });
  return index;
}

/// Seals a ticket (`sealing` 1) or finds the key that one was sealed with; RFC 5077 section 4, OpenSSL's
/// SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int sealing) {
  constexpr int kFailed = -1;
  constexpr int kNone = 0;  // when opening: a full handshake, and a new ticket
  constexpr int kGood = 1;
  constexpr int kRenew = 2;
  auto& shared = **static_cast<Shared*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), shared_index()));
  const Time now = shared.clock.now();
  TicketKeys::Key key;
  int result = kGood;
  if (sealing == 1) {
    const auto current = shared.tickets.sealing(now);
    if (!current || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return kFailed;
    key = *current;
    std::memcpy(name, key.name.data(), key.name.size());
    if (EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) != 1) return kFailed;
  } else {
    const auto found = shared.tickets.opening({name, key.name.size()}, now);
    if (!found) return kNone;
    key = found->key;
    if (EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) != 1) return kFailed;
    // In TLS 1.3 a client that used up its ticket needs another in any case.
    if (found->renew || SSL_version(ssl) >= TLS1_3_VERSION) result = kRenew;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
                                   OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, sizeof digest - 1),
                                   OSSL_PARAM_END};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1 ? result : kFailed;
}

/// Empty: the context is ready.
std::string set_up(SSL_CTX* context, const TlsContext::Pair& pair, const Shared& shared, KernelTls kernel) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // A peer that goes without close_notify has hung up, no more: a request says itself how long it is.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_PRIORITIZE_CHACHA);
  if (kernel == KernelTls::where_offered) SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Forward secrecy and authenticated encryption only; TLS 1.3's own suites are all of that kind.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  if (!set_groups(*context)) return "TLS can't be set up: " + reason();
  // Sessions are resumed by tickets: nothing is kept here for clients that may never come back.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, std::chrono::duration_cast<std::chrono::seconds>(TicketKeys::kLife).count());
  SSL_CTX_set_ex_data(context, shared_index(), new Shared(shared));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  prepare_handover(*context);
  if (std::string wrong = use_chain(context, pair.certificate); !wrong.empty()) return wrong;
  if (std::string wrong = use_key(context, pair.key); !wrong.empty()) return wrong;
  return try_handshake(context);
}

using Owner = std::shared_ptr<const TlsContext>;

/// Where a connection keeps the context that it was made with: a reload may let go of it before the handshake is over.
int owner_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* owner, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Owner*>(owner); });
  return index;
}

}  // namespace

bool set_groups(SSL_CTX& context) {
  constexpr char kGroups[] = "X25519MLKEM768:X25519:P-256:P-384:P-521:X448";
  constexpr std::size_t kPostQuantum = sizeof "X25519MLKEM768:" - 1;
  // The first only OpenSSL 3.5 and newer knows; an older one refuses the whole list for it.
  const bool set = SSL_CTX_set1_groups_list(&context, kGroups) == 1 ||
                   SSL_CTX_set1_groups_list(&context, kGroups + kPostQuantum) == 1;
  ERR_clear_error();
  return set;
}

bool kernel_offers_tls() {
  // The module takes a connected socket only; before that it says which of the two it lacks.
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool known = ::setsockopt(probe, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0 || errno == ENOTCONN;
  ::close(probe);
  return known;
}

int TlsContext::choose_certificate(SSL* ssl, int*, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto* owner = static_cast<const Owner*>(SSL_get_ex_data(ssl, owner_index()));
  if (!name || !owner) return SSL_TLSEXT_ERR_NOACK;
  for (const auto& context : (*owner)->contexts_) {
    if (X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, 0, nullptr) != 1) continue;
    SSL_set_SSL_CTX(ssl, context.get());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

std::variant<std::shared_ptr<const TlsContext>, std::string> TlsContext::make(std::span<const Pair> pairs,
                                                                              const std::shared_ptr<TlsShared>& shared,
                                                                              KernelTls kernel, RecordsBy records) {
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->records_ = records;
  for (const Pair& pair : pairs) {
    made->contexts_.emplace_back(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = made->contexts_.back().get();
    if (!context) return "TLS can't be set up: " + reason();
    if (std::string wrong = set_up(context, pair, shared, kernel); !wrong.empty()) return wrong;
    if (pairs.size() > 1) SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

SslPtr TlsContext::accept(int descriptor) const {
  SslPtr ssl(SSL_new(contexts_.front().get()));
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  prepare_handover(*ssl, records_ == RecordsBy::us);
  if (contexts_.size() > 1) SSL_set_ex_data(ssl.get(), owner_index(), new Owner(shared_from_this()));
  return ssl;
}

}  // namespace martd::net
