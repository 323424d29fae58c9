#include "net/tls_context.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "assets.h"

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
