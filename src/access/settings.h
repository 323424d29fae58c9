#pragma once

#include <string>

#include "wire/address.h"
#include "wire/known_hosts.h"
#include "wire/origin.h"

namespace martd::access {

/// By what it is decided who asks and what may be done. A value.
struct Settings {
  wire::AddressSet publish_from;     ///< peers that may push without more
  wire::AddressSet trusted_proxies;  ///< whose word counts about who asks
  wire::OriginList origins;          ///< foreign pages that may use /pub and /sub
  wire::KnownHosts hosts;            ///< of --host, of the listeners and of the origins
  std::string publish_secret;        ///< whoever brings it may push; empty: none
};

}  // namespace martd::access
