#include "net/records_check.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <array>
#include <string_view>
#include <vector>

namespace martd::net {
namespace {

using Hand = std::function<std::unique_ptr<TlsRecords>(SSL&)>;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr memory() {
  BioPtr made(BIO_new(BIO_s_mem()));
  if (made) BIO_set_mem_eof_return(made.get(), -1);  // empty means: later
  return made;
}

/// OpenSSL's client and, after the handshake, our records of the server's side, with the bytes between them in memory.
class Conversation {
 public:
  Conversation(SSL_CTX& client_context, const TlsContext& context, int version, const char* suite)
      : client_(SSL_new(&client_context)), server_(context.accept(0)) {
    if (!client_ || !server_ || !to_server_ || !to_client_) return;
    SSL_set_min_proto_version(client_.get(), version);
    SSL_set_max_proto_version(client_.get(), version);
    const int chosen = version == TLS1_3_VERSION ? SSL_set_ciphersuites(client_.get(), suite)
                                                 : SSL_set_cipher_list(client_.get(), suite);
    if (chosen != 1) return;
    join(*client_, *to_client_, *to_server_);
    join(*server_, *to_server_, *to_client_);
    SSL_set_connect_state(client_.get());
    for (int turn = 0; turn < 10 && !(SSL_is_init_finished(client_.get()) && SSL_is_init_finished(server_.get()));
         ++turn) {
      SSL_do_handshake(client_.get());
      SSL_do_handshake(server_.get());
    }
  }

  /// Empty: all went well.
  std::string run(const Hand& hand, bool changes_keys) {
    if (!client_ || !server_ || !SSL_is_init_finished(client_.get()) || !SSL_is_init_finished(server_.get()))
      return "no handshake";
    records_ = hand ? hand(*server_) : hand_over(*server_, kRekeyAfter);
    if (!records_) return "no hand-over";
    server_.reset();
    if (!both_ways()) return "data is lost or damaged";
    if (!changes_keys) return {};
    for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
      if (SSL_key_update(client_.get(), kind) != 1 || !both_ways() || !both_ways())
        return "data is lost or damaged when keys change";
    }
    return {};
  }

 private:
  /// Records of ours until our own keys change: within the first of them.
  static constexpr std::uint64_t kRekeyAfter = 4;

  static void join(SSL& ssl, BIO& from, BIO& to) {
    BIO_up_ref(&from);
    BIO_up_ref(&to);
    SSL_set_bio(&ssl, &from, &to);
  }

  bool both_ways() {
    for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, TlsRecords::kMostPlain}) {
      const std::string text(size, 'x');
      if (SSL_write(client_.get(), text.data(), static_cast<int>(size)) != static_cast<int>(size)) return false;
      if (opened() != text) return false;
      std::string sealed;
      if (!records_->seal(TlsRecords::Type::data, text, sealed)) return false;
      BIO_write(to_client_.get(), sealed.data(), static_cast<int>(sealed.size()));
      if (received(size) != text) return false;
    }
    return true;
  }

  std::string opened() {
    std::vector<char> bytes(BIO_ctrl_pending(to_server_.get()));
    BIO_read(to_server_.get(), bytes.data(), static_cast<int>(bytes.size()));
    std::string text;
    std::string answer;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto record = records_->open(std::span(bytes).subspan(at), answer);
      if (record.came != TlsRecords::Came::data && record.came != TlsRecords::Came::nothing) return {};
      text += record.data;
      at += record.used;
    }
    if (!answer.empty()) BIO_write(to_client_.get(), answer.data(), static_cast<int>(answer.size()));
    return text;
  }

  std::string received(std::size_t size) {
    std::string text(size + 1, '\0');
    const int got = SSL_read(client_.get(), text.data(), static_cast<int>(text.size()));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

  BioPtr to_server_ = memory();
  BioPtr to_client_ = memory();
  SslPtr client_;
  SslPtr server_;
  std::unique_ptr<TlsRecords> records_;
};

struct Row {
  int version;
  const char* version_name;
  const char* suite;
};
constexpr std::array kRows{Row{TLS1_3_VERSION, "TLS 1.3", "TLS_AES_128_GCM_SHA256"},
                           Row{TLS1_3_VERSION, "TLS 1.3", "TLS_AES_256_GCM_SHA384"},
                           Row{TLS1_3_VERSION, "TLS 1.3", "TLS_CHACHA20_POLY1305_SHA256"},
                           Row{TLS1_2_VERSION, "TLS 1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"},
                           Row{TLS1_2_VERSION, "TLS 1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"},
                           Row{TLS1_2_VERSION, "TLS 1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"}};

}  // namespace

std::string check_records(const TlsContext& context, const Hand& hand) {
  const std::unique_ptr<SSL_CTX, SslFree> client_context(SSL_CTX_new(TLS_client_method()));
  if (!client_context || !set_groups(*client_context)) return "OpenSSL has no client";
  std::string wrong;
  for (const Row& row : kRows) {
    wrong = Conversation(*client_context, context, row.version, row.suite).run(hand, row.version == TLS1_3_VERSION);
    if (wrong.empty()) continue;
    wrong = std::string(row.version_name) + ", " + row.suite + ": " + wrong;
    break;
  }
  ERR_clear_error();
  return wrong;
}

}  // namespace martd::net
