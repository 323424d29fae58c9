// Answers that publish: their end comes after what they publish can be seen.

#include <spdlog/spdlog.h>

#include <utility>

#include "forward/forwarding.h"

namespace martd::forward {

/// One piece of the body stays here, so that there is something left to come last.
void Forwarding::keep_back(std::string_view piece) {
  site_push_->feed(piece);
  pass(std::exchange(kept_back_, std::string(piece)));
}

/// The site has said all, and the store hasn't answered yet.
void Forwarding::keep_end_back() {
  end_waits_ = true;
  if (kept_back_.empty())
    kept_head_ = std::exchange(gate_.scratch(), {});
  else
    flush();
  store_due_ = now() + gate_.settings().upstream_timeouts.answer;
  arm();
}

void Forwarding::settled(std::uint64_t ticket, const push::PushAnswer& answer, Time) {
  if (!site_push_) return;
  site_push_->settled(ticket, answer);
  if (!publishes()) release();
}

/// A disk that hangs doesn't take the site's pages with it.
void Forwarding::give_up_store() {
  spdlog::warn("Martd-Publish of the site's: the store has not answered in time (--upstream-timeout); not waited for");
  site_push_->leave(gate_.desk());
  release();
}

/// What was kept back goes on.
void Forwarding::release() {
  const bool whole = std::exchange(end_waits_, false);
  arm();
  gate_.scratch() += std::exchange(kept_head_, {});
  if (whole) return pass_end();
  pass(std::exchange(kept_back_, {}));
  on_turn();
}

}  // namespace martd::forward
