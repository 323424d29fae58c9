#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/settings.h"
#include "wire/answer.h"
#include "wire/request.h"

namespace martd::http {

/// Where a plain request is sent with --https-redirect: the same host, path and query, by https and at `port` (which is
/// left out where it is 443). `host` is the Host header. Nothing where it is missing or can't be one.
std::optional<std::string> https_location(std::string_view host, std::string_view path, std::string_view query,
                                          std::uint16_t port);

/// The header line of --hsts, with its CR LF (RFC 6797 section 6.1), in whole seconds.
std::string strict_transport_security(Duration life);

/// Whether plain requests are sent to https, and this one is plain.
inline bool redirects(const Settings& settings, bool secure) { return settings.redirect_port != 0 && !secure; }

/// Of those, whether this one is. Not where its client came by https to a proxy before this server: it would come back
/// the same way, for ever. Nor where a redirect is of no use: to a page's preflight, as a browser takes none for one,
/// to a look at the server itself, and to a look that names no host to be sent to, as HAProxy's does.
bool is_redirected(const wire::Request& request, const Settings& settings);
inline bool redirects(const wire::Request& request, const Settings& settings, bool secure) {
  return redirects(settings, secure) && is_redirected(request, settings);
}

/// Appends the answer that sends it there, with the same path and query, and returns its status. 308 and not 301: a
/// push stays a push (RFC 9110 section 15.4.9). 400 where it says no host.
int append_redirect(std::string& out, const wire::Request& request, const Settings& settings,
                    const wire::AnswerContext& context, Time now);

}  // namespace martd::http
