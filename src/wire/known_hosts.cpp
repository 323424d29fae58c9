#include "wire/known_hosts.h"

#include <algorithm>

#include "base/ascii.h"
#include "wire/address.h"
#include "wire/host.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

std::string canonical(std::string_view host) {
  std::string name = canonical_host(host);
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  return name;
}

bool needs_no_name_server(std::string_view name) {
  constexpr std::string_view kLocal = ".localhost";
  return name.starts_with('[') || parse_address(name) || name == kLocal.substr(1) ||
         (name.size() > kLocal.size() && name.ends_with(kLocal));
}

}  // namespace

Result<KnownHosts> KnownHosts::parse(std::string_view text) {
  KnownHosts hosts;
  while (!text.empty()) {
    const std::string_view piece = next_element(text);
    if (piece.empty()) continue;
    const auto host = parse_host(piece);
    // Not one with a port either: it would look as if the port counted.
    if (!host || host->host.size() != piece.size())
      return bad_request("not a name: " + shown(piece) + " (taken: NAME,... as a browser asks for it, without a port)");
    hosts.add(piece);
    hosts.only_ = true;
  }
  if (!hosts.only_) return bad_request("no name (taken: NAME,... as a browser asks for it, without a port)");
  return hosts;
}

void KnownHosts::add(std::string_view host) { names_.push_back(canonical(host)); }

bool KnownHosts::knows(std::string_view host) const {
  const auto parsed = parse_host(host);
  if (!parsed) return false;
  const std::string name = canonical(parsed->host);
  return needs_no_name_server(name) || std::find(names_.begin(), names_.end(), name) != names_.end();
}

}  // namespace martd::wire
