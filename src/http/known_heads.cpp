#include "http/known_heads.h"

namespace martd::http {

KnownHeadPtr KnownHeads::remember(std::string_view lines) {
  if (lines.size() > kLongest) return nullptr;
  if (const auto found = table_.find(lines); found != table_.end()) return found->second;
  // Connections keep what they use; the table begins anew.
  if (table_.size() >= kMost) table_.clear();
  auto* head = new KnownHead;
  const KnownHeadPtr known(head);
  head->lines = lines;
  table_.emplace(known->lines, known);
  return known;
}

}  // namespace martd::http
