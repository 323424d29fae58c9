#pragma once

#include <optional>
#include <string>

#include "client/endpoints.h"
#include "options/options.h"

namespace martd {

/// Whether the site behind is one of this server's own listeners, the admin's among them: each request for it would
/// come back here, and never to an end. The line that says so (exit code 2), or nothing.
///
/// Names are looked up, which blocks, but only where a listener has the site's port; a name that leads elsewhere
/// meanwhile, or a site that leads back by other ways, is found by its requests (wire/via.h). A listener on port 0
/// isn't looked at: nobody could have named it.
std::optional<std::string> site_is_own_listener(const Options& options,
                                                client::Endpoints::LookUp look_up = client::look_up);

}  // namespace martd
