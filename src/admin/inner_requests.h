#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "admin/inner_request.h"

namespace martd::admin {

/// The inner requests that are under way, so that the end need not wait for as long as they would. Thread-safe.
class InnerRequests {
 public:
  /// Takes over the descriptor. For one thread, as every InnerRequest is.
  std::shared_ptr<InnerRequest> begin(int descriptor) {
    auto request = std::make_shared<InnerRequest>(descriptor);
    const std::lock_guard lock(mutex_);
    if (cut_) request->cut();
    std::erase_if(under_way_, [](const auto& one) { return one.expired(); });
    under_way_.push_back(request);
    return request;
  }

  /// They end with what has come for them, and so do all that are begun from now on.
  void cut() {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    for (const auto& one : under_way_)
      if (const auto request = one.lock()) request->cut();
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<InnerRequest>> under_way_;  ///< and some that are over
  bool cut_ = false;
};

}  // namespace martd::admin
