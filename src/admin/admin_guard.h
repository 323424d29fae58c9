#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/refusal.h"

namespace martd::admin {

/// What a request says of where it comes from.
struct Caller {
  std::optional<std::string> host;    ///< Host
  std::optional<std::string> origin;  ///< Origin
  std::string authorization;          ///< Authorization; empty: none
};

/// Who may use the admin listener. Pure.
///
/// A page anywhere can make a browser on this machine send requests to loopback. What it can't do is choose the
/// headers: a page under a name of its own that it made point here (DNS rebinding) sends that name as Host, and a page
/// that is somewhere else sends its Origin. So Host must be an address, `localhost`, or the name in --admin, and an
/// Origin the same place as Host.
///
/// `own_host`: of --admin. `token`: empty: none is asked for.
std::optional<wire::Refusal> refuse(const Caller& caller, std::string_view own_host, std::string_view token);

}  // namespace martd::admin
