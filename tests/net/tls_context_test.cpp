#include "net/tls_context.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>

#include "../support/certificate.h"
#include "tls_test.h"

using namespace martd;
using martd::test::certificate_for;

namespace {

/// Empty where it was made.
std::string wrong(std::string_view certificate, std::string_view key) {
  const auto made = net::test::make(certificate, key);
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

TEST_CASE("tls: another certificate's key is refused") {
  CHECK(wrong(certificate(), new_key()) == "the key doesn't belong to the certificate");
}

// An operator renewed with certbot, which had gone over from RSA to EC, and the new certificate was there before the
// new key. OpenSSL keeps a key of each kind apart and compared it with nothing: the log said "reloaded", and from then
// on every handshake failed.
TEST_CASE("tls: a key of another kind than the certificate's is refused, whichever the two are") {
  const martd::test::Certificate pairs[] = {
      certificate_for("rsa.example", nullptr, EVP_RSA_gen(2048)),
      certificate_for("ec.example"),
      certificate_for("ed25519.example", nullptr, EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")),
      certificate_for("ed448.example", nullptr, EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")),
  };
  for (const martd::test::Certificate& shown : pairs)
    for (const martd::test::Certificate& other : pairs) {
      CAPTURE(shown.certificate);
      CAPTURE(other.certificate);
      const std::string said = wrong(shown.certificate, other.key);
      if (&shown == &other) {
        CHECK(said == "");
      } else {
        CHECK(said.starts_with("the key doesn't belong to the certificate (it is one of kind "));
      }
    }
}

// The same silence, another cause: the pair fits, but no client could have come in by it.
TEST_CASE("tls: a pair with which no ordinary client makes a handshake is refused") {
  const martd::test::Certificate bitcoin = certificate_for("curve.example", nullptr, EVP_EC_gen("secp256k1"));
  CHECK(wrong(bitcoin.certificate, bitcoin.key).starts_with("no handshake can be made with it: "));
}

// A chain that was copied together by hand, one letter lost. It was cut off there without a word: browsers that knew
// the missing link were content, and curl and phones were not.
TEST_CASE("tls: a damaged certificate in the chain is refused, and it is said which") {
  const std::string whole(certificate());
  std::string flipped = whole;
  flipped.erase(whole.size() / 2, 5);
  CHECK(wrong(whole + flipped, key()).starts_with("its chain is damaged, at certificate 2: "));
  CHECK(wrong(whole + whole + flipped + whole, key()).starts_with("its chain is damaged, at certificate 3: "));
  const std::string no_end = whole.substr(0, whole.find("-----END"));
  CHECK(wrong(whole + no_end, key()).starts_with("its chain is damaged"));
  const std::string no_begin = whole.substr(whole.find('\n') + 1);
  CHECK(wrong(whole + no_begin, key()).starts_with("its chain is damaged"));
  // What else may stand there: words of the authority's, line ends of another system, the key in the same file.
  CHECK(wrong(whole + "\nsubject=/CN=somebody\n" + whole + "\n\n", key()) == "");
  CHECK(wrong(whole + std::string(key()), key()) == "");
  std::string windows = whole + whole;
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2) windows.insert(at, "\r");
  CHECK(wrong(windows, key()) == "");
}

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
  const auto a = certificate_for("a.example");
  const auto b = certificate_for("b.example");
  const net::TlsContext::Pair pairs[] = {{a.certificate, a.key}, {b.certificate, b.key}};
  const auto context = std::get<net::test::ContextPtr>(net::TlsContext::make(pairs, net::test::shared()));
  CHECK(shown_to(context, "a.example") == "a.example");
  CHECK(shown_to(context, "b.example") == "b.example");
  CHECK(shown_to(context, "c.example") == "a.example");
}

// A reload may let go of the certificates while a handshake is under way: the connection keeps them.
TEST_CASE("tls: a connection outlives the context that it was made with") {
  const auto a = certificate_for("a.example");
  const auto b = certificate_for("b.example");
  const net::TlsContext::Pair pairs[] = {{a.certificate, a.key}, {b.certificate, b.key}};
  CHECK(shown_to(std::get<net::test::ContextPtr>(net::TlsContext::make(pairs, net::test::shared())), "b.example",
                 true) == "b.example");
}

namespace {

/// Both sides in one thread, up to the end of the handshake and the first bytes, which bring the tickets along.
struct Handshake {
  net::test::Peer peer;
  int server_end = peer.give();
  net::SslPtr server;
  net::test::TlsClient client;

  Handshake(const net::test::ContextPtr& context, int version, SSL_SESSION* resumed = nullptr,
            const char* protocols = nullptr)
      : server(context->accept(server_end)), client(peer.descriptor(), version, resumed, protocols) {
    for (int turn = 0; turn < 20 && !(client.done() && SSL_is_init_finished(server.get())); ++turn) {
      client.shake_hands();
      SSL_do_handshake(server.get());
    }
    if (!client.done()) return;
    SSL_write(server.get(), "x", 1);
    client.receive();
  }
  ~Handshake() {
    SSL_set_quiet_shutdown(server.get(), 1);
    server.reset();
    ::close(server_end);
  }
  bool resumed() const { return SSL_session_reused(server.get()) == 1 && SSL_session_reused(client.ssl.get()) == 1; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.ssl.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
};

}  // namespace

TEST_CASE("tls: a session is resumed, also with the context that a reload has made, and not with a stranger's") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const auto shared = net::test::shared();
    Handshake first(net::test::usual_context(shared), version);
    REQUIRE(first.client.done());
    CHECK_FALSE(first.resumed());
    REQUIRE(first.client.ticket);
    Handshake again(net::test::usual_context(shared), version, first.client.ticket.get());
    CHECK(again.resumed());
    // Another certificate and key, the same server.
    const auto other = certificate_for("localhost");
    const net::TlsContext::Pair pair{other.certificate, other.key};
    const auto renewed = std::get<net::test::ContextPtr>(net::TlsContext::make({&pair, 1}, shared));
    Handshake after(renewed, version, again.client.ticket ? again.client.ticket.get() : first.client.ticket.get());
    CHECK(after.resumed());
    Handshake stranger(net::test::usual_context(), version, first.client.ticket.get());
    CHECK(stranger.client.done());
    CHECK_FALSE(stranger.resumed());
  }
}

TEST_CASE("tls: each resumption over TLS 1.3 brings another ticket") {
  const auto context = net::test::usual_context();
  Handshake first(context, TLS1_3_VERSION);
  Handshake second(context, TLS1_3_VERSION, first.client.ticket.get());
  REQUIRE(second.resumed());
  REQUIRE(second.client.ticket);
  Handshake third(context, TLS1_3_VERSION, second.client.ticket.get());
  CHECK(third.resumed());
}

namespace {

/// A client that a test sets up before the handshake, and the alert that it is told (0: none).
struct Choosy {
  net::test::Peer peer;
  int server_end = peer.give();
  net::SslPtr server;
  net::test::TlsClient client;
  int alert = 0;

