#pragma once

#include "follow/format.h"

namespace martd::follow {

/// Events of the WHATWG HTML standard, section 9.2.
const Format& events();
/// The same with `.format=json`.
const Format& json_events();
/// A JSON object a line (application/x-ndjson).
const Format& lines();

}  // namespace martd::follow
