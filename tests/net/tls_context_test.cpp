#include "net/tls_context.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "assets.h"
#include "socket_pair.h"

using namespace martd;

namespace {

/// Empty where it was made.
std::string wrong(std::string_view certificate, std::string_view key) {
  const auto made = net::TlsContext::make(certificate, key);
  const auto* error = std::get_if<std::string>(&made);
  return error ? *error : "";
}

std::string_view certificate() { return assets::development_certificate().bytes; }
std::string_view key() { return assets::development_key().bytes; }

/// A key of its own, encrypted where there is a pass phrase.
std::string new_key(const char* phrase = nullptr) {
  EVP_PKEY* made = EVP_EC_gen("P-256");
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, made, phrase ? EVP_aes_256_cbc() : nullptr, phrase,
                                phrase ? static_cast<int>(std::string_view(phrase).size()) : 0, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(made);
  return text;
}

}  // namespace

TEST_CASE("tls: a certificate and its key are taken, with or without a chain behind it") {
  CHECK(wrong(certificate(), key()) == "");
  const std::string chain = std::string(certificate()) + std::string(certificate());
  CHECK(wrong(chain, key()) == "");
}

TEST_CASE("tls: what is not a certificate is refused, and it is said which of the two") {
  for (const std::string& text : {std::string(), std::string("rubbish"), std::string(key()),
                                  std::string(certificate().substr(0, certificate().size() / 2))})
    CHECK(wrong(text, key()).starts_with("no certificate in PEM form"));
}

TEST_CASE("tls: what is not a key is refused, and the key isn't shown") {
  for (const std::string& text : {std::string(), std::string("rubbish"), std::string(certificate()),
                                  std::string(key().substr(0, key().size() / 2))})
    CHECK(wrong(certificate(), text).starts_with("no usable private key in PEM form"));
  const std::string error = wrong(certificate(), key().substr(0, key().size() / 2));
  CHECK(error.find(std::string(key().substr(100, 20))) == std::string::npos);
}

TEST_CASE("tls: another certificate's key is refused") { CHECK(wrong(certificate(), new_key()) != ""); }

TEST_CASE("tls: an encrypted key is refused without asking for its pass phrase") {
  CHECK(wrong(certificate(), new_key("secret")).starts_with("no usable private key in PEM form"));
}

TEST_CASE("tls: a wrong one leaves nothing behind that spoils the next") {
  CHECK(wrong("rubbish", "rubbish") != "");
  CHECK(wrong(certificate(), key()) == "");
}

namespace {

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// A self-signed certificate for one host, and its key, as PEM.
struct Made {
  std::string certificate;
  std::string key;
};

Made made_for(const char* host) {
  EVP_PKEY* pair = EVP_EC_gen("P-256");
  X509* own = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(own), 1);
  X509_gmtime_adj(X509_getm_notBefore(own), -60);
  X509_gmtime_adj(X509_getm_notAfter(own), 3600);
  X509_set_pubkey(own, pair);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(own), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host), -1, -1, 0);
  X509_set_issuer_name(own, X509_get_subject_name(own));
  X509_sign(own, pair, EVP_sha256());
  const auto text = [](auto write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string pem(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  };
  Made made{text([&](BIO* out) { PEM_write_bio_X509(out, own); }),
            text([&](BIO* out) { PEM_write_bio_PKCS8PrivateKey(out, pair, nullptr, nullptr, 0, nullptr, nullptr); })};
  X509_free(own);
  EVP_PKEY_free(pair);
  return made;
}

/// The name on the certificate that a client which asks for `host` is shown. `reloaded`: the context is let go of
/// before the handshake.
std::string shown_to(std::shared_ptr<const net::TlsContext> context, const char* host, bool reloaded = false) {
  net::test::Peer peer;
  const int server_end = peer.give();
  net::SslPtr server = context->accept(server_end);
  if (reloaded) context.reset();
  const std::unique_ptr<SSL_CTX, net::SslFree> client_context(SSL_CTX_new(TLS_client_method()));
  const net::SslPtr client(SSL_new(client_context.get()));
  SSL_set_fd(client.get(), peer.descriptor());
  SSL_set_tlsext_host_name(client.get(), host);
  SSL_set_connect_state(client.get());
  for (int turn = 0; turn < 20 && !SSL_is_init_finished(client.get()); ++turn) {
    SSL_do_handshake(client.get());
    SSL_do_handshake(server.get());
  }
  server.reset();
  ::close(server_end);
  const std::unique_ptr<X509, FreeX509> shown(SSL_get1_peer_certificate(client.get()));
  REQUIRE(shown);
  char name[64] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  return name;
}

}  // namespace

TEST_CASE("tls: with several certificates a host gets its own, and a stranger the first") {
  const Made a = made_for("a.example");
  const Made b = made_for("b.example");
  const net::TlsContext::Pair pairs[] = {{a.certificate, a.key}, {b.certificate, b.key}};
  const auto context = std::get<std::shared_ptr<const net::TlsContext>>(net::TlsContext::make(pairs));
  CHECK(shown_to(context, "a.example") == "a.example");
  CHECK(shown_to(context, "b.example") == "b.example");
  CHECK(shown_to(context, "c.example") == "a.example");
}

// A reload may let go of the certificates while a handshake is under way: the connection keeps them.
TEST_CASE("tls: a connection outlives the context that it was made with") {
  const Made a = made_for("a.example");
  const Made b = made_for("b.example");
  const net::TlsContext::Pair pairs[] = {{a.certificate, a.key}, {b.certificate, b.key}};
  CHECK(shown_to(std::get<std::shared_ptr<const net::TlsContext>>(net::TlsContext::make(pairs)), "b.example", true) ==
        "b.example");
}
