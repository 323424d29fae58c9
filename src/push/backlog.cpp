#include "push/backlog.h"

#include <algorithm>
#include <utility>

namespace martd::push {

std::size_t Backlog::cost_of(const Content& content) {
  constexpr std::size_t kNode = 64;  // in the set of own lives, in the table of ids
  return sizeof(Message) + sizeof(Content) + content.payload.size() + content.content_type.size() +
         content.event.size() + content.id.size() + (content.expire ? kNode : 0) + (content.id.empty() ? 0 : kNode);
}

Time Backlog::expiry_of(const Message& message, Duration life) {
  return message.published + std::min(life, message.content->expire.value_or(life));
}

void Backlog::count_in(const Message& message) {
  const Content& content = *message.content;
  payload_bytes_ += content.payload.size();
  cost_ += cost_of(content);
  if (content.expire) {
    if (!own_lives_) own_lives_ = std::make_unique<std::set<std::pair<Time, Etag>>>();
    own_lives_->emplace(message.published + *content.expire, message.etag);
  }
  if (content.id.empty()) return;
  if (!ids_) ids_ = std::make_unique<std::unordered_map<std::string_view, Etag>>();
  ids_->insert_or_assign(content.id, message.etag);
}

void Backlog::count_out(const Message& message) {
  const Content& content = *message.content;
  payload_bytes_ -= content.payload.size();
  cost_ -= cost_of(content);
  if (message.visible()) lose(message.etag);
  if (content.expire) {
    own_lives_->erase({message.published + *content.expire, message.etag});
    if (own_lives_->empty()) own_lives_.reset();
  }
  if (content.id.empty()) return;
  ids_->erase(content.id);
  if (ids_->empty()) ids_.reset();
}

void Backlog::drop_oldest() {
  count_out(ring_.front());
  ring_.pop_front();
}

void Backlog::resize(std::uint32_t size) {
  size_ = size;
  while (ring_.size() > size) drop_oldest();
  if (ring_.capacity() > size) ring_.set_capacity(size);
}

void Backlog::append(Message message) {
  if (ring_.size() >= size_) drop_oldest();
  if (ring_.full()) ring_.set_capacity(std::min<std::size_t>(size_, std::max<std::size_t>(1, ring_.capacity() * 2)));
  count_in(message);
  ring_.push_back(std::move(message));
}

void Backlog::expire(Time now, Duration life) {
  // Published in order, so for the channel's life the front is always the first to go.
  while (!ring_.empty() && ring_.front().published + life <= now) drop_oldest();
  while (own_lives_ && own_lives_->begin()->first <= now) {
    const std::size_t index = first_after(Etag{value(own_lives_->begin()->second) - 1});
    count_out(ring_[index]);
    ring_.erase(ring_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  if (ring_.empty()) clear();
}

void Backlog::drop_below(Etag floor) {
  while (!ring_.empty() && ring_.front().etag < floor) drop_oldest();
  if (ring_.empty()) clear();
}

void Backlog::clear() {
  while (!ring_.empty()) drop_oldest();
  ring_.set_capacity(0);
}

std::size_t Backlog::first_after(Etag seen) const {
  if (ring_.empty() || ring_.back().etag <= seen) return ring_.size();
  const auto found = std::upper_bound(ring_.begin(), ring_.end(), seen,
                                      [](Etag etag, const Message& message) { return etag < message.etag; });
  return static_cast<std::size_t>(found - ring_.begin());
}

std::optional<Etag> Backlog::find(std::string_view id) const {
  if (!ids_) return std::nullopt;
  const auto found = ids_->find(id);
  if (found == ids_->end()) return std::nullopt;
  return found->second;
}

std::optional<Time> Backlog::next_expiry(Duration life) const {
  if (ring_.empty()) return std::nullopt;
  const Time front = ring_.front().published + life;
  return own_lives_ ? std::min(front, own_lives_->begin()->first) : front;
}

}  // namespace martd::push
