#include "push/channel.h"

#include <algorithm>
#include <utility>

namespace martd::push {

Missed Resume::missed() const {
  if (lead) return lead;
  if (lost <= from || cursor - from == messages.size()) return Missed::none();
  std::uint64_t gone = 0;
  Etag at = from;
  const auto pass = [&](Etag past) {
    if (at < lost) gone += past - at;
  };
  for (const Message& message : messages) {
    pass(Etag{value(message.etag) - 1});
    at = message.etag;
  }
  pass(cursor);
  return Missed::of(gone);
}

void Resume::put_off(Etag asked) {
  messages.clear();
  lead = Missed::none();
  lost = Etag{};
  cursor = asked == Etag{} ? from : asked;
  more = true;
}

bool Resume::news() const {
  return static_cast<bool>(missed()) ||
         std::any_of(messages.begin(), messages.end(), [](const Message& message) { return message.visible(); });
}

bool Eviction::means(std::uint32_t seat) const {
  if (!others) return seat == arrival;
  return seat != arrival && static_cast<std::int32_t>(until - seat) > 0;
}

bool Group::evicted(const Seat& seat) const {
  return std::any_of(evictions.begin(), evictions.end(),
                     [&](const Eviction& eviction) { return eviction.means(seat.arrival); });
}

Channel::Channel(ChannelKey key, Etag origin, std::optional<Life> before, Etag doubt)
    : name_(key.name), hash_(key.hash), origin_(origin), before_(before), doubt_(doubt) {
  backlog_.resize(attributes_.size);
}

std::optional<Channel::Life> Channel::life() const {
  if (count_ > 0) return Life{origin_, newest(), lost()};
  return before_;
}

namespace {

/// Its key it keeps.
void set_all(Attributes& to, const Attributes& from, std::string_view key) {
  to.size = from.size;
  to.life = from.life;
  to.one2one = from.one2one;
  if (to.key.empty()) to.key = key;
}

}  // namespace

void Channel::set(const Attributes& attributes, std::string_view key) {
  set_all(attributes_, attributes, key);
  backlog_.resize(attributes.size);
}

std::optional<Etag> Channel::find_id(std::string_view id) const {
  auto etag = backlog_.find(id);
  if (!staged_) return etag;
  if (const auto found = staged_->ids.find(id); found != staged_->ids.end()) etag = found->second;
  // What is dropped by something that is staged isn't kept any more.
  if (etag && *etag < staged_->floor) etag.reset();
  return etag;
}

const Message* Channel::makes_way(std::uint32_t size) const {
  const std::size_t staged = staged_ ? staged_->count : 0;
  const std::size_t first = staged_ ? backlog_.first_after(Etag{value(staged_->floor) - 1}) : 0;
  const std::size_t kept = backlog_.count() - first;
  return kept > 0 && kept + staged >= size ? &backlog_[first] : nullptr;
}

Channel::Staged& Channel::stage() {
  if (!staged_) {
    staged_ = std::make_unique<Staged>();
    staged_->floor = floor();
    staged_->attributes = attributes_;
  }
  ++staged_->entries;
  return *staged_;
}

void Channel::stage_floor(Etag floor) {
  Staged& next = *staged_;
  // Of what goes, the last that is visible. Each message goes once, so each is looked at once.
  std::size_t kept = backlog_.first_after(Etag{value(floor) - 1});
  Etag etag = floor;
  while (etag > std::max(next.floor, newest() + 1)) {
    etag = Etag{value(etag) - 1};
    if (next.visible[etag - newest() - 1]) {
      next.lost = std::max(next.lost, etag);
      kept = 0;
      break;
    }
  }
  for (; kept > 0 && backlog_[kept - 1].etag >= next.floor; --kept) {
    if (!backlog_[kept - 1].visible()) continue;
    next.lost = std::max(next.lost, backlog_[kept - 1].etag);
    break;
  }
  next.floor = floor;
}

Etag Channel::stage_clear() {
  stage();
  stage_floor(next_newest() + 1);
  return staged_->floor;
}

Etag Channel::stage_message(const Attributes& attributes, std::string_view key, bool visible) {
  Staged& next = stage();
  set_all(next.attributes, attributes, key);
  const Etag etag = newest() + ++next.count;
  next.visible.push_back(visible);
  // What is kept now and above the floor, then what is staged: the oldest of it go where `size` is passed.
  const std::size_t first = backlog_.first_after(Etag{value(next.floor) - 1});
  const std::size_t kept = backlog_.count() - first;
  const Etag staged_from = std::max(next.floor, newest() + 1);
  const std::uint64_t total = kept + (etag - staged_from) + 1;
  if (total > attributes.size) {
    const std::uint64_t over = total - attributes.size;
    stage_floor(over < kept ? backlog_[first + over].etag : staged_from + (over - kept));
  }
  return etag;
}

void Channel::unstage() {
  if (--staged_->entries == 0) staged_.reset();
}

void Channel::restore(const Attributes& attributes, std::uint64_t count, Etag lost) {
  attributes_ = attributes;
  count_ = count;
  if (lost > origin_) backlog_.lose(lost);
  backlog_.resize(attributes.size);
}

void Channel::refresh(Time now) {
  backlog_.expire(now, attributes_.life);
  if (tenant && tenant->free_at && *tenant->free_at <= now) tenant.reset();
}

std::optional<Time> Channel::next_due() const {
  const std::optional<Time> expiry = backlog_.next_expiry(attributes_.life);
  if (!tenant || !tenant->free_at) return expiry;
  return expiry ? std::min(*expiry, *tenant->free_at) : *tenant->free_at;
}

void Channel::tenant_left(Time now) {
  if (tenant->cid.empty()) {
    tenant.reset();
  } else {
    tenant->free_at = now + kTenancyKept;
  }
}

Etag Channel::append(ContentPtr content, Time now) {
  ++count_;
  backlog_.append(Message{newest(), now, std::move(content)});
  return newest();
}

std::size_t Channel::clear() {
  const std::size_t dropped = backlog_.count();
  backlog_.clear();
  return dropped;
}

Resume Channel::since(Cursor seen, std::size_t max_bytes) const {
  Resume resume;
  if (seen.kind == Cursor::Kind::now) {
    resume.from = resume.cursor = newest();
    return resume;
  }
  const Etag etag = seen.etag;
  const bool everything = etag == Etag{};
  const bool this_life = origin_ <= etag && etag <= newest();
  const std::size_t first = this_life ? backlog_.first_after(etag) : 0;
  if (!everything) resume.lost = lost();
  if (this_life) {
    resume.from = etag;
  } else {
    // What is kept is all new to it. Holes before the first kept message are part of the unknown loss.
    resume.from = backlog_.empty() ? newest() : Etag{value(backlog_[0].etag) - 1};
    if (!everything) {
      // An earlier life (or a clock, where there was none): was anything lost between? A later one: our state was lost.
      const bool lost_before = etag > newest() || etag < (before_ ? before_->lost : doubt_);
      const bool lost_in_front = resume.from > origin_ && backlog_.lost() > origin_;
      if (lost_before || lost_in_front) resume.lead = Missed::some();
      const bool known = count_ == 0 && before_ && before_->origin <= etag && etag < before_->lost;
      if (known) resume.lead = Missed::of(before_->last - etag);
    }
  }
  std::size_t bytes = 0;
  std::size_t index = first;
  for (; index < backlog_.count() && (index == first || bytes < max_bytes); ++index) {
    bytes += backlog_[index].content->payload.size();
    resume.messages.push_back(backlog_[index]);
  }
  resume.more = index < backlog_.count();
  resume.cursor = resume.more ? resume.messages.back().etag : newest();
  return resume;
}

Group& Channel::group(LoopId loop) {
  if (groups_.size() <= loop) groups_.resize(loop + 1);
  if (!groups_[loop]) groups_[loop] = std::make_unique<Group>(*this);
  return *groups_[loop];
}

bool Channel::forgettable() const {
  if (held_ > 0 || tenant || staged_ || !backlog_.empty()) return false;
  return std::none_of(groups_.begin(), groups_.end(), [](const auto& group) {
    return group && (group->turn != Group::Turn::idle || !group->seats.empty());
  });
}

}  // namespace martd::push
