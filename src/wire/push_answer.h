#pragma once

#include <span>
#include <string>

#include "base/refusal.h"
#include "push/push_job.h"

namespace martd::wire {

/// The body of the answer to a push or a clear, JSON with its line end; or why it was refused, as explain() says it.
/// `channels`: those of the push, in the order of the receipts.
Result<std::string> push_answer_body(std::span<const std::string> channels,
                                     const push::PushResult<push::Receipts>& receipts);
Result<std::string> push_answer_body(const push::PushResult<push::Cleared>& cleared);
Result<std::string> push_answer_body(const push::PushAnswer& answer);

/// A refused push as an answer says it: its status, and a sentence without a key.
Refusal explain(const push::PushRefusal& refusal);

}  // namespace martd::wire
