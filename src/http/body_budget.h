#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace martd::http {

/// What the bodies that are still coming may take together, on all loops: anyone may begin one, and each is kept until
/// it is whole. Thread-safe; its lock is a leaf.
class BodyBudget {
 public:
  /// A message of who may push, or the form of who follows, which anyone may send.
  enum class Sort : std::uint8_t { push, form };

  /// One body's part, given back when it goes. Not thread-safe itself.
  class Share {
   public:
    Share() = default;
    Share(BodyBudget& budget, Sort sort) : budget_(&budget), sort_(sort) {}
    Share(Share&& from) noexcept
        : budget_(std::exchange(from.budget_, nullptr)), bytes_(std::exchange(from.bytes_, 0)), sort_(from.sort_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (budget_) budget_->resize(sort_, bytes_, 0, 0);
    }
    /// From now on it takes so many bytes. False: that is too much, and it is as it was.
    bool grow(std::size_t bytes, std::size_t most) {
      if (!budget_->resize(sort_, bytes_, bytes, most)) return false;
      bytes_ = bytes;
      return true;
    }

   private:
    BodyBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
    Sort sort_ = Sort::push;
  };

  /// Bytes that are spoken for now.
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return pushes_ + forms_;
  }

 private:
  /// A form up to this is a usual one.
  static constexpr std::size_t kSmallForm = std::size_t{64} * 1024;

  /// One of each sort always finds room, however small the budget is. Beyond that `most` is for all; forms, as
  /// strangers may send them, never have the last quarter of it, and large ones half at most, so that neither those who
  /// push nor those who follow a few channels find it used up by them.
  bool resize(Sort sort, std::size_t before, std::size_t after, std::size_t most) {
    const std::lock_guard lock(mutex_);
    const bool form = sort == Sort::form;
    std::size_t& own = form ? forms_ : pushes_;
    const std::size_t others = own - before;
    const std::size_t large = large_forms_ - (form && before > kSmallForm ? before : 0);
    const std::size_t large_after = large + (form && after > kSmallForm ? after : 0);
    if (after > before && others > 0) {
      if (pushes_ + forms_ - before + after > most) return false;
      if (form && others + after > most - most / 4) return false;
      if (form && after > kSmallForm && large_after > most / 2) return false;
    }
    own = others + after;
    large_forms_ = large_after;
    return true;
  }

  mutable std::mutex mutex_;
  std::size_t pushes_ = 0;
  std::size_t forms_ = 0;        ///< all of them
  std::size_t large_forms_ = 0;  ///< of those
};

}  // namespace martd::http
