#include "wire/origin.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "wire/host.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

struct Origin {
  std::string scheme;  // lower case
  std::string host;    // canonical
  std::optional<std::uint16_t> port;

  /// One text for equal origins.
  std::string text() const { return scheme + "://" + host + (port ? ":" + std::to_string(*port) : ""); }
};

std::optional<std::uint16_t> default_port(std::string_view scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  return std::nullopt;
}

bool valid_scheme(std::string_view scheme) {
  if (scheme.empty() || scheme[0] < 'a' || scheme[0] > 'z') return false;
  return scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string_view::npos;
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Origin origin;
  origin.scheme = canonical_host(text.substr(0, colon));  // lower case
  const auto host = parse_host(text.substr(colon + 3));
  if (!valid_scheme(origin.scheme) || !host) return std::nullopt;
  origin.host = canonical_host(host->host);
  origin.port = host->port ? host->port : default_port(origin.scheme);
  return origin;
}

}  // namespace

bool foreign_origin(std::string_view origin, std::string_view host) {
  const auto from = parse_origin(origin);
  const auto site = parse_host(host);
  if (!from || !site) return true;
  // A scheme that this server doesn't speak (an app's, an extension's) is nobody's site, whatever host it claims.
  const auto default_of_scheme = default_port(from->scheme);
  if (!default_of_scheme) return true;
  return from->host != canonical_host(site->host) || from->port != (site->port ? site->port : default_of_scheme);
}

Result<OriginList> OriginList::parse(std::string_view text) {
  OriginList list;
  while (!text.empty()) {
    const std::string_view piece = next_element(text);
    if (piece.empty()) continue;
    if (piece == "*") {
      list.any_ = true;
    } else if (const auto origin = parse_origin(piece)) {
      list.origins_.push_back(origin->text());
    } else {
      return bad_request("not an origin: " + shown(piece) + " (taken: scheme://host[:port] without a path, or *)");
    }
  }
  return list;
}

std::vector<std::string> OriginList::hosts() const {
  std::vector<std::string> hosts;
  for (const std::string& origin : origins_)
    if (const auto parsed = parse_origin(origin)) hosts.push_back(parsed->host);
  return hosts;
}

bool OriginList::names(std::string_view origin) const {
  if (origins_.empty()) return false;
  const auto parsed = parse_origin(origin);
  return parsed && std::find(origins_.begin(), origins_.end(), parsed->text()) != origins_.end();
}

}  // namespace martd::wire
