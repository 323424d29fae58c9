#include "server/http_settings.h"

#include <algorithm>

#include "http/https.h"
#include "server/access_lines.h"

namespace martd {
namespace {

wire::KnownHosts known_hosts(const Options& options) {
  wire::KnownHosts hosts = options.host;
  // Of an address nothing more is said than every server knows.
  for (const auto* listeners : {&options.http, &options.https})
    for (const ListenAddress& listener : *listeners) hosts.add(listener.host);
  for (const std::string& host : options.origin.hosts()) hosts.add(host);
  return hosts;
}

}  // namespace

http::Settings http_settings(const Options& options, std::size_t max_connections, std::uint16_t https_port) {
  http::Settings settings;
  settings.prefix = options.prefix;
  settings.has_upstream = options.upstream.has_value();
  settings.upstream_host = options.upstream_host;
  settings.forwarded = options.forwarded;
  settings.upstream_publishes = options.upstream_publishes;
  settings.snapshot = options.snapshot;
  settings.inject = options.inject;
  settings.upstream_timeouts.connect = options.upstream_connect_timeout;
  settings.upstream_timeouts.answer = options.upstream_timeout;
  // A site may be told to be quick, and its clients still be slow.
  settings.upstream_timeouts.taking = std::max(options.upstream_timeout, settings.upstream_timeouts.taking);
  settings.publish.max_size = options.max_size;
  settings.publish.max_life = options.max_life;
  settings.publish.max_channels = options.max_channels;
  settings.subscribe.max_channels = options.max_channels;
  settings.subscribe.max_wait = options.max_wait;
  settings.max_payload = options.max_payload;
  settings.max_bodies = std::max(options.max_memory / 4, options.max_payload);
  settings.max_behind = options.max_behind;
  settings.max_connections = max_connections;
  settings.heartbeat = options.heartbeat;
  settings.header_timeout = options.header_timeout;
  settings.access.publish_from = options.publish_from;
  settings.access.trusted_proxies = options.trusted_proxy;
  settings.access.origins = options.origin;
  settings.access.hosts = known_hosts(options);
  settings.access.publish_secret = options.publish_secret;
  settings.admin_token = options.admin_token;
  settings.access_log = access_log(options);
  if (options.https_redirect) settings.redirect_port = https_port;
  if (options.hsts) settings.hsts = http::strict_transport_security(*options.hsts);
  return settings;
}

}  // namespace martd
