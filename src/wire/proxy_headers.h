#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/fields.h"

namespace martd::wire {

/// What a proxy takes off, keeps, changes and adds on the way of a message (RFC 9110, sections 7.6 and 7.8). What no
/// rule names is passed on byte for byte, names in the case and lines in the order in which they came.
///
/// The lines are appended to `out`, each with its CR LF, without the empty line: what the caller adds for its own hop
/// (`Transfer-Encoding: chunked` where it sends chunks) comes after them. Values must be free of CR, LF and NUL, as
/// check_request_head sees to it.

/// What is known of a request beyond its lines.
struct RequestHop {
  std::string_view client;           ///< the connection's peer as text, `192.0.2.1` or `2001:db8::1`
  bool trusted = false;              ///< the peer is a --trusted-proxy: what it says of those before it is kept
  bool tls = false;                  ///< the client came by https
  std::string_view version = "1.1";  ///< the client's, for Via
  std::string_view via = "martd";    ///< what this server calls itself there
  std::string_view host;             ///< what the request is for: Host, or the authority of an absolute target
  std::string_view upstream;         ///< `host[:port]` of the upstream, for a request that names no host
  bool upstream_host = false;        ///< Host becomes `upstream` (--upstream-host)
  std::string_view upgrade;          ///< what asked_upgrade() found; empty: the request is forwarded without one
  std::string_view publish_secret;   ///< taken out where it is brought; empty: there is none
  std::string_view admin_token;      ///< likewise
  bool forwarded = false;            ///< add Forwarded (RFC 7239), too (--forwarded)
  std::optional<std::uint64_t> max_forwards{};  ///< what is left of it for those behind; nothing: it is passed on
};

/// Off: the fields of the hop (Connection, all that it names, Keep-Alive, Proxy-Connection, TE, Trailer,
/// Transfer-Encoding, Upgrade, HTTP2-Settings, Proxy-Authenticate, Proxy-Authorization), `Martd-Channels`; where no
/// trusted proxy sent them, `Forwarded`, `X-Forwarded-Port`, `-Prefix`, `-Server`, `-Ssl` and `-Scheme`, `X-Real-IP`
/// and `Proxy` (a site that believes our X-Forwarded-Proto believes those, too); the cookies `martd_secret` and
/// `martd_admin`, `Authorization: Bearer` with the publish secret or the admin token. Changed: `X-Forwarded-For` and
/// `Via` get one more element, `X-Forwarded-Proto` and `-Host` are set (kept where a trusted proxy sent them), `Host`
/// by the rule above, `Max-Forwards` where it counts.
///
/// A name that becomes one of these when `_` is read as `-` is off as well: many sites (CGI and what follows its
/// naming) can't tell the two, and would take `X_Forwarded_Proto` for ours.
///
/// Host, Content-Length and the forwarding fields stay even if Connection names them: else a client could take away
/// what the upstream relies on.
void append_request_headers(std::span<const Field> fields, const RequestHop& hop, std::string& out);

/// What is known of a response beyond its lines.
struct ResponseHop {
  int status = 200;
  std::string_view version = "1.1";  ///< the upstream's, for Via
  std::string_view connection{};     ///< for the client's hop: `close`, `keep-alive`, or empty for no Connection line
  bool by_channels = false;          ///< another Martd-Channels would bring another answer: Vary says so
};

/// Off: the fields of the hop as above, `Martd-Publish`, `Martd-Payload`, `Martd-Cursor`. `Via` gets one more element,
/// by the same name in each run; so does `Vary` where it has to say more, unless it says `*`.
/// 101 and 426 keep their `Upgrade`, with the `Connection` that it needs.
void append_response_headers(std::span<const Field> fields, const ResponseHop& hop, std::string& out);

/// `websocket`, as the request spells it, where it is among the protocols that it wants to switch to; else empty, as
/// for HTTP/1.0 and where Connection does not name `upgrade`. No other is ever asked of the upstream: a tunnel of
/// `h2c`, of `TLS/1.0` or of what a site makes up would carry requests that none of these rules has seen.
std::string_view asked_upgrade(std::span<const Field> fields, std::string_view version);

/// Whether any Connection line names `option` (`close`, `keep-alive`), without regard to case.
bool connection_names(std::span<const Field> fields, std::string_view option);

}  // namespace martd::wire
