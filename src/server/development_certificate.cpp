#include "server/development_certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <chrono>
#include <ctime>
#include <memory>

namespace martd {
namespace {

using std::chrono::seconds;

constexpr long kDay = 24L * 60 * 60;
constexpr long kLife = 397 * kDay;
constexpr Duration kLookEvery = std::chrono::hours{1};

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> reader(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Owned<X509> certificate_of(std::string_view pem) {
  return Owned<X509>(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
}

std::time_t whole_seconds(Time time) { return std::chrono::floor<seconds>(time).time_since_epoch().count(); }

bool give_serial(X509& certificate) {
  // 127 random bits, never 0: what is signed twice in a second is two certificates to a browser.
  const Owned<BIGNUM> number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

}  // namespace

bool certificate_lasts(std::string_view pem, Time now) {
  const auto certificate = certificate_of(pem);
  if (!certificate) return false;
  std::time_t begin = whole_seconds(now);
  std::time_t end = whole_seconds(now + kCertificateReserve);
  // Both say 0 for a time that can't be read.
  return X509_cmp_time(X509_get0_notBefore(certificate.get()), &begin) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate.get()), &end) > 0;
}

std::optional<std::string> signed_anew(std::string_view pem, std::string_view key_pem, Time now) {
  const auto certificate = certificate_of(pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, nullptr, nullptr));
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) return std::nullopt;
  // A day back: the clock of who looks at it may be behind ours.
  const std::time_t begin = whole_seconds(now) - kDay;
  if (!give_serial(*certificate) || !ASN1_TIME_set(X509_getm_notBefore(certificate.get()), begin) ||
      !ASN1_TIME_set(X509_getm_notAfter(certificate.get()), begin + kLife) ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
    return std::nullopt;
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate.get()) != 1) return std::nullopt;
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

DevelopmentCertificate::Shown DevelopmentCertificate::at(Time now) {
  next_look_ = now + kLookEvery;
  bool fresh = false;
  if (certificate_lasts(packaged_, now)) {
    signed_.clear();
  } else if (!certificate_lasts(signed_, now)) {
    signed_ = signed_anew(packaged_, key_, now).value_or(std::string());
    fresh = !signed_.empty();
  }
  return {signed_.empty() ? packaged_ : std::string_view(signed_), fresh};
}

bool DevelopmentCertificate::used_up(Time now) {
  if (now < next_look_) return false;
  next_look_ = now + kLookEvery;
  return !certificate_lasts(signed_.empty() ? packaged_ : std::string_view(signed_), now);
}

}  // namespace martd
