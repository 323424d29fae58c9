#include "net/tls_records.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace martd::net {
namespace {

constexpr std::size_t kMostInner = TlsRecords::kMostPlain + 1;     // TLS 1.3: with its type
constexpr std::size_t kMostLength = TlsRecords::kMostPlain + 256;  // RFC 8446 section 5.2
constexpr std::size_t kNumber = 8;                                 // bytes of a record's number
constexpr std::size_t kMostHello = 128 * 1024;                     // of a ClientHello, which OpenSSL bounds so, too
constexpr unsigned char kKeyUpdate = 24;                           // section 4: a handshake message's type
constexpr unsigned char kClientHello = 1;
constexpr unsigned char kWarning = 1;
constexpr unsigned char kFatal = 2;

struct SuiteRow {
  const char* cipher;
  const char* digest;
  std::size_t key;
  std::size_t secret;
};
constexpr SuiteRow kSuites[] = {
    {"AES-128-GCM", "SHA256", 16, 32},
    {"AES-256-GCM", "SHA384", 32, 48},
    {"ChaCha20-Poly1305", "SHA256", 32, 32},
};
const SuiteRow& row(TlsRecords::Suite suite) { return kSuites[static_cast<std::size_t>(suite)]; }

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
};

/// One for each suite and direction serves all connections of a thread: each record brings its key along. A context for
/// each connection would be a kilobyte for each direction.
struct SharedCipher {
  std::unique_ptr<EVP_CIPHER_CTX, Free> context;
  const TlsRecords* holder = nullptr;  ///< whose key lies in it still
};

SharedCipher& shared_cipher(TlsRecords::Suite suite, bool sealing) {
  thread_local SharedCipher ciphers[std::size(kSuites)][2];
  return ciphers[static_cast<std::size_t>(suite)][sealing ? 1 : 0];
}

/// Null: OpenSSL has none, for want of memory or for whatever reason.
EVP_CIPHER_CTX* cipher_context(TlsRecords::Suite suite, bool sealing, const TlsRecords* holder) {
  SharedCipher& shared = shared_cipher(suite, sealing);
  if (!shared.context) {
    const std::unique_ptr<EVP_CIPHER, Free> cipher(EVP_CIPHER_fetch(nullptr, row(suite).cipher, nullptr));
    std::unique_ptr<EVP_CIPHER_CTX, Free> made(EVP_CIPHER_CTX_new());
    if (!cipher || !made || EVP_CipherInit_ex2(made.get(), cipher.get(), nullptr, nullptr, sealing, nullptr) != 1)
      return nullptr;
    shared.context = std::move(made);
  }
  shared.holder = holder;
  return shared.context.get();
}

/// Its key goes out of the thread's context, where it would lie until the next connection's record.
void forget_key(TlsRecords::Suite suite, bool sealing, const TlsRecords* holder) {
  SharedCipher& shared = shared_cipher(suite, sealing);
  if (shared.holder != holder) return;
  shared.holder = nullptr;
  constexpr std::array<unsigned char, 32> kNone{};
  EVP_CipherInit_ex2(shared.context.get(), nullptr, kNone.data(), kNone.data(), sealing, nullptr);
}

/// HKDF-Expand-Label with an empty context (section 7.1).
[[nodiscard]] bool expand(const SuiteRow& suite, const unsigned char* secret, const char* label, unsigned char* out,
                          std::size_t size) {
  static const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_TLS1_3_KDF, nullptr));
  const std::unique_ptr<EVP_KDF_CTX, Free> context(EVP_KDF_CTX_new(kdf.get()));
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  const auto text = [](const char* name, const char* value) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value), std::strlen(value));
  };
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(suite.digest), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<unsigned char*>(secret), suite.secret),
      text(OSSL_KDF_PARAM_PREFIX, "tls13 "),
      text(OSSL_KDF_PARAM_LABEL, label),
      OSSL_PARAM_construct_end()};
  return context && EVP_KDF_derive(context.get(), out, size, parameters) == 1;
}

/// Gives the bytes of a record's number, the highest first, each with its place.
template <typename To>
void put_number(std::uint64_t number, To to) {
  for (std::size_t i = 0; i < kNumber; ++i) to(i, static_cast<unsigned char>(number >> (8 * (kNumber - 1 - i))));
}

unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

}  // namespace

std::size_t TlsRecords::key_size(Suite suite) { return row(suite).key; }

