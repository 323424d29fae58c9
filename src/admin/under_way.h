#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace martd::admin {

/// Keeps count of work that may last long, so that the program's end can cut it short. `One` is such work: its cut(),
/// which any thread may call, makes whoever waits in it come back. Thread-safe.
template <class One>
class UnderWay {
 public:
  /// Begins one, made of `arguments`; it is counted until it is destroyed.
  template <class... Arguments>
  std::shared_ptr<One> begin(Arguments&&... arguments) {
    auto one = std::make_shared<One>(std::forward<Arguments>(arguments)...);
    const std::lock_guard lock(mutex_);
    if (cut_) one->cut();
    std::erase_if(all_, [](const auto& other) { return other.expired(); });
    all_.push_back(one);
    return one;
  }

  /// Cuts all of them short, and all that are begun from now on.
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
