#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace martd::admin {

/// The threads that answer, made as they are needed: an admin listener that nobody uses has none. Where all are busy,
/// connections wait, and past a bound the accepting thread does, so that the rest waits in the kernel.
class TaskPool final : public httplib::TaskQueue {
 public:
  TaskPool(std::size_t most_threads, std::size_t most_waiting)
      : most_threads_(most_threads), most_waiting_(most_waiting) {}
  ~TaskPool() override = default;

  /// cpp-httplib's own is void, and bool from 0.15 on: whether it was taken, which here it always is.
  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));
  Taken enqueue(std::function<void()> task) override;
  /// Runs what waits, and returns when the last thread has ended.
  void shutdown() override;

 private:
  void work();
  Taken run_here(std::unique_lock<std::mutex>& lock);

  std::size_t most_threads_;
  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace martd::admin
