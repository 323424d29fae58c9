// Clients of TLS 1.2 whose Finished doesn't come alone in one record. RFC 5246 section 6.2.1 allows it.

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "net/socket.h"
#include "tls_test.h"

using namespace martd;
using net::Io;
using net::TlsRecords;
using net::test::Peer;
using Type = TlsRecords::Type;

namespace {

constexpr std::size_t kKey = 16;  // of AES-128-GCM
constexpr std::size_t kFixed = 4;

/// Both directions' keys as the client's own (RFC 5246 section 6.3): client, server, and the nonces likewise.
std::array<unsigned char, 2 * (kKey + kFixed)> key_block(SSL* ssl) {
  unsigned char master[SSL_MAX_MASTER_KEY_LENGTH];
  unsigned char seed[13 + 2 * SSL3_RANDOM_SIZE];
  const std::size_t size = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
  std::memcpy(seed, "key expansion", 13);
  SSL_get_server_random(ssl, seed + 13, SSL3_RANDOM_SIZE);
  SSL_get_client_random(ssl, seed + 13 + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
  std::array<unsigned char, 2 * (kKey + kFixed)> block{};
  EVP_KDF* const prf = EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_TLS1_PRF, nullptr);
  EVP_KDF_CTX* const context = EVP_KDF_CTX_new(prf);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, size),
                                   OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
                                   OSSL_PARAM_construct_end()};
  REQUIRE(EVP_KDF_derive(context, block.data(), block.size(), parameters) == 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(prf);
  return block;
}

/// OpenSSL's client up to its Finished, which is then sealed by hand.
struct ByHand {
  net::test::ContextPtr context = net::test::usual_context();
  Peer peer;
  int descriptor = peer.give();
  net::Socket server{descriptor, context->accept(descriptor)};
  net::test::TlsClient client{peer.descriptor(), TLS1_2_VERSION};
  BIO* out = BIO_new(BIO_s_mem());
  BIO* in = BIO_new(BIO_s_mem());
  std::string finished;
  std::optional<TlsRecords> records;  ///< the client's
  std::string heard;
  bool failed = false;

  ByHand() {
    BIO_set_mem_eof_return(in, -1);
    SSL* const ssl = client.ssl.get();
    REQUIRE(SSL_set_cipher_list(ssl, "ECDHE-ECDSA-AES128-GCM-SHA256") == 1);
    SSL_set_bio(ssl, in, out);
    SSL_set_msg_callback(ssl, [](int sending, int, int type, const void* bytes, std::size_t size, SSL*, void* to) {
      const auto* text = static_cast<const char*>(bytes);
      if (sending && type == SSL3_RT_HANDSHAKE && text[0] == SSL3_MT_FINISHED)
        static_cast<std::string*>(to)->assign(text, size);
    });
    SSL_set_msg_callback_arg(ssl, &finished);
    client.shake_hands();
    send(said());
    take();
    client.shake_hands();
    const std::string flight = said();
    REQUIRE(finished.size() == 16);
    const auto block = key_block(ssl);
    const auto* at = reinterpret_cast<const char*>(block.data());
    const std::string own = std::string(at, kKey) + std::string(at + 2 * kKey, kFixed);
    const std::string other = std::string(at + kKey, kKey) + std::string(at + 2 * kKey + kFixed, kFixed);
    records.emplace(TlsRecords::Suite::aes_128_gcm_sha256, TlsRecords::Start{own}, TlsRecords::Start{other},
                    TlsRecords::kWornAfter, TlsRecords::Version::tls_1_2);
    // All but its own Finished, which is the last record: header, nonce, 16 bytes and a tag.
    send(flight.substr(0, flight.size() - (TlsRecords::kHeader + 8 + 16 + TlsRecords::kTag)));
  }

  std::string said() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string all(bytes, static_cast<std::size_t>(size));
    (void)BIO_reset(out);
    return all;
  }
  void send(std::string_view bytes) {
    peer.send(bytes);
    read();
  }
  void seal(Type type, std::string_view plain) {
    std::string sealed;
    REQUIRE(records->seal(type, plain, sealed));
    send(sealed);
  }
  void read() {
    std::vector<char> bytes(64 * 1024);
    for (;;) {
      const net::IoResult result = server.read(bytes, Time{});
      failed |= result.io == Io::failed;
      if (result.io != Io::done) return;
      heard.append(bytes.data(), result.bytes);
    }
  }
  /// What the server sent goes to the client.
  void take() {
    peer.receive();
    BIO_write(in, peer.received.data(), static_cast<int>(peer.received.size()));
    peer.received.clear();
  }
};

}  // namespace

// The record after such a Finished was opened with the number of the one before it, and refused: the first request of
// the client ended in bad_record_mac.
TEST_CASE_FIXTURE(ByHand,
                  "connection over TLS 1.2: a Finished may come in several records, and not as the first of them") {
  SUBCASE("in one") { seal(Type::handshake, finished); }
  SUBCASE("in two") {
    seal(Type::handshake, finished.substr(0, 3));
    seal(Type::handshake, finished.substr(3));
  }
  SUBCASE("in sixteen") {
    for (const char byte : finished) seal(Type::handshake, {&byte, 1});
  }
  SUBCASE("behind a record with nothing in it") {
    seal(Type::handshake, "");
    seal(Type::handshake, finished);
  }
  REQUIRE_FALSE(failed);
  REQUIRE(server.established());
  CHECK(server.light());
  seal(Type::data, "hello");
  CHECK(heard == "hello");
  CHECK_FALSE(failed);
  CHECK(server.write("answer").bytes == 6);
  take();
  client.shake_hands();
  client.receive();
  CHECK(client.received == "answer");
}
