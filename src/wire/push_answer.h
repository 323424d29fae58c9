#pragma once

#include <string>

#include "base/refusal.h"
#include "push/push_job.h"

namespace martd::wire {

/// The body of the answer to a push or a clear, JSON with its line end; or why it was refused, as explain() says it.
Result<std::string> push_answer_body(const push::PushAnswer& answer);

/// A refused push as an answer says it: its status, and a sentence without a key.
Refusal explain(const push::PushRefusal& refusal);

}  // namespace martd::wire
