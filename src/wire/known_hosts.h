#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/refusal.h"

namespace martd::wire {

/// The names for which requests are meant for this server. Whoever owns a name may point it at any address, this
/// machine's as well, and a browser then takes his pages for this server's own: an address that may push proves nothing
/// where the name isn't one of these (DNS rebinding).
///
/// Known without being named: every address, `localhost` and what ends in `.localhost` (RFC 6761 section 6.3), as no
/// stranger's name server is asked for them. A value; compared without regard to case, port, and one dot at the end.
class KnownHosts {
 public:
  /// `--host`: names separated by commas, one at least. The error names the piece that is none (`NAME`, no port, no
  /// `*`).
  static Result<KnownHosts> parse(std::string_view text);

  /// Another name, as a listener or an origin has it.
  void add(std::string_view host);
  /// They were said with --host: requests for all other names are for somebody else.
  bool only() const { return only_; }
  /// `host`: the value of a Host header, or an authority. What is empty or can't be read isn't known.
  bool knows(std::string_view host) const;

 private:
  bool only_ = false;
  std::vector<std::string> names_;  ///< canonical
};

}  // namespace martd::wire
