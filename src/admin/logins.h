#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd::admin {

/// Browsers that have shown the token. Each keeps a random value in a cookie, which says nothing of the token and ends
/// with the process, with a new token, or after some hours. Not thread-safe.
class Logins {
 public:
  static constexpr Duration kLife = std::chrono::hours{12};
  static constexpr std::size_t kMost = 100;  ///< the oldest is forgotten for another

  /// A new value for a cookie: 64 hex digits of the system's randomness.
  std::string open(Time now);
  /// In time that doesn't depend on which bytes of `value` are right.
  bool known(std::string_view value, Time now) const;
  void close(std::string_view value);
  void clear() { open_.clear(); }

 private:
  struct Login {
    std::string value;
    Time until;
  };
  std::deque<Login> open_;
};

inline constexpr const char* kLoginCookie = "martd_admin";

/// The value of the cookie of that name in a Cookie header (RFC 6265 section 4.2); empty where there is none.
std::string_view cookie_in(std::string_view header, std::string_view name);

}  // namespace martd::admin
