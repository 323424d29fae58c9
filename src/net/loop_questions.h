#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "net/loop.h"

namespace martd::net {

/// Asks every loop something that only its own thread may look at, and waits for the answers, but not for long: a loop
/// that is busy is left out. Any thread, several at once.
class LoopQuestions {
 public:
  /// The loops must outlive this; what was asked of them may be answered after this is gone.
  explicit LoopQuestions(std::vector<Loop*> loops) : loops_(std::move(loops)), unanswered_(std::make_shared<Counts>()) {
    for (std::size_t i = 0; i < loops_.size(); ++i) unanswered_->emplace_back(std::make_unique<std::atomic<int>>(0));
  }

  /// Questions that wait for one loop; beyond, it isn't asked, so that a loop that hangs gathers no more of them.
  static constexpr int kMostUnanswered = 16;

  /// `question(index)` runs on each loop; what it needs, it has to own. The answers are by loop, with nothing for those
  /// that didn't come within `patience`.
  template <class Answer, class Question>
  std::vector<std::optional<Answer>> ask(Question question, std::chrono::milliseconds patience) {
    struct State {
      std::mutex mutex;
      std::condition_variable come;
      std::vector<std::optional<Answer>> answers;
      std::size_t left = 0;
    };
    const auto state = std::make_shared<State>();
    state->answers.resize(loops_.size());
    state->left = loops_.size();
    std::size_t passed_over = 0;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      if ((*unanswered_)[i]->fetch_add(1) >= kMostUnanswered) {
        (*unanswered_)[i]->fetch_sub(1);
        ++passed_over;
        continue;
      }
      loops_[i]->post([state, question, i, unanswered = unanswered_] {
        (*unanswered)[i]->fetch_sub(1);
        Answer answer = question(i);
        const std::lock_guard lock(state->mutex);
        state->answers[i] = std::move(answer);
        if (--state->left == 0) state->come.notify_all();
      });
    }
    std::unique_lock lock(state->mutex);
    state->left -= passed_over;
    state->come.wait_for(lock, patience, [&] { return state->left == 0; });
    // What comes from now on finds a state that nobody looks at.
    return std::exchange(state->answers, std::vector<std::optional<Answer>>(loops_.size()));
  }

 private:
  using Counts = std::vector<std::unique_ptr<std::atomic<int>>>;
  std::vector<Loop*> loops_;
  std::shared_ptr<Counts> unanswered_;
};

}  // namespace martd::net
