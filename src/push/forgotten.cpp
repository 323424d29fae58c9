#include "push/forgotten.h"

#include <algorithm>

namespace martd::push {

std::optional<std::pair<std::string, Etag>> Forgotten::remember(std::string_view name, Channel::Life life) {
  // At once: a table of this size that grows holds up a loop for tens of milliseconds, measured.
  if (order_.empty()) by_name_.reserve(capacity_ + 1);
  recall(name);
  order_.push_back(Entry{std::string(name), life});
  by_name_.emplace(order_.back().name, std::prev(order_.end()));
  if (order_.size() <= capacity_) return std::nullopt;
  Entry& oldest = order_.front();
  doubt_ = std::max(doubt_, oldest.life.last);
  by_name_.erase(oldest.name);
  std::pair<std::string, Etag> gone(std::move(oldest.name), oldest.life.last);
  order_.pop_front();
  return gone;
}

std::optional<Channel::Life> Forgotten::recall(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  const Channel::Life life = found->second->life;
  const auto entry = found->second;
  by_name_.erase(found);
  order_.erase(entry);
  return life;
}

}  // namespace martd::push
