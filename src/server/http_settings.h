#pragma once

#include <cstddef>
#include <cstdint>

#include "http/settings.h"
#include "options/options.h"

namespace martd {

/// What the public side does by these options. `https_port`: of the first https listener; 0: there is none.
http::Settings http_settings(const Options& options, std::size_t max_connections, std::uint16_t https_port);

}  // namespace martd
