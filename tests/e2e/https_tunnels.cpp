// Tunnels over TLS, where a side may end by its own word or be ended by somebody on the way.

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string>

#include "support/certificate.h"
#include "support/deadline.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/upstream.h"

using namespace martd::test;

namespace {

/// The side of a site by https, over a connection that it took.
class SecureSide {
 public:
  SecureSide(Connection below, const Certificate& certificate)
      : below_(std::move(below)), context_(SSL_CTX_new(TLS_server_method())) {
    BIO* const pem = BIO_new_mem_buf(certificate.certificate.data(), static_cast<int>(certificate.certificate.size()));
    BIO* const key_pem = BIO_new_mem_buf(certificate.key.data(), static_cast<int>(certificate.key.size()));
    X509* const own = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr);
    REQUIRE(SSL_CTX_use_certificate(context_, own) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_, key) == 1);
    X509_free(own);
    EVP_PKEY_free(key);
    BIO_free(pem);
    BIO_free(key_pem);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, below_.fd());
    REQUIRE(go_on([this] { return SSL_accept(ssl_); }) == 1);
  }
  ~SecureSide() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  SecureSide(const SecureSide&) = delete;

  void send(const std::string& bytes) {
    REQUIRE(go_on([&] { return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }) > 0);
  }
  /// Up to and with `end`.
  std::string read_until(const std::string& end) {
    std::string got;
    char byte = 0;
    while (!got.ends_with(end) && go_on([&] { return SSL_read(ssl_, &byte, 1); }) == 1) got += byte;
    return got;
  }
  /// How the other side's end comes: by its own word, or without it.
  bool ends_tidily() {
    char byte = 0;
    const int result = go_on([&] { return SSL_read(ssl_, &byte, 1); });
    return result <= 0 && SSL_get_error(ssl_, result) == SSL_ERROR_ZERO_RETURN;
  }
  void finish() {
    SSL_shutdown(ssl_);
    below_.cut_sending();
  }
  Connection& below() { return below_; }

 private:
  template <class Call>
  int go_on(Call call) {
    for (;;) {
      const int result = call();
      if (result > 0 || SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) return result;
      if (!below_.readable(kPatience)) return result;
    }
  }

  Connection below_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
};

}  // namespace

TEST_SUITE_BEGIN("https");

// The client's side of a tunnel was ended by somebody on the way, and the site was told, in an orderly way, that the
// client had no more to say: of a transfer of money, without what was to follow.
TEST_CASE(
    "a tunnel's end is passed on where it is the client's own word, and where it isn't, the tunnel is broken off") {
  Upstream site;
  TestServer server({"--http", "none", "--https", "localhost:0", site.url()});
  for (const bool said : {true, false}) {
    CAPTURE(said);
    Connection client(server.endpoint());
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    Connection behind = site.accept();
    read_request(behind);
    behind.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    client.read_until("\r\n\r\n");
    client.send("first");
    CHECK(behind.read_exactly(5) == "first");
    said ? client.finish_sending() : client.cut_sending();
    CHECK(behind.is_reset() != said);
    if (!said) continue;
    behind.send("and the answer");
    CHECK(client.read_exactly(14) == "and the answer");
    behind.finish_sending();
    CHECK(client.ends());
    CHECK_FALSE(client.is_reset());
  }
}

TEST_CASE("a tunnel to a site by https: the end of either side is passed on as what it was") {
  const Certificate certificate = certificate_for("localhost");
  const TempFile trusted(certificate.certificate);
  Upstream site;
  TestServer server({"--http", "none", "--https", "localhost:0", "https://localhost:" + std::to_string(site.port())},
                    {{"SSL_CERT_FILE", trusted.path()}});
  for (const bool of_site : {true, false}) {
    for (const bool said : {true, false}) {
      CAPTURE(of_site);
      CAPTURE(said);
      Connection client(server.endpoint());
      client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
      SecureSide behind(site.accept(), certificate);
      behind.read_until("\r\n\r\n");
      behind.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst");
      client.read_until("first");
      if (of_site) {
        said ? behind.finish() : behind.below().cut_sending();
        CHECK(client.is_reset() != said);
      } else {
        said ? client.finish_sending() : client.cut_sending();
        CHECK(behind.ends_tidily() == said);
      }
    }
  }
}

TEST_SUITE_END();
