#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "client/exchange.h"
#include "client/site.h"
#include "follow/outlet.h"
#include "forward/settings.h"
#include "wire/fields.h"
#include "wire/request_head.h"

namespace martd::forward {

/// What a client's request is on its way to the site.
struct SiteOrder {
  const wire::RequestHead& head;
  std::span<const wire::Field> lines;           ///< in place of the head's own
  std::string_view upgrade;                     ///< what wire::asked_upgrade() found; empty: none is asked for
  std::optional<std::uint64_t> max_forwards{};  ///< what is left of it for those behind
};

/// The order for the client of the site: lines by the table of wire/proxy_headers.h, the body framed as the client
/// frames it. `outlet` says who asks. Views of `order` are read, and not kept.
client::Order order_for(const SiteOrder& order, const follow::Outlet& outlet, const Settings& settings,
                        const client::Site& site);

}  // namespace martd::forward
