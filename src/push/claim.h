#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace martd::push {

/// To which channels of a request somebody may push who brings no key.
class Rights {
 public:
  /// To none.
  Rights() = default;
  static Rights to_all() {
    Rights rights;
    rights.all_ = true;
    return rights;
  }
  /// One for each channel of the request, in its order.
  static Rights to_each(std::vector<bool> channels) {
    Rights rights;
    rights.each_ = std::make_unique<const std::vector<bool>>(std::move(channels));
    return rights;
  }

  /// `index`: of the channel in its request.
  bool to(std::size_t index) const { return all_ || (each_ && index < each_->size() && (*each_)[index]); }

 private:
  bool all_ = false;
  std::unique_ptr<const std::vector<bool>> each_;  ///< few have it, and jobs are moved
};

/// What somebody brings who pushes to channels, clears one or asks about one. Whoever serves the request finds it out
/// before the hub is asked; `push` only compares. To be moved; it holds a secret, so it is never printed.
struct Claim {
  std::string key{};       ///< for channels that have one; a push gives it to channels that have none. Empty: none
  Rights rights{};         ///< to channels without a key
  bool past_keys = false;  ///< an operator's: it may do everything, and no channel asks for its key
};

}  // namespace martd::push