std::size_t TlsRecords::fixed_nonce_size(Suite suite) { return suite == Suite::chacha20_poly1305_sha256 ? 12 : 4; }

TlsRecords::TlsRecords(Suite suite, const Start& sending, const Start& receiving, std::uint64_t worn_after,
                       Version version)
    : version_(version), suite_(suite), worn_after_(worn_after) {
  const auto begin = [this](Side& side, const Start& start) {
    side = {};
    if (version_ == Version::tls_1_3) {
      std::copy_n(start.secret.begin(), std::min(start.secret.size(), row(suite_).secret), side.secret.begin());
      usable_ = make_keys(side) && usable_;
    } else {
      const std::string_view key = start.secret.substr(0, key_size(suite_));
      const std::string_view fixed = start.secret.substr(key.size(), fixed_nonce_size(suite_));
      std::copy(key.begin(), key.end(), side.key.begin());
      std::copy(fixed.begin(), fixed.end(), side.iv.begin());
    }
    side.records = start.records;
  };
  begin(sending_, sending);
  begin(receiving_, receiving);
}

TlsRecords::~TlsRecords() {
  forget_key(suite_, true, this);
  forget_key(suite_, false, this);
  OPENSSL_cleanse(&sending_, sizeof sending_);
  OPENSSL_cleanse(&receiving_, sizeof receiving_);
}

bool TlsRecords::make_keys(Side& side) const {
  side.records = 0;
  return expand(row(suite_), side.secret.data(), "key", side.key.data(), row(suite_).key) &&
         expand(row(suite_), side.secret.data(), "iv", side.iv.data(), side.iv.size());
}

bool TlsRecords::next_keys(Side& side) const {
  std::array<unsigned char, 48> next{};
  const bool expanded = expand(row(suite_), side.secret.data(), "traffic upd", next.data(), row(suite_).secret);
  forget_key(suite_, &side == &sending_, this);
  if (expanded) side.secret = next;
  OPENSSL_cleanse(next.data(), next.size());
  return expanded && make_keys(side);
}

std::size_t TlsRecords::sent_nonce_size() const {
  return version_ == Version::tls_1_2 && suite_ != Suite::chacha20_poly1305_sha256 ? kNumber : 0;
}

TlsRecords::Nonce TlsRecords::nonce(const Side& side, const unsigned char* sent) const {
  Nonce made = side.iv;
  if (sent_nonce_size() > 0) {
    std::copy_n(sent, kNumber, made.end() - kNumber);
  } else {
    put_number(side.records, [&](std::size_t i, unsigned char byte) { made[made.size() - kNumber + i] ^= byte; });
  }
  return made;
}

TlsRecords::Additional TlsRecords::additional(const Side& side, const unsigned char* header, std::size_t plain) const {
  Additional made;
  if (version_ == Version::tls_1_3) {
    std::copy_n(header, kHeader, made.bytes.begin());
    made.size = kHeader;
    return made;
  }
  // The number, and the header as it would be if nothing were sealed.
  put_number(side.records, [&](std::size_t i, unsigned char byte) { made.bytes[i] = byte; });
  std::copy_n(header, 3, made.bytes.begin() + kNumber);
  made.bytes[11] = static_cast<unsigned char>(plain >> 8);
  made.bytes[12] = static_cast<unsigned char>(plain);
  made.size = static_cast<int>(made.bytes.size());
  return made;
}

