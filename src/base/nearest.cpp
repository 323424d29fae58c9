#include "base/nearest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"

namespace martd {
namespace {

/// Insertions, deletions, changes and swaps of neighbours that make one word of the other, without regard to case. Both
/// have at most kLongestWord bytes.
constexpr std::size_t kLongestWord = 32;
std::size_t edit_distance(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, kLongestWord + 1>;
  std::array<Row, 3> rows{};  // of the table: the one before the last, the last, this one
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const Row& before = rows[(i + 1) % 3];
    const Row& last = rows[(i + 2) % 3];
    Row& row = rows[i % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, const std::string_view* begin, const std::string_view* end) {
  if (word.empty() || word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view* known = begin; known != end; ++known) {
    if (known->size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, *known);
    if (distance < best_distance) {
      best_distance = distance;
      best = *known;
    }
  }
  return best;
}

}  // namespace martd
