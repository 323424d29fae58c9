#pragma once

#include <chrono>

namespace martd::admin {

/// Waits until one of `events` (poll(2)) has come for the descriptor. False: none did before `until`. A signal doesn't
/// shorten it. Any thread.
bool await(int descriptor, short events, std::chrono::steady_clock::time_point until);

}  // namespace martd::admin
