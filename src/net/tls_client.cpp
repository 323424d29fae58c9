#include "net/tls_client.h"

#include <openssl/bio.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

namespace martd::net {

std::variant<std::shared_ptr<const TlsClient>, std::string> TlsClient::make() {
  auto made = std::make_shared<TlsClient>();
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made->context_.get();
  if (!context || SSL_CTX_set_default_verify_paths(context) != 1) return "TLS can't be set up";
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (!set_groups(*context)) return "TLS can't be set up";
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return std::shared_ptr<const TlsClient>(std::move(made));
}

SslPtr TlsClient::connect(int descriptor, const std::string& host) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  const bool named = not_an_address.failed();
  // A name goes into SNI, an address must not (RFC 6066 section 3).
  if (named && SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1) return nullptr;
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = named ? X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size())
                        : X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str());
  if (set != 1) return nullptr;
  static constexpr unsigned char kOffered[] = "\x08http/1.1";
  SSL_set_alpn_protos(ssl.get(), kOffered, sizeof kOffered - 1);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string handshake_error(SSL* ssl) {
  if (!ssl) return {};
  if (const long result = SSL_get_verify_result(ssl); result != X509_V_OK) return X509_verify_cert_error_string(result);
  const BIO* input = SSL_get_rbio(ssl);
  return input && BIO_number_read(const_cast<BIO*>(input)) > 0 ? "no TLS handshake" : "";
}

}  // namespace martd::net
