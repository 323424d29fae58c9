#pragma once

#include <memory>
#include <string>
#include <variant>

#include "file_watch.h"
#include "net/tls_context.h"
#include "options.h"

namespace martd {

using TlsPtr = std::shared_ptr<const net::TlsContext>;

/// The certificates of --https: read from their files at the start, at a reload, and when the files have changed.
/// One thread at a time.
class Certificates {
 public:
  /// `clock` must outlive it, and every context that it made.
  explicit Certificates(const net::Clock& clock) : shared_(std::make_shared<net::TlsShared>(clock)) {}

  /// Reads the files that `options` names; without any, the development certificate. The error names the option and the
  /// file, and no key. Sessions of earlier contexts can be resumed with the new one.
  std::variant<TlsPtr, std::string> read(const Options& options);

  /// Whether the files changed since they were last read, or tried to be, and have come to rest: two looks in a row
  /// found them alike. Once for each change. To be called at an interval.
  bool changed() { return watch_.look(); }

 private:
  std::shared_ptr<net::TlsShared> shared_;
  FileWatch watch_;
};

}  // namespace martd
