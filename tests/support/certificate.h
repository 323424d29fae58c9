#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>

namespace martd::test {

/// A self-signed certificate, valid for an hour from now, and its key, as PEM.
struct Certificate {
  std::string certificate;
  std::string key;
};

/// For one host, and for `names` where there are any ("DNS:a.example,IP:127.0.0.1"). `pair` is its own from then on.
inline Certificate certificate_for(const char* host, const char* names = nullptr,
                                   EVP_PKEY* pair = EVP_EC_gen("P-256")) {
  X509* own = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(own), 1);
  X509_gmtime_adj(X509_getm_notBefore(own), -60);
  X509_gmtime_adj(X509_getm_notAfter(own), 3600);
  X509_set_pubkey(own, pair);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(own), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host), -1, -1, 0);
  X509_set_issuer_name(own, X509_get_subject_name(own));
  if (names) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
    X509_add_ext(own, extension, -1);
    X509_EXTENSION_free(extension);
  }
  const bool no_digest = EVP_PKEY_is_a(pair, "ED25519") == 1 || EVP_PKEY_is_a(pair, "ED448") == 1;
  X509_sign(own, pair, no_digest ? nullptr : EVP_sha256());
  const auto text = [](auto write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string pem(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  };
  Certificate made{text([&](BIO* out) { PEM_write_bio_X509(out, own); }), text([&](BIO* out) {
                     PEM_write_bio_PKCS8PrivateKey(out, pair, nullptr, nullptr, 0, nullptr, nullptr);
                   })};
  X509_free(own);
  EVP_PKEY_free(pair);
  return made;
}

}  // namespace martd::test