bool TlsRecords::seal_one(Type type, std::string_view plain, std::string& out) {
  if (!usable_ || worn(sending_) || plain.size() > kMostPlain) return false;
  const bool typed = version_ == Version::tls_1_3;  // the type is sealed behind the content
  const std::size_t length = sent_nonce_size() + plain.size() + (typed ? 1 : 0) + kTag;
  const std::size_t at = out.size();
  out.resize(at + kHeader + length);
  unsigned char* const header = bytes_of(out.data() + at);
  header[0] = static_cast<unsigned char>(typed ? Type::data : type);
  header[1] = 3;
  header[2] = 3;
  header[3] = static_cast<unsigned char>(length >> 8);
  header[4] = static_cast<unsigned char>(length);
  unsigned char* const sent_nonce = header + kHeader;
  // The number: it is never the same twice, and that is all it has to be. (OpenSSL's one record, the Finished, had
  // random bytes.)
  if (sent_nonce_size() > 0)
    put_number(sending_.records, [&](std::size_t i, unsigned char byte) { sent_nonce[i] = byte; });
  unsigned char* const body = sent_nonce + sent_nonce_size();
  unsigned char* const tag = body + plain.size() + (typed ? 1 : 0);
  const auto inner_type = static_cast<unsigned char>(type);
  const auto once = nonce(sending_, sent_nonce);
  const auto beside = additional(sending_, header, plain.size());
  EVP_CIPHER_CTX* const context = cipher_context(suite_, true, this);
  int done = 0;
  const bool sealed =
      context && EVP_EncryptInit_ex2(context, nullptr, sending_.key.data(), once.data(), nullptr) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &done, beside.bytes.data(), beside.size) == 1 &&
      (plain.empty() ||
       EVP_EncryptUpdate(context, body, &done, bytes_of(plain.data()), static_cast<int>(plain.size())) == 1) &&
      (!typed || EVP_EncryptUpdate(context, body + plain.size(), &done, &inner_type, 1) == 1) &&
      EVP_EncryptFinal_ex(context, tag, &done) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTag, tag) == 1;
  if (!sealed) {
    out.resize(at);
    return false;
  }
  ++sending_.records;
  return true;
}

bool TlsRecords::update_keys(std::string& out) {
  const char message[] = {static_cast<char>(kKeyUpdate), 0, 0, 1, 0};  // update_not_requested
  if (!seal_one(Type::handshake, {message, sizeof message}, out)) return false;
  // Without the next keys nothing may be sealed any more: the peer has been told that these are the last.
  return usable_ = next_keys(sending_);
}

bool TlsRecords::seal(Type type, std::string_view plain, std::string& out) {
  if (version_ == Version::tls_1_3 && sending_.records >= worn_after_ && !update_keys(out)) return false;
  return seal_one(type, plain, out);
}

void TlsRecords::seal_alert(Alert alert, std::string& out) {
  const bool warning = alert == Alert::close_notify || alert == Alert::no_renegotiation;
  const char message[] = {static_cast<char>(warning ? kWarning : kFatal), static_cast<char>(alert)};
  (void)seal_one(Type::alert, {message, sizeof message}, out);
}

TlsRecords::Opened TlsRecords::wrong(Alert alert, std::string& out) {
  seal_alert(alert, out);
  return {Came::wrong, 0, {}};
}

/// A message may come in several records (RFC 8446 section 5.1, RFC 5246 section 6.2.1), and none of them is empty.
TlsRecords::Opened TlsRecords::take_handshake(std::string_view content, std::size_t used, std::string& out) {
  if (content.empty()) return wrong(Alert::unexpected_message, out);
  if (begun_size_ < kMessageHeader) {
    const std::size_t more = std::min(kMessageHeader - begun_size_, content.size());
    std::copy_n(bytes_of(content.data()), more, begun_.begin() + begun_size_);
    begun_size_ = static_cast<std::uint8_t>(begun_size_ + more);
    content.remove_prefix(more);
    // The only message that a client may still send: new keys, or in TLS 1.2 the wish to negotiate anew.
    if (begun_[0] != (version_ == Version::tls_1_3 ? kKeyUpdate : kClientHello))
      return wrong(Alert::unexpected_message, out);
    if (begun_size_ < kMessageHeader) return {Came::nothing, used, {}};
    to_come_ = std::uint32_t{begun_[1]} << 16 | std::uint32_t{begun_[2]} << 8 | begun_[3];
    if (to_come_ == 0 || to_come_ > (version_ == Version::tls_1_3 ? 1 : kMostHello))
      return wrong(Alert::decode_error, out);
  }
  return version_ == Version::tls_1_3 ? take_key_update(content, used, out) : take_client_hello(content, used, out);
}

TlsRecords::Opened TlsRecords::take_key_update(std::string_view rest, std::size_t used, std::string& out) {
  if (rest.empty()) return {Came::nothing, used, {}};
  // What follows it would be sealed by the next keys, so it ends its record.
  if (rest.size() > 1) return wrong(Alert::unexpected_message, out);
  const auto asked = static_cast<unsigned char>(rest[0]);
  if (asked > 1) return wrong(Alert::illegal_parameter, out);
  begun_size_ = 0;
  if (!next_keys(receiving_) || (asked == 1 && !update_keys(out))) {
    usable_ = false;
    return {Came::wrong, 0, {}};
  }
  return {Came::nothing, used, {}};
}

