#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "access/settings.h"
#include "base/time.h"
#include "client/timeouts.h"
#include "http/access_log.h"
#include "wire/publish_request.h"
#include "wire/subscribe_request.h"

namespace martd::http {

/// What the public listeners go by. Immutable once in use; a reload hands every loop a new one.
struct Settings {
  std::string prefix;         ///< of /sub, /pub and /client.js: empty, or `/PATH` without a slash at its end
  bool has_upstream = false;  ///< other paths are the site's; without one `/` is the page of the program
  std::string via = "martd";  ///< what this server calls itself in Via; another in each run (wire/via.h)

  bool upstream_publishes = false;    ///< an answer's Martd-Publish is followed
  std::vector<std::string> snapshot;  ///< channels whose place every page is told
  bool upstream_host = false;         ///< Host becomes the site's own
  bool forwarded = false;             ///< the site is told who asks by Forwarded, too
  bool inject = false;                ///< the site's pages get the script tag
  client::Timeouts upstream_timeouts;

  wire::PublishLimits publish;
  wire::SubscribeLimits subscribe;
  std::size_t max_payload = std::size_t{1} << 20;   ///< bytes of one message
  std::size_t max_bodies = std::size_t{256} << 20;  ///< bytes of all bodies that are still coming
  std::size_t max_behind = std::size_t{256} << 10;  ///< bytes in one stream's outbox
  std::size_t max_connections = 10000;              ///< of all public listeners together

  Duration heartbeat = std::chrono::seconds{15};
  Duration header_timeout = std::chrono::seconds{10};

  /// A peer that gives no sign of life for so long is gone, in bytes that it doesn't acknowledge or by not answering.
  Duration peer_silence() const { return 2 * heartbeat + std::chrono::seconds{15}; }
  /// A stream whose peer takes nothing of what waits for so long is ended.
  Duration stall() const { return 4 * heartbeat; }

  martd::access::Settings access;
  std::string admin_token;  ///< the admin listener's; only so that it never goes to the site. Empty: none

  AccessLog access_log;             ///< empty: none
  std::uint16_t redirect_port = 0;  ///< plain requests are sent to https there; 0: they are answered
  std::string hsts;                 ///< a header line of all answers by https, with its CR LF; empty: none
};

}  // namespace martd::http
