#pragma once

#include <optional>
#include <shared_mutex>
#include <utility>

#include "admin/public_side.h"

namespace martd::admin {

/// The rest of the server for as long as it is there. Thread-safe.
class SideGate {
 public:
  explicit SideGate(PublicSide& side) : side_(&side) {}

  /// `use(side)`, or nothing once the gate is closed. What is done in it holds up close().
  template <class Use>
  auto with(Use use) const -> std::optional<decltype(use(std::declval<PublicSide&>()))> {
    const std::shared_lock lock(mutex_);
    if (!side_) return std::nullopt;
    return use(*side_);
  }

  /// When it returns, nobody is in `with` or will be.
  void close() {
    const std::unique_lock lock(mutex_);
    side_ = nullptr;
  }

 private:
  mutable std::shared_mutex mutex_;
  PublicSide* side_;
};

}  // namespace martd::admin
