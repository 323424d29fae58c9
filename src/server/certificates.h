#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "net/tls_context.h"
#include "options/options.h"
#include "process/file_watch.h"
#include "server/development_certificate.h"

namespace martd {

using TlsPtr = std::shared_ptr<const net::TlsContext>;

/// The certificates of --https: read from their files at the start, at a reload, and when the files have changed.
/// One thread at a time.
class Certificates {
 public:
  /// `clock` must outlive it, and every context that it made.
  explicit Certificates(const net::Clock& clock);

  /// Reads the files that `options` names; without any, the development certificate. The error names the option and the
  /// file, and no key. Sessions of earlier contexts can be resumed with the new one.
  std::variant<TlsPtr, std::string> read(const Options& options);

  /// What is to be said of the certificates that were read last; empty: nothing.
  const std::string& note() const { return note_; }
  /// A warning: why OpenSSL seals the records of connections though `--tls-records own` is set; empty: nothing.
  const std::string& warning() const { return warning_; }

  /// Whether they are to be read again: the files changed since they were last read, or tried to be, and have come to
  /// rest (two looks in a row found them alike), or the development certificate is used up. Once for each change. To be
  /// called at an interval.
  bool changed();

 private:
  net::RecordsBy records(const Options& options);

  std::shared_ptr<net::TlsShared> shared_;
  DevelopmentCertificate development_;
  bool files_ = false;  ///< they are from files: nothing of the development certificate counts
  FileWatch watch_;
  std::string note_;
  std::optional<std::string> checked_;  ///< net::check_records(), once it was needed
  std::string warning_;
};

}  // namespace martd
