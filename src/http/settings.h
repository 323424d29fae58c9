#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "forward/settings.h"
#include "http/access_log.h"

namespace martd::http {

/// What the public listeners go by. Immutable once in use; a reload hands every loop a new one.
struct Settings : forward::Settings {
  std::string prefix;         ///< of /sub, /pub and /client.js: empty, or `/PATH` without a slash at its end
  bool has_upstream = false;  ///< other paths are the site's; without one `/` is the page of the program

  std::size_t max_bodies = std::size_t{256} << 20;  ///< bytes of all bodies that are still coming
  std::size_t max_connections = 10000;              ///< of all public listeners together
  Duration header_timeout = std::chrono::seconds{10};

  AccessLog access_log;             ///< empty: none
  std::uint16_t redirect_port = 0;  ///< plain requests are sent to https there; 0: they are answered
  std::string hsts;                 ///< a header line of all answers by https, with its CR LF; empty: none
};

}  // namespace martd::http
