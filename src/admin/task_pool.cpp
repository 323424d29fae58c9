#include "admin/task_pool.h"

#include <system_error>
#include <utility>

namespace martd::admin {

TaskPool::Taken TaskPool::enqueue(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < most_waiting_; });
  waiting_.push_back(std::move(task));
  if (idle_ < waiting_.size() && threads_.size() < most_threads_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // No more to be had: those that are there do it, or this one.
      if (threads_.empty()) return run_here(lock);
    }
  }
  changed_.notify_all();
  return Taken(true);
}

TaskPool::Taken TaskPool::run_here(std::unique_lock<std::mutex>& lock) {
  const auto own = std::move(waiting_.back());
  waiting_.pop_back();
  lock.unlock();
  own();
  return Taken(true);
}

void TaskPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    const auto task = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    lock.unlock();
    task();
    lock.lock();
  }
}

void TaskPool::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  // Only the thread that calls this has made threads.
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace martd::admin
