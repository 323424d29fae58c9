#include "tools/tls_look.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace martd::tools {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

std::string last_error() {
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "the connection broke off" : reason;
}

}  // namespace

TlsLook look_at_tls(const ServerAddress& address) {
  TlsLook look;
  const std::string& host = address.host;
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return {{}, last_error(), {}};
  if (address.authorities.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    SSL_CTX_load_verify_file(context.get(), address.authorities.c_str());
  }
  // Looked at and not insisted on: what is wrong with it is the answer.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);

  const std::unique_ptr<BIO, Free> connection(BIO_new_ssl_connect(context.get()));
  SSL* ssl = nullptr;
  if (!connection || BIO_get_ssl(connection.get(), &ssl) != 1 || ssl == nullptr) return {{}, last_error(), {}};
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  if (!is_address) {
    ERR_clear_error();
    SSL_set1_host(ssl, host.c_str());
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  BIO_set_conn_hostname(connection.get(), (name + ':' + std::to_string(address.port)).c_str());
  if (BIO_do_handshake(connection.get()) != 1) return {{}, last_error(), {}};

  look.version = SSL_get_version(ssl);
  const long result = SSL_get_verify_result(ssl);
  if (result != X509_V_OK) look.problem = X509_verify_cert_error_string(result);
  if (X509* certificate = SSL_get1_peer_certificate(ssl)) {
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) == 1)
      look.left = std::chrono::hours(24) * days + std::chrono::seconds(seconds);
    X509_free(certificate);
  }
  return look;
}

}  // namespace martd::tools
