// Pages on their way back that may get the script tag.

#include "forward/forwarding.h"

namespace martd::forward {

/// As much of the page as there is room for, and not so much at once that others have to wait.
void Forwarding::pass_page() {
  constexpr int kMostSteps = 32;
  std::string part;
  for (int step = 0; page_ && page_->waiting(); ++step) {
    flush();
    if (!holding_) return;
    const bool full = outlet_.queued() > kMostUnsent;
    if (full || step == kMostSteps) {
      if (exchange_) exchange_->pause();
      if (!full) outlet_.call_later();
      return;
    }
    part.clear();
    const PageAnswer::Status status = page_->step(part);
    pass_part(status, part);
  }
  if (site_ended_ && holding_) end_page();
}

void Forwarding::pass_part(PageAnswer::Status status, std::string_view part) {
  if (stage_ == Stage::asking && page_->decided()) {
    begin_answer(page_->injected() ? with_tag_ : as_it_came_);
    as_it_came_ = with_tag_ = {};
  }
  append_body(part);
  if (status == PageAnswer::Status::corrupt) return broken();
  if (page_->passes()) page_.reset();
}

void Forwarding::end_page() {
  if (page_) {
    std::string part;
    const PageAnswer::Status status = page_->finish(part);
    pass_part(status, part);
    if (status == PageAnswer::Status::corrupt) return;
  }
  end_answer();
}

/// Goes on with a page that had to wait for its turn; or with nothing, where what was left of the request is read away.
void Forwarding::catch_up(Time) {
  if (stage_ == Stage::draining) {
    if (body_.done()) done();
    return;
  }
  on_writable();
}

}  // namespace martd::forward