  explicit Choosy(const net::test::ContextPtr& context, int version = 0, const char* protocols = nullptr)
      : server(context->accept(server_end)), client(peer.descriptor(), version, nullptr, protocols) {
    SSL_set_app_data(client.ssl.get(), this);
    SSL_set_info_callback(client.ssl.get(), [](const SSL* ssl, int where, int value) {
      if (where == SSL_CB_READ_ALERT) static_cast<Choosy*>(SSL_get_app_data(ssl))->alert = value & 0xff;
    });
  }
  ~Choosy() {
    SSL_set_quiet_shutdown(server.get(), 1);
    server.reset();
    ::close(server_end);
  }
  bool prefer(const std::string& groups) { return SSL_set1_groups_list(client.ssl.get(), groups.c_str()) == 1; }
  bool shake_hands() {
    for (int turn = 0; turn < 10 && !client.done(); ++turn) {
      client.shake_hands();
      SSL_do_handshake(server.get());
    }
    return client.done();
  }
};

}  // namespace

// OpenSSL takes every group that it knows, ffdhe8192 among them, at which it works for a tenth of a second: eight
// recorded hellos a second, without a handshake behind them, kept a loop from all others.
TEST_CASE("tls: keys are exchanged in groups that cost little, whatever a client would like best") {
  const auto context = net::test::usual_context();
  for (const std::string group : {"X25519", "P-256", "P-384", "P-521", "X448"}) {
    CAPTURE(group);
    Choosy one(context, TLS1_3_VERSION);
    REQUIRE(one.prefer(group));
    CHECK(one.shake_hands());
  }
  for (const std::string group : {"ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"}) {
    CAPTURE(group);
    Choosy one(context, TLS1_3_VERSION);
    REQUIRE(one.prefer(group));
    CHECK_FALSE(one.shake_hands());
    CHECK(one.alert == SSL_AD_HANDSHAKE_FAILURE);
  }
  Choosy both(context, TLS1_3_VERSION);
  REQUIRE(both.prefer("ffdhe8192:X25519"));
  CHECK(both.shake_hands());
  CHECK(SSL_get_negotiated_group(both.client.ssl.get()) == NID_X25519);
}

TEST_CASE("tls: where OpenSSL knows a group that a quantum computer doesn't break, it is taken first") {
  Choosy one(net::test::usual_context(), TLS1_3_VERSION);
  const bool known = one.prefer("X25519MLKEM768:X25519");
  ERR_clear_error();
  CHECK(one.shake_hands());
  CHECK((SSL_get_negotiated_group(one.client.ssl.get()) != NID_X25519) == known);
}

TEST_CASE("tls: who offers only protocols that aren't ours is told so") {
  const auto context = net::test::usual_context();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const char* protocols : {"\x02h2", "\x02h3\x02h2",
                                  "\x0a"
                                  "acme-tls/1"}) {
      Choosy one(context, version, protocols);
      CHECK_FALSE(one.shake_hands());
      CHECK(one.alert == SSL_AD_NO_APPLICATION_PROTOCOL);
    }
  }
}

TEST_CASE("tls: HTTP/1.1 is chosen where it is offered; who offers nothing at all is served it") {
  const auto context = net::test::usual_context();
  CHECK(Handshake(context, 0, nullptr, "\x02h2\x08http/1.1").protocol() == "http/1.1");
  CHECK(Handshake(context, 0, nullptr, "\x08http/1.0").protocol() == "http/1.0");
  CHECK(Handshake(context, 0).protocol() == "");
}

TEST_CASE("tls: older versions, and ciphers without forward secrecy, are refused") {
  const auto context = net::test::usual_context();
  CHECK_FALSE(Handshake(context, TLS1_1_VERSION).client.done());
  net::test::Peer peer;
  const int server_end = peer.give();
  net::SslPtr server = context->accept(server_end);
  net::test::TlsClient client(peer.descriptor(), TLS1_2_VERSION);
  SSL_set_cipher_list(client.ssl.get(), "AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256");
  for (int turn = 0; turn < 5; ++turn) {
    client.shake_hands();
    SSL_do_handshake(server.get());
  }
  CHECK_FALSE(client.done());
  server.reset();
  ::close(server_end);
}