/// It is refused, and who can do without goes on. What it says is of no account.
TlsRecords::Opened TlsRecords::take_client_hello(std::string_view rest, std::size_t used, std::string& out) {
  if (rest.size() > to_come_) return wrong(Alert::unexpected_message, out);
  to_come_ -= static_cast<std::uint32_t>(rest.size());
  if (to_come_ > 0) return {Came::nothing, used, {}};
  begun_size_ = 0;
  seal_alert(Alert::no_renegotiation, out);
  return {Came::nothing, used, {}};
}

TlsRecords::Opened TlsRecords::open(std::span<char> bytes, std::string& out) {
  if (bytes.size() < kHeader) return {Came::part, 0, {}};
  unsigned char* const header = bytes_of(bytes.data());
  const bool typed = version_ == Version::tls_1_3;
  // After a handshake of TLS 1.3 all that comes looks like data from outside.
  const auto outer = static_cast<Type>(header[0]);
  if (outer != Type::data && (typed || (outer != Type::alert && outer != Type::handshake)))
    return wrong(Alert::unexpected_message, out);
  const std::size_t length = static_cast<std::size_t>(header[3]) << 8 | header[4];
  if (length > kMostLength) return wrong(Alert::record_overflow, out);
  if (length < sent_nonce_size() + (typed ? 1 : 0) + kTag) return wrong(Alert::bad_record_mac, out);
  if (bytes.size() < kHeader + length) return {Came::part, 0, {}};
  if (worn(receiving_))
    return {Came::wrong, 0, {}};  // without a word: an orderly end would make what was cut look whole

  unsigned char* const sent_nonce = header + kHeader;
  unsigned char* const body = sent_nonce + sent_nonce_size();
  std::size_t size = length - sent_nonce_size() - kTag;
  const auto once = nonce(receiving_, sent_nonce);
  const auto beside = additional(receiving_, header, size);
  EVP_CIPHER_CTX* const context = usable_ ? cipher_context(suite_, false, this) : nullptr;
  int done = 0;
  unsigned char none = 0;
  if (!context || EVP_DecryptInit_ex2(context, nullptr, receiving_.key.data(), once.data(), nullptr) != 1)
    return wrong(Alert::internal_error, out);
  const bool opened = EVP_DecryptUpdate(context, nullptr, &done, beside.bytes.data(), beside.size) == 1 &&
                      (size == 0 || EVP_DecryptUpdate(context, body, &done, body, static_cast<int>(size)) == 1) &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTag, body + size) == 1 &&
                      EVP_DecryptFinal_ex(context, &none, &done) == 1;
  if (!opened) return wrong(Alert::bad_record_mac, out);
  ++receiving_.records;

  if (size > (typed ? kMostInner : kMostPlain)) return wrong(Alert::record_overflow, out);
  Type type = outer;
  if (typed) {
    // The type stands behind the content, and any number of zeros behind the type.
    while (size > 0 && body[size - 1] == 0) --size;
    if (size == 0) return wrong(Alert::unexpected_message, out);
    type = static_cast<Type>(body[--size]);
  }
  const std::string_view content(bytes.data() + (body - header), size);
  return take(type, content, kHeader + length, out);
}

TlsRecords::Opened TlsRecords::take(Type type, std::string_view content, std::size_t used, std::string& out) {
  // Between the records of one message there is no other (RFC 8446 section 5.1).
  if (version_ == Version::tls_1_3 && begun_size_ > 0 && type != Type::handshake)
    return wrong(Alert::unexpected_message, out);
  switch (type) {
    case Type::data:
      return {Came::data, used, content};
    case Type::handshake:
      return take_handshake(content, used, out);
    case Type::alert:
      if (content.size() != 2) return wrong(Alert::unexpected_message, out);
      if (static_cast<Alert>(content[1]) == Alert::close_notify) return {Came::end, used, {}};
      // In TLS 1.3 the level says nothing: all but these two end the connection.
      if (static_cast<Alert>(content[1]) == Alert::user_canceled ||
          (version_ == Version::tls_1_2 && content[0] == kWarning))
        return {Came::nothing, used, {}};
      return {Came::wrong, used, {}};
  }
  return wrong(Alert::unexpected_message, out);
}

}  // namespace martd::net
