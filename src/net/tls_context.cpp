#include "net/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <vector>

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

/// The first certificate is the server's own, the others its chain. Empty: all taken.
std::string use_chain(SSL_CTX* context, std::string_view pem) {
  const auto bio = reader(pem);
  const std::unique_ptr<X509, Free> own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return "no certificate in PEM form: " + reason();
  while (X509* more = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, more) == 1) continue;
    X509_free(more);
    return "its chain can't be used: " + reason();
  }
  ERR_clear_error();  // the end of the text is reported as an error
  return {};
}

std::string use_key(SSL_CTX* context, std::string_view pem) {
  const auto bio = reader(pem);
  // An encrypted key would make OpenSSL ask on the terminal: an empty pass phrase refuses it instead.
  const auto no_phrase = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_phrase, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return "no usable private key in PEM form: " + reason();
  if (SSL_CTX_check_private_key(context) != 1) return "the key doesn't belong to the certificate";
  return {};
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  static constexpr unsigned char kOffered[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOffered, sizeof kOffered - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

namespace {

/// Empty: the context is ready.
std::string set_up(SSL_CTX* context, const TlsContext::Pair& pair) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Forward secrecy and authenticated encryption only; TLS 1.3's own suites are all of that kind.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // Sessions are resumed by tickets: nothing is kept here for clients that may never come back.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (std::string wrong = use_chain(context, pair.certificate); !wrong.empty()) return wrong;
  return use_key(context, pair.key);
}

}  // namespace

namespace {

using Owner = std::shared_ptr<const TlsContext>;

/// Where a connection keeps the context that it was made with: a reload may let go of it before the handshake is over.
int owner_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* owner, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Owner*>(owner); });
  return index;
}

}  // namespace

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

std::variant<std::shared_ptr<const TlsContext>, std::string> TlsContext::make(std::span<const Pair> pairs) {
  std::shared_ptr<TlsContext> made(new TlsContext);
  for (const Pair& pair : pairs) {
    made->contexts_.emplace_back(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = made->contexts_.back().get();
    if (!context) return "TLS can't be set up: " + reason();
    if (std::string wrong = set_up(context, pair); !wrong.empty()) return wrong;
    if (pairs.size() > 1) SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

SslPtr TlsContext::accept(int descriptor) const {
  SslPtr ssl(SSL_new(contexts_.front().get()));
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  if (contexts_.size() > 1) SSL_set_ex_data(ssl.get(), owner_index(), new Owner(shared_from_this()));
  return ssl;
}

}  // namespace martd::net
