#include "admin/health.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace martd::admin {
namespace {

/// A loop comes round every second, however little there is to do.
constexpr Duration kLongestTurn = std::chrono::seconds(2);
constexpr Duration kLongestCommit = std::chrono::seconds(2);

}  // namespace

std::string ailment(const Figures& figures) {
  for (std::size_t i = 0; i < figures.loops.size(); ++i) {
    const Duration since = figures.loops[i].since_turn;
    if (since <= kLongestTurn) continue;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "event loop %zu has not turned for %.1f s", i,
                  std::chrono::duration<double>(since).count());
    return text.data();
  }
  if (!figures.store) return {};
  if (!figures.store->problem.empty()) return "store: " + figures.store->problem + "; pushes are refused";
  if (figures.store->committing > kLongestCommit) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "store: a commit has taken %.1f s so far",
                  std::chrono::duration<double>(figures.store->committing).count());
    return text.data();
  }
  return {};
}

std::string unreadiness(const Figures& figures) {
  if (std::string ill = ailment(figures); !ill.empty()) return ill;
  if (!figures.accepting) return "not accepting connections";
  return {};
}

}  // namespace martd::admin
