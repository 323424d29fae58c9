#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/refusal.h"

namespace martd::admin {

/// What a request says of where it comes from.
struct Caller {
  std::optional<std::string> host;    ///< Host
  std::optional<std::string> origin;  ///< Origin
  std::string authorization;          ///< Authorization; empty: none
  std::string fetch_site;             ///< Sec-Fetch-Site; empty: none
  std::string fetch_mode;             ///< Sec-Fetch-Mode
};

/// Whether a request comes from a place that may use the admin listener. Pure.
///
/// A page anywhere can make a browser on this machine send requests to loopback. What it can't do is choose the
/// headers: a page under a name of its own that it made point here (DNS rebinding) sends that name as Host, and a page
/// that is somewhere else sends its Origin, or where it sends none (an image, a script) Sec-Fetch-Site. So Host must be
/// an address, `localhost`, or the name in --admin; an Origin the same place as Host; and from another site only a
/// person may come, by a link.
///
/// `own_host`: of --admin.
std::optional<Refusal> refuse_place(const Caller& caller, std::string_view own_host);

/// Whether it has shown the token, as Bearer or, `logged_in`, by a login of its browser. `token`: empty: none is asked
/// for. Pure.
std::optional<Refusal> refuse_stranger(const Caller& caller, std::string_view token, bool logged_in);

}  // namespace martd::admin
