#include "forward/gate.h"

#include <spdlog/spdlog.h>

namespace martd::forward {

void Gate::note_failure(client::Failure failure, std::string_view why) {
  constexpr Duration kQuiet = std::chrono::seconds{1};
  counters_.proxy_failures[static_cast<std::size_t>(failure)].add();
  const Time now = desk_.loop().now();
  if (now - failure_told_ < kQuiet) return;
  failure_told_ = now;
  spdlog::warn("upstream {}: {}{}{}", pool_->site().url, client::row(failure).name, why.empty() ? "" : ": ", why);
}

}  // namespace martd::forward
