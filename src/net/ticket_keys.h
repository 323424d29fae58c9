#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "base/time.h"

namespace martd::net {

/// The keys that session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1). They are the server's own and not
/// those of one set of certificates, so that a ticket is still good after a reload. Nothing of them is ever stored or
/// logged, and each is gone after twice kLife: who takes them from the memory later reads no older connection of TLS
/// 1.2 by them. Thread-safe.
class TicketKeys {
 public:
  struct Key {
    /// Every copy clears itself.
    ~Key();
    std::array<unsigned char, 16> name;    ///< stands open in the ticket
    std::array<unsigned char, 32> cipher;  ///< AES-256-CBC
    std::array<unsigned char, 32> mac;     ///< HMAC with SHA-256
    Time made;
  };
  struct Found {
    Key key;
    bool renew;  ///< it seals no more: the client is to get a new ticket
  };

  /// How long a key seals tickets. It opens them for as long again: a ticket's own life is at most this.
  static constexpr Duration kLife = std::chrono::hours{2};

  /// The key that seals now; made when there is none, or the last one's time is over. Returns nullopt if the
  /// system has no random bytes.
  std::optional<Key> sealing(Time now);
  /// The key of that name, if it still opens tickets.
  std::optional<Found> opening(std::span<const unsigned char> name, Time now);

 private:
  static bool over(const Key& key, Duration life, Time now) { return now - key.made >= life; }

  std::mutex mutex_;
  std::optional<Key> now_;     ///< seals and opens
  std::optional<Key> before_;  ///< opens
};

}  // namespace martd::net
