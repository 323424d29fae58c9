#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "access/settings.h"
#include "client/timeouts.h"
#include "follow/settings.h"
#include "wire/publish_request.h"
#include "wire/subscribe_request.h"

namespace martd::forward {

/// What requests for the site go by. Immutable once in use.
struct Settings : follow::Settings {
  std::string via = "martd";          ///< what this server calls itself in Via; another in each run (wire/via.h)
  bool upstream_publishes = false;    ///< an answer's Martd-Publish is followed
  std::vector<std::string> snapshot;  ///< channels whose positions every page is told
  bool upstream_host = false;         ///< Host becomes the site's own
  bool forwarded = false;             ///< the site is told who asks by Forwarded, too
  bool inject = false;                ///< the site's pages get the script tag
  client::Timeouts upstream_timeouts;

  wire::PublishLimits publish;
  wire::SubscribeLimits subscribe;
  std::size_t max_payload = std::size_t{1} << 20;  ///< bytes of one message

  martd::access::Settings access;
  std::string admin_token;  ///< the admin listener's; only so that it never goes to the site. Empty: none
};

}  // namespace martd::forward
