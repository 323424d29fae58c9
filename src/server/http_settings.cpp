#include "server/http_settings.h"

#include <algorithm>

#include "http/https.h"
#include "server/access_lines.h"

namespace martd {
namespace {

void add_known_hosts(wire::KnownHosts& hosts, const Options& options) {
  // Of an address nothing more is said than every server knows.
  for (const auto* listeners : {&options.http, &options.https})
    for (const ListenAddress& listener : *listeners) hosts.add(listener.host);
  for (const std::string& host : options.access.origins.hosts()) hosts.add(host);
}

}  // namespace

http::Settings http_settings(const Options& options, std::size_t max_connections, std::uint16_t https_port) {
  http::Settings settings;
  // What the rooms below http go by is the options' as it is.
  const forward::Settings& contained = options;
  static_cast<forward::Settings&>(settings) = contained;
  add_known_hosts(settings.access.hosts, options);
  // A site may be told to be quick, and its clients still be slow.
  settings.upstream_timeouts.taking = std::max(options.upstream_timeouts.answer, settings.upstream_timeouts.taking);
  settings.prefix = options.prefix;
  settings.has_upstream = options.upstream.has_value();
  settings.max_bodies = std::max(options.max_memory / 4, options.max_payload);
  settings.max_connections = max_connections;
  settings.header_timeout = options.header_timeout;
  settings.access_log = access_log(options);
  if (options.https_redirect) settings.redirect_port = https_port;
  if (options.hsts) settings.hsts = http::strict_transport_security(*options.hsts);
  return settings;
}

}  // namespace martd
