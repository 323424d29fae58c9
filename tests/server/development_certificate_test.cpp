#include "server/development_certificate.h"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>

#include "assets.h"

using namespace std::chrono_literals;

namespace martd {
namespace {

constexpr Duration kDay = 24h;

std::string_view packaged() { return assets::development_certificate().bytes; }
std::string_view key() { return assets::development_key().bytes; }

/// A certificate, looked at.
struct Seen {
  explicit Seen(std::string_view pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    x509.reset(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    REQUIRE(x509);
  }

  static Time time(const ASN1_TIME* of) {
    std::tm parts{};
    REQUIRE(ASN1_TIME_to_tm(of, &parts) == 1);
    return Time(std::chrono::seconds{timegm(&parts)});
  }
  Time begin() const { return time(X509_get0_notBefore(x509.get())); }
  Time end() const { return time(X509_get0_notAfter(x509.get())); }
  bool names_host(const char* host) const { return X509_check_host(x509.get(), host, 0, 0, nullptr) == 1; }
  bool names_address(const char* address) const { return X509_check_ip_asc(x509.get(), address, 0) == 1; }
  bool of_its_own_key() const { return X509_verify(x509.get(), X509_get0_pubkey(x509.get())) == 1; }
  bool same_key(const Seen& other) const {
    return EVP_PKEY_eq(X509_get0_pubkey(x509.get()), X509_get0_pubkey(other.x509.get())) == 1;
  }
  bool same_serial(const Seen& other) const {
    return ASN1_INTEGER_cmp(X509_get0_serialNumber(x509.get()), X509_get0_serialNumber(other.x509.get())) == 0;
  }

  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<X509, Free> x509;
};

Time begin() { return Seen(packaged()).begin(); }
Time end() { return Seen(packaged()).end(); }

}  // namespace

TEST_CASE(
    "development certificate: what is packaged is for this machine, no authority, and valid for 397 days at most") {
  const Seen seen(packaged());
  CHECK(seen.end() - seen.begin() <= 397 * kDay);
  CHECK(seen.of_its_own_key());
  CHECK(X509_check_ca(seen.x509.get()) == 0);
  CHECK(seen.names_host("localhost"));
  CHECK(seen.names_address("127.0.0.1"));
  CHECK(seen.names_address("::1"));
  CHECK_FALSE(seen.names_host("push.example"));
}

TEST_CASE("development certificate: one lasts from its beginning to ninety days before its end") {
  CHECK_FALSE(certificate_lasts(packaged(), begin() - 1s));
  CHECK(certificate_lasts(packaged(), begin()));
  CHECK(certificate_lasts(packaged(), end() - 90 * kDay - 1s));
  CHECK_FALSE(certificate_lasts(packaged(), end() - 90 * kDay));
  CHECK_FALSE(certificate_lasts(packaged(), end()));
  CHECK_FALSE(certificate_lasts("", begin()));
  CHECK_FALSE(certificate_lasts(key(), begin()));
}

TEST_CASE("development certificate: signed anew it is the same but for its time and its number") {
  const Seen old(packaged());
  // Years in which a date is written in two digits, in four, and a clock that was never set.
  for (const Time now : {end() + kDay, Time(70 * 365 * kDay), Time(90 * 365 * kDay), Time(1s)}) {
    CAPTURE(now.time_since_epoch().count());
    const auto pem = signed_anew(packaged(), key(), now);
    REQUIRE(pem);
    const Seen fresh(*pem);
    CHECK(fresh.begin() == now - kDay);
    CHECK(fresh.end() == now + 396 * kDay);
    CHECK(certificate_lasts(*pem, now));
    CHECK(fresh.of_its_own_key());
    CHECK(fresh.same_key(old));
    CHECK_FALSE(fresh.same_serial(old));
    CHECK_FALSE(fresh.same_serial(Seen(*signed_anew(packaged(), key(), now))));
    CHECK(X509_check_ca(fresh.x509.get()) == 0);
    CHECK(X509_get_ext_count(fresh.x509.get()) == X509_get_ext_count(old.x509.get()));
    CHECK(fresh.names_host("localhost"));
    CHECK(fresh.names_address("127.0.0.1"));
    CHECK(fresh.names_address("::1"));
  }
}

TEST_CASE("development certificate: what isn't a certificate with its key is not signed") {
  EVP_PKEY* stranger = EVP_EC_gen("P-256");
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, stranger, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  const std::string other_key(text, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(stranger);
  CHECK_FALSE(signed_anew(packaged(), other_key, end()));
  CHECK_FALSE(signed_anew(packaged(), "", end()));
  CHECK_FALSE(signed_anew("", key(), end()));
  DevelopmentCertificate broken(packaged(), other_key);
  const auto shown = broken.at(end());
  CHECK(shown.pem == packaged());
  CHECK_FALSE(shown.fresh);
}

TEST_CASE("development certificate: the packaged one as long as it lasts, then one that stays as long as it lasts") {
  DevelopmentCertificate certificate(packaged(), key());
  CHECK(certificate.at(begin() + kDay).pem == packaged());
  CHECK_FALSE(certificate.used_up(begin() + 2 * kDay));
  const Time late = end() - 30 * kDay;
  CHECK(certificate.used_up(late));

  auto shown = certificate.at(late);
  CHECK(shown.fresh);
  const std::string first(shown.pem);
  CHECK(first != packaged());
  CHECK_FALSE(certificate.used_up(late + kDay));
  shown = certificate.at(late + 10 * kDay);  // at a reload
  CHECK_FALSE(shown.fresh);
  CHECK(shown.pem == first);

  CHECK(certificate.used_up(late + 310 * kDay));
  shown = certificate.at(late + 310 * kDay);
  CHECK(shown.fresh);
  CHECK(shown.pem != first);
  // A clock that was put right.
  CHECK(certificate.at(begin() + kDay).pem == packaged());
}

TEST_CASE("development certificate: who asks every second whether it is used up is told once an hour") {
  DevelopmentCertificate certificate(packaged(), "no key: nothing can be signed");
  certificate.at(end());
  int told = 0;
  for (int second = 0; second < 2 * 3600; ++second) told += certificate.used_up(end() + std::chrono::seconds{second});
  CHECK(told == 1);
  CHECK(certificate.used_up(end() + 2h));
}

}  // namespace martd
