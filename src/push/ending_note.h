#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"
#include "push/ending_fwd.h"

namespace martd::push {

/// A subscription that is over, as an operator sees it.
struct EndingNote {
  Time at{};
  Ending ending{};
  std::string address;
  std::string cid;
  std::string_view transport;  ///< lives as long as the program
  std::string channel;         ///< the one it was about, or its first; empty where it followed none
  std::size_t channels = 0;
  Time since{};  ///< held since, in whole seconds
};

}  // namespace martd::push
