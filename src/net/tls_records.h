#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace martd::net {

/// The records of one TLS connection after its handshake (1.3: RFC 8446 section 5; 1.2: RFC 5246 section 6.2.3.3):
/// seals what is to be sent and opens what came. It knows no socket. The ciphers are OpenSSL's; what is kept for each
/// connection is keys and counters, some 200 bytes (docs/decisions/0030). One thread at a time.
///
/// Both directions and both versions are one class, so that whoever reviews it has every key and every counter in view.
class TlsRecords {
 public:
  enum class Version : std::uint8_t { tls_1_2, tls_1_3 };
  /// The suites of TLS 1.3 that OpenSSL offers by default, and those of 1.2 with the same ciphers (RFC 5288, 7905).
  enum class Suite : std::uint8_t { aes_128_gcm_sha256, aes_256_gcm_sha384, chacha20_poly1305_sha256 };
  enum class Type : std::uint8_t { alert = 21, handshake = 22, data = 23 };

  static constexpr std::size_t kHeader = 5;
  static constexpr std::size_t kTag = 16;
  static constexpr std::size_t kMostPlain = 16384;
  /// What a record of `kMostPlain` bytes takes at most, with its header, tag, and type or nonce.
  static constexpr std::size_t kMostSealed = kHeader + 8 + kMostPlain + kTag;
  /// Keys are changed after so many records, long before those of AES-GCM are worn (section 5.5: 2^24.5).
  static constexpr std::uint64_t kRekeyAfter = std::uint64_t{1} << 23;
  /// In TLS 1.2 keys can't be changed: after so many records, in either direction, nothing is sealed or opened any
  /// more.
  static constexpr std::uint64_t kWornAfter = std::uint64_t{1} << 32;

  /// One direction: its secret, and how many records it has behind it. The secret is in TLS 1.3 the traffic secret, 32
  /// bytes (48 with SHA-384), in 1.2 the key and behind it the fixed part of the nonce (RFC 5246 section 6.3).
  struct Start {
    std::string_view secret;
    std::uint64_t records = 0;
  };
  static std::size_t key_size(Suite suite);
  static std::size_t fixed_nonce_size(Suite suite);  ///< in TLS 1.2
  /// `worn_after`: kRekeyAfter or kWornAfter, less in tests.
  TlsRecords(Suite suite, const Start& sending, const Start& receiving, std::uint64_t worn_after = kRekeyAfter,
             Version version = Version::tls_1_3);
  ~TlsRecords();
  TlsRecords(const TlsRecords&) = delete;
  TlsRecords& operator=(const TlsRecords&) = delete;

  /// False: OpenSSL didn't give the keys or the cipher. Then nothing is sealed, and nothing opened.
  bool usable() const { return usable_; }

  /// Appends a record with `plain`, at most kMostPlain bytes, to `out`; where keys are worn, a KeyUpdate before it.
  /// False: it can't be sealed, and nothing may be sent any more.
  [[nodiscard]] bool seal(Type type, std::string_view plain, std::string& out);

  /// An alert (section 6), for the peer to know why the connection ends. Best effort.
  enum class Alert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    illegal_parameter = 47,
    decode_error = 50,
    internal_error = 80,
    user_canceled = 90,
    no_renegotiation = 100  ///< TLS 1.2: a warning
  };
  void seal_alert(Alert alert, std::string& out);

  enum class Came : std::uint8_t {
    part,     ///< the record isn't whole yet
    data,     ///< bytes of the peer's program, or none
    nothing,  ///< it was for this layer; there may be something to send
    end,      ///< the peer says no more
    wrong,    ///< the connection is to be given up; why is in what is to be sent
  };
  struct Opened {
    Came came;
    std::size_t used = 0;   ///< bytes of the record
    std::string_view data;  ///< within the bytes that were given
  };
  /// The first record in `bytes`, opened in place. What has to be sent because of it is appended to `out`.
  Opened open(std::span<char> bytes, std::string& out);

 private:
  struct Side {
    std::array<unsigned char, 48> secret;  ///< of TLS 1.3 only
    std::array<unsigned char, 32> key;
    std::array<unsigned char, 12> iv;
    std::uint64_t records;  ///< under this key
  };

  [[nodiscard]] bool make_keys(Side& side) const;
  [[nodiscard]] bool next_keys(Side& side) const;
  bool worn(const Side& side) const { return version_ == Version::tls_1_2 && side.records >= worn_after_; }
  using Nonce = std::array<unsigned char, 12>;
  /// Bytes of the nonce that stand in each record.
  std::size_t sent_nonce_size() const;
  Nonce nonce(const Side& side, const unsigned char* sent) const;
  /// What is authenticated beside the content.
  struct Additional {
    std::array<unsigned char, 13> bytes{};
    int size = 0;
  };
  Additional additional(const Side& side, const unsigned char* header, std::size_t plain) const;
  bool seal_one(Type type, std::string_view plain, std::string& out);
  bool update_keys(std::string& out);
  Opened wrong(Alert alert, std::string& out);
  Opened take(Type type, std::string_view content, std::size_t used, std::string& out);
  Opened take_handshake(std::string_view content, std::size_t used, std::string& out);
  Opened take_key_update(std::string_view rest, std::size_t used, std::string& out);
  Opened take_client_hello(std::string_view rest, std::size_t used, std::string& out);

  static constexpr std::size_t kMessageHeader = 4;  ///< of a handshake's message: its type and its length

  Version version_;
  Suite suite_;
  bool usable_ = true;
  std::uint8_t begun_size_ = 0;
  std::array<unsigned char, kMessageHeader> begun_{};  ///< the header of a handshake's message that hasn't come whole
  std::uint32_t to_come_ = 0;                          ///< what is left of that message
  std::uint64_t worn_after_;
  Side sending_;
  Side receiving_;
};

}  // namespace martd::net
