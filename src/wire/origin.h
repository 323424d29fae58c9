#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/refusal.h"

namespace martd::wire {

/// Whether `origin` (RFC 6454, as a browser sends it) is not the site of `host` (the Host header): host and port must
/// be the same, a left out port being the default one of the origin's scheme. `null` and what can't be read is foreign.
bool foreign_origin(std::string_view origin, std::string_view host);

/// The origins of `--origin`: `https://a.example,https://b.example:8443` or `*`.
class OriginList {
 public:
  /// The error names the piece that is not an origin (`scheme://host[:port]`, no path).
  static Result<OriginList> parse(std::string_view text);
  bool any() const { return any_; }
  /// Named one by one (not through `*`). Scheme and host without regard to case, default port the same as none.
  bool names(std::string_view origin) const;
  /// The hosts of those that are named one by one, canonical and without their ports.
  std::vector<std::string> hosts() const;

 private:
  bool any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace martd::wire
