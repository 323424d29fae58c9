#include "base/ascii.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/host.h"
#include "wire/origin.h"

using namespace martd;
using fuzz::hold;

/// The first line is an origin or a list of them, the second a host.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  const std::string_view origin = fuzz::take(rest);
  const std::string_view host = fuzz::take(rest);

  if (!wire::foreign_origin(origin, host)) {
    hold(iequals(origin.substr(0, 7), "http://") || iequals(origin.substr(0, 8), "https://"),
         "only a scheme of this server's is its own");
    const auto site = wire::parse_host(host);
    const auto from = wire::parse_host(origin.substr(origin.find("://") + 3));
    hold(site && from && wire::canonical_host(site->host) == wire::canonical_host(from->host), "the same host");
  }
  if (const auto site = wire::parse_host(host)) {
    hold(!wire::foreign_origin("http://" + std::string(host), host), "a site is its own");
    hold(wire::foreign_origin("https://" + std::string(site->host), std::string(site->host) + ":80"),
         "another port is foreign");
    const auto list = wire::OriginList::parse("HTTPS://" + std::string(host));
    hold(list && list->names("https://" + std::string(host)), "what is listed is named");
  }
  const auto list = wire::OriginList::parse(origin);
  if (list) {
    for (const std::string_view piece : fuzz::split(origin, ','))
      hold(!list->names(piece) || piece.find("://") != std::string_view::npos, "only an origin is named");
  } else {
    hold(is_utf8(list.error().message) && list.error().message.size() < 400, "a short message");
  }
  return 0;
}
