#include "pages/script_url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <cstdint>
#include <optional>

#include "wire/host.h"

namespace martd::pages {
namespace {

namespace urls = boost::urls;

/// An attribute's value: the references decoded that templates write for what may stand in a path.
std::string decoded(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const std::size_t plain = value.find('&');
    out.append(value.substr(0, plain));
    if (plain == value.npos) break;
    value.remove_prefix(plain);
    const auto end = value.find(';');
    const std::string_view reference = value.substr(0, end);
    char c = 0;
    if (reference == "&amp") c = '&';
    if (reference == "&sol") c = '/';
    if (reference == "&period") c = '.';
    if (reference.starts_with("&#") && reference.size() <= 8) {
      const bool hex = reference.size() > 2 && (reference[2] | 32) == 'x';
      unsigned code = 0;
      for (const char digit : reference.substr(hex ? 3 : 2)) {
        const char low = static_cast<char>(digit | 32);
        if (digit >= '0' && digit <= '9')
          code = code * (hex ? 16 : 10) + static_cast<unsigned>(digit - '0');
        else if (hex && low >= 'a' && low <= 'f')
          code = code * 16 + static_cast<unsigned>(low - 'a' + 10);
        else
          code = 0x10000;
        if (code >= 0x80) break;
      }
      if (code > 0 && code < 0x80) c = static_cast<char>(code);
    }
    if (c != 0 && end != value.npos) {
      out += c;
      value.remove_prefix(end + 1);
    } else {
      out += '&';
      value.remove_prefix(1);
    }
  }
  // The URL standard takes white space off the ends, and line breaks and tabs everywhere.
  std::string url;
  for (const char c : out)
    if (c != '\t' && c != '\n' && c != '\r') url += c;
  const auto begin = url.find_first_not_of(" \f");
  if (begin == url.npos) return {};
  return url.substr(begin, url.find_last_not_of(" \f") - begin + 1);
}

std::optional<urls::url> resolved(const urls::url_view& base, std::string_view reference) {
  const auto parsed = urls::parse_uri_reference(reference);
  if (!parsed) return std::nullopt;
  urls::url url;
  if (!urls::resolve(base, *parsed, url)) return std::nullopt;
  url.normalize_scheme();
  url.normalize_path();
  return url;
}

/// Of the page, one doesn't know here whether it came by http or https.
bool same_host(const urls::url_view& url, std::string_view host) {
  const auto ours = wire::parse_host(host);
  if (!ours) return false;
  const std::string theirs_text(url.encoded_host_and_port());
  const auto theirs = wire::parse_host(theirs_text);
  if (!theirs || wire::canonical_host(theirs->host) != wire::canonical_host(ours->host)) return false;
  const std::uint16_t default_port = url.scheme() == "https" ? 443 : 80;
  if (ours->port == theirs->port || !ours->port) return ours->port == theirs->port || theirs->port == default_port;
  return theirs->port.value_or(default_port) == *ours->port || (!theirs->port && *ours->port == 443);
}

}  // namespace

bool leads_to(std::string_view src, std::string_view path, const PagePlace& page) {
  const std::string reference = decoded(src);
  if (reference.empty()) return false;
  const std::string own = "http://" + std::string(page.host.empty() ? "page.invalid" : page.host);
  // Where the path is no URL's, what is relative to it can't be told; the rest can.
  const std::string whole = own + std::string(page.path);
  const std::string root = own + "/";
  auto parsed = urls::parse_uri(whole);
  if (!parsed || page.path.empty()) parsed = urls::parse_uri(root);
  if (!parsed) return false;
  urls::url place(*parsed);
  if (!page.base.empty())
    if (const auto moved = resolved(place, decoded(page.base))) place = *moved;
  const auto url = resolved(place, reference);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || std::string_view(url->encoded_path()) != path)
    return false;
  return page.host.empty() ? url->encoded_host() == "page.invalid" : same_host(*url, page.host);
}

}  // namespace martd::pages
