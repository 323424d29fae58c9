#include "client/site.h"

#include "base/ascii.h"
#include "wire/host.h"

namespace martd::client {
namespace {

/// A socket's path has to fit into sockaddr_un.
constexpr std::size_t kLongestPath = 107;

Refusal refused(std::string_view url) {
  // What is no URL may be a secret that lost its option; with an @ there may be a password in it.
  const bool harmless = url.find("://") != url.npos && url.find('@') == url.npos;
  return bad_request("not the address of a site" + (harmless ? ": " + std::string(url) : std::string()) +
                     " (taken: http://HOST[:PORT], https://HOST[:PORT], without a path, or unix:/PATH)");
}

}  // namespace

Result<Site> Site::parse(std::string_view url) {
  Site site;
  if (url.starts_with("unix:")) {
    site.socket_path = url.substr(5);
    if (!site.socket_path.starts_with('/') || site.socket_path.size() > kLongestPath ||
        site.socket_path.find('\0') != std::string::npos)
      return bad_request("not the address of a site: " + std::string(url.substr(0, 200)) +
                         " (taken: unix:/PATH, absolute, at most 107 bytes)");
    site.authority = "localhost";
    site.url = url;
    return site;
  }
  std::string_view rest = url;
  if (iequals(rest.substr(0, 8), "https://")) {
    site.tls = true;
    rest.remove_prefix(8);
  } else if (iequals(rest.substr(0, 7), "http://")) {
    rest.remove_prefix(7);
  } else {
    return refused(url);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto place = wire::parse_host(rest);
  if (!place || place->host.empty() || (place->port && *place->port == 0)) return refused(url);
  site.host = place->host;
  if (site.host.starts_with('[')) site.host = site.host.substr(1, site.host.size() - 2);
  const std::uint16_t usual = site.tls ? 443 : 80;
  site.port = place->port.value_or(usual);
  site.authority = place->host;
  if (site.port != usual) site.authority += ':' + std::to_string(site.port);
  site.url = (site.tls ? "https://" : "http://") + site.authority;
  return site;
}

}  // namespace martd::client
