#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace martd::net {

/// The records of one TLS 1.3 connection after its handshake (RFC 8446 section 5): seals what is to be sent and opens
/// what came. It knows no socket. The ciphers are OpenSSL's; what is kept for each connection is keys and counters,
/// some 200 bytes (docs/decisions/0030). One thread at a time.
class TlsRecords {
 public:
  /// The suites of TLS 1.3 that OpenSSL offers by default.
  enum class Suite : std::uint8_t { aes_128_gcm_sha256, aes_256_gcm_sha384, chacha20_poly1305_sha256 };
  enum class Type : std::uint8_t { alert = 21, handshake = 22, data = 23 };

  static constexpr std::size_t kHeader = 5;
  static constexpr std::size_t kTag = 16;
  static constexpr std::size_t kMostPlain = 16384;
  /// What a record of `kMostPlain` bytes takes, with its header, type and tag.
  static constexpr std::size_t kMostSealed = kHeader + kMostPlain + 1 + kTag;
  /// Keys are changed after so many records, long before those of AES-GCM are worn (section 5.5: 2^24.5).
  static constexpr std::uint64_t kRekeyAfter = std::uint64_t{1} << 23;

  /// One direction: its traffic secret, 32 bytes (48 with SHA-384), and how many records it has behind it.
  struct Start {
    std::string_view secret;
    std::uint64_t records = 0;
  };
  TlsRecords(Suite suite, const Start& sending, const Start& receiving, std::uint64_t rekey_after = kRekeyAfter);
  ~TlsRecords();
  TlsRecords(const TlsRecords&) = delete;
  TlsRecords& operator=(const TlsRecords&) = delete;

  /// Appends a record with `plain`, at most kMostPlain bytes, to `out`; where keys are worn, a KeyUpdate before it.
  /// False: it can't be sealed, and nothing may be sent any more.
  [[nodiscard]] bool seal(Type type, std::string_view plain, std::string& out);

  /// An alert (section 6), for the peer to know why the connection ends. Best effort.
  enum class Alert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    user_canceled = 90
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
    std::array<unsigned char, 48> secret;
    std::array<unsigned char, 32> key;
    std::array<unsigned char, 12> iv;
    std::uint64_t records;  ///< under this key
  };

  void make_keys(Side& side) const;
  void next_keys(Side& side) const;
  std::array<unsigned char, 12> nonce(const Side& side) const;
  bool seal_one(Type type, std::string_view plain, std::string& out);
  bool update_keys(std::string& out);
  Opened wrong(Alert alert, std::string& out);
  Opened take_key_update(std::string_view message, std::size_t used, std::string& out);

  Suite suite_;
  std::uint64_t rekey_after_;
  Side sending_;
  Side receiving_;
};

}  // namespace martd::net
