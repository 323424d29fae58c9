#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd {

/// How long before its end a certificate counts as used up: clients and scanners complain some weeks before.
constexpr Duration kCertificateReserve = std::chrono::hours{24 * 90};

/// Whether the first certificate of that PEM text is valid at `now` and goes on for kCertificateReserve.
bool certificate_lasts(std::string_view pem, Time now);

/// The self-signed certificate `pem` once more, with the same names and the same key, the one in `key_pem`: signed
/// anew, with a serial number of its own, valid for 397 days from the day before `now` (for longer, browsers and
/// scanners refuse or blame it). As PEM. Returns nullopt if one of the two isn't what it
/// should be.
std::optional<std::string> signed_anew(std::string_view pem, std::string_view key_pem, Time now);

/// What --https shows where no --cert is given: the packaged certificate for as long as it lasts, and then ones that
/// are signed with its key, kept in memory only. One thread at a time.
class DevelopmentCertificate {
 public:
  /// PEM texts, which must outlive it.
  DevelopmentCertificate(std::string_view packaged, std::string_view key) : packaged_(packaged), key_(key) {}

  struct Shown {
    std::string_view pem;  ///< until the next call
    bool fresh = false;    ///< signed by this call
  };
  /// The one to be shown from `now` on. The packaged one, too, where none can be signed.
  Shown at(Time now);

  /// What at() gave last doesn't last any more, so at() is to be called again. Looks once an hour, so that whoever asks
  /// every second is told once an hour at most.
  bool used_up(Time now);

 private:
  std::string_view packaged_;
  std::string_view key_;
  std::string signed_;  ///< empty: the packaged one is shown
  Time next_look_{};
};

}  // namespace martd
