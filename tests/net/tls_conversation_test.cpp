// TlsRecords against OpenSSL's client, with the bytes between them in memory: whatever both say, however it is cut,
// padded and interrupted by new keys, comes whole and in order. Another seed is another conversation.

#include <openssl/bio.h>

#include <algorithm>
#include <random>
#include <vector>

#include "net/tls_handover.h"
#include "tls_test.h"

using namespace martd;
using net::TlsRecords;
using Came = TlsRecords::Came;

namespace {

struct Row {
  int version;
  const char* suite;
};
constexpr Row kRows[] = {
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"},        {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384"},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256"},  {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"}, {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"}};

class Talk {
 public:
  Talk(const net::test::ContextPtr& context, SSL_CTX& client_context, const Row& row, unsigned seed)
      : random_(seed), version_(row.version), client_(SSL_new(&client_context)), server_(context->accept(0)) {
    SSL* const ssl = client_.get();
    REQUIRE(SSL_set_min_proto_version(ssl, row.version) == 1);
    REQUIRE(SSL_set_max_proto_version(ssl, row.version) == 1);
    REQUIRE((version_ == TLS1_3_VERSION ? SSL_set_ciphersuites(ssl, row.suite) : SSL_set_cipher_list(ssl, row.suite)) ==
            1);
    for (BIO* bio : {client_in_, client_out_, server_in_, server_out_}) BIO_set_mem_eof_return(bio, -1);
    SSL_set_bio(ssl, client_in_, client_out_);
    SSL_set_bio(server_.get(), server_in_, server_out_);
    BIO_up_ref(server_out_);
    SSL_set_connect_state(ssl);
    SSL_set_record_padding_callback_arg(ssl, this);
    SSL_set_record_padding_callback(
        ssl, [](SSL*, int, std::size_t size, void* own) { return static_cast<Talk*>(own)->padding(size); });
  }
  ~Talk() {
    SSL_set_quiet_shutdown(client_.get(), 1);
    BIO_free(server_out_);
  }

  void run() {
    // The first data of the client comes with its last word of the handshake, cut anywhere.
    for (int turn = 0; turn < 2000 && !records_; ++turn) {
      if (SSL_is_init_finished(client_.get()) && said_.empty()) client_says(1 + number(3000));
      SSL_do_handshake(client_.get());
      carry_to_server(1 + number(700));
      carry_to_client();
    }
    REQUIRE(records_);
    // In TLS 1.2 the last word of the handshake is the server's.
    for (int turn = 0; turn < 2000 && !SSL_is_init_finished(client_.get()); ++turn) carry_to_client();
    for (int step = 0; step < 60; ++step) {
      switch (number(5)) {
        case 0:
        case 1:
          client_says(number(20000));
          break;
        case 2:
          server_says(number(20000));
          break;
        case 3:
          change_keys();
          break;
        default:
          break;
      }
      carry_to_server(1 + number(9000));
      carry_to_client();
    }
    while (!to_server_.empty() || BIO_ctrl_pending(client_out_) > 0) carry_to_server(SIZE_MAX);
    while (!to_client_.empty()) carry_to_client();
    CHECK((heard_ == said_));
    CHECK((received_ == told_));
    std::string bytes;
    records_->seal_alert(TlsRecords::Alert::close_notify, bytes);
    to_client_ += bytes;
    while (!to_client_.empty()) carry_to_client();
    CHECK((SSL_get_shutdown(client_.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
    SSL_shutdown(client_.get());
    carry_to_server(SIZE_MAX);
    CHECK(ended_);
  }

 private:
  std::size_t number(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  std::size_t padding(std::size_t size) {
    const std::size_t room = TlsRecords::kMostPlain - std::min(size, TlsRecords::kMostPlain);
    return number(3) == 0 && room > 0 ? number(std::min<std::size_t>(room, 600)) : 0;
  }
  std::string text(std::size_t size) {
    std::string made(size, '\0');
    for (char& byte : made) byte = static_cast<char>(number(256));
    return made;
  }

  void client_says(std::size_t size) {
    const std::string words = text(size);
    if (!words.empty())
      REQUIRE(SSL_write(client_.get(), words.data(), static_cast<int>(size)) == static_cast<int>(size));
    said_ += words;
  }
  void server_says(std::size_t size) {
    const std::string words = text(size);
    for (std::size_t at = 0; at <= words.size();) {
      // Records of nothing, too.
      const std::string_view piece = std::string_view(words).substr(at, number(TlsRecords::kMostPlain + 1));
      REQUIRE(records_->seal(TlsRecords::Type::data, piece, to_client_));
      at += piece.size();
      if (at == words.size()) break;
    }
    told_ += words;
  }
  void change_keys() {
    if (version_ != TLS1_3_VERSION) return;
    const int kind = number(2) == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    REQUIRE(SSL_key_update(client_.get(), kind) == 1);
    REQUIRE(SSL_do_handshake(client_.get()) == 1);
  }

  void carry_to_server(std::size_t most) {
    std::string came(BIO_ctrl_pending(client_out_), '\0');
    BIO_read(client_out_, came.data(), static_cast<int>(came.size()));
    to_server_ += came;
    const std::string piece = to_server_.substr(0, most);
    to_server_.erase(0, piece.size());
    if (server_) {
      BIO_write(server_in_, piece.data(), static_cast<int>(piece.size()));
      char bytes[16384];
      int got = 0;
      do {
        got = SSL_read(server_.get(), bytes, sizeof bytes);
        if (got > 0) heard_.append(bytes, static_cast<std::size_t>(got));
        records_ = net::hand_over(*server_, 4 + number(30));
        if (!records_) continue;
        // What OpenSSL hasn't read is ours.
        part_.resize(BIO_ctrl_pending(server_in_));
        BIO_read(server_in_, part_.data(), static_cast<int>(part_.size()));
        server_.reset();
        break;
      } while (got > 0);
    } else {
      part_ += piece;
    }
    std::string answer(BIO_ctrl_pending(server_out_), '\0');
    BIO_read(server_out_, answer.data(), static_cast<int>(answer.size()));
    to_client_ += answer;
    if (records_) open_part();
  }
  void open_part() {
    for (;;) {
      const auto record = records_->open(part_, to_client_);
      REQUIRE(record.came != Came::wrong);
      if (record.came == Came::part) return;
      ended_ |= record.came == Came::end;
      heard_ += record.data;
      part_.erase(0, record.used);
    }
  }
  void carry_to_client() {
    const std::string piece = to_client_.substr(0, 1 + number(9000));
    to_client_.erase(0, piece.size());
    if (!piece.empty()) BIO_write(client_in_, piece.data(), static_cast<int>(piece.size()));
    char bytes[16384];
    for (int got = 0; (got = SSL_read(client_.get(), bytes, sizeof bytes)) > 0;)
      received_.append(bytes, static_cast<std::size_t>(got));
  }

  std::mt19937 random_;
  int version_;
  net::SslPtr client_;
  net::SslPtr server_;
  BIO* client_in_ = BIO_new(BIO_s_mem());
  BIO* client_out_ = BIO_new(BIO_s_mem());
  BIO* server_in_ = BIO_new(BIO_s_mem());
  BIO* server_out_ = BIO_new(BIO_s_mem());
  std::unique_ptr<TlsRecords> records_;
  std::string to_server_;
  std::string to_client_;
  std::string part_;  ///< came, and not opened yet
  std::string said_;  ///< by the client
  std::string heard_;
  std::string told_;  ///< by the server
  std::string received_;
  bool ended_ = false;
};

}  // namespace

TEST_CASE("tls records and OpenSSL: whatever is said, cut, padded and sealed with new keys, comes whole") {
  const auto context = net::test::usual_context();
  const std::unique_ptr<SSL_CTX, net::SslFree> client_context(SSL_CTX_new(TLS_client_method()));
  for (unsigned seed = 1; seed <= 25; ++seed) {
    for (const Row& row : kRows) {
      const std::string suite = row.suite;
      CAPTURE(suite);
      CAPTURE(seed);
      Talk(context, *client_context, row, seed).run();
    }
  }
}
