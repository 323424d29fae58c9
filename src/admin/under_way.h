#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace martd::admin {

/// What is under way and may last, so that the end need not wait for as long as it would. `One` has a cut() that makes
/// whoever waits in it come back, and that any thread may call. Thread-safe.
template <class One>
class UnderWay {
 public:
  /// Made of `arguments`, and under way until it is let go of.
  template <class... Arguments>
  std::shared_ptr<One> begin(Arguments&&... arguments) {
    auto one = std::make_shared<One>(std::forward<Arguments>(arguments)...);
    const std::lock_guard lock(mutex_);
    if (cut_) one->cut();
    std::erase_if(all_, [](const auto& other) { return other.expired(); });
    all_.push_back(one);
    return one;
  }

  /// All of them, and all that are begun from now on.
  void cut() {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    for (const auto& kept : all_)
      if (const auto one = kept.lock()) one->cut();
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<One>> all_;  ///< and some that are over
  bool cut_ = false;
};

}  // namespace martd::admin
