#pragma once

#include "push/batch.h"

namespace martd::follow {

/// A whole answer, head and body, for a long-poll of this channel alone whose outlet is plain().
const push::Form& poll_answer();
/// Its channel's part of a long-poll's body.
const push::Form& poll_part();

}  // namespace martd::follow
