#include "push/hub.h"

#include <algorithm>
#include <boost/throw_exception.hpp>
#include <stdexcept>
#include <utility>

#include "push/ending.h"
#include "push/journal.h"
#include "push/staging.h"
#include "push/subscriber.h"

namespace martd::push {

void throw_exception_from_error(const PushRefusal& refusal, const boost::source_location& where) {
  boost::throw_exception(std::logic_error("a value was asked of a refused push to " + refusal.channel), where);
}

Hub::Hub(Time start) : registry_(start) {}

Hub::~Hub() = default;

void Hub::attach(LoopId id, LoopPort& port) {
  if (ports_.size() <= id) ports_.resize(id + 1);
  ports_[id] = &port;
}

std::optional<PushError> refused(const Channel* channel, const Claim& claim, std::size_t index) {
  if (claim.past_keys) return std::nullopt;
  const std::string_view kept = channel ? std::string_view(channel->next_attributes().key) : std::string_view();
  if (!kept.empty()) return same_secret(claim.key, kept) ? std::nullopt : std::optional(PushError::wrong_key);
  return claim.rights.to(index) ? std::nullopt : std::optional(PushError::not_allowed);
}

void Hub::queue(Channel& channel, LoopId loop, Group& group, Ready& ready) {
  if (group.turn == Group::Turn::queued) return;
  group.turn = Group::Turn::queued;
  ready.emplace_back(loop, &channel);
}

void Hub::notify(std::span<const std::pair<LoopId, Channel*>> ready) {
  for (const auto& [loop, channel] : ready) ports_[loop]->ready(*channel);
}

void Hub::hold_news(const Ready& ready, AnswerTo to, PushAnswer answer) {
  // Where the loop has a core of its own it begins with these while the rest of a large transaction is settled.
  constexpr std::size_t kMost = 256;
  held_ready_.insert(held_ready_.end(), ready.begin(), ready.end());
  if (held_answers_.size() <= to.loop) held_answers_.resize(ports_.size());
  held_answers_[to.loop].push_back({to.ticket, std::move(answer)});
  if (++held_ >= kMost) give_news();
}

void Hub::give_news() {
  if (std::exchange(held_, 0) == 0) return;
  notify(held_ready_);
  held_ready_.clear();
  for (LoopId loop = 0; loop < held_answers_.size(); ++loop)
    if (!held_answers_[loop].empty()) ports_[loop]->answered(std::exchange(held_answers_[loop], {}));
}

namespace {

/// Why the channel, as it will be after what is staged, isn't what a push asks for. Null: there is none of that name.
std::optional<PushError> unmet(const PushConditions& conditions, const Channel* channel) {
  const bool keeps = channel && channel->next_newest() >= channel->next_floor();
  const auto names_newest = [&](const NamedEtags& named) {
    return channel && std::find(named.etags.begin(), named.etags.end(), channel->next_newest()) != named.etags.end();
  };
  if (const auto& match = conditions.match; match && !(match->any ? keeps : names_newest(*match)))
    return PushError::not_newest;
  if (const auto& none = conditions.none_match) {
    if (none->any ? keeps : names_newest(*none)) return none->any ? PushError::not_empty : PushError::is_newest;
  }
  return std::nullopt;
}

}  // namespace

std::optional<PushRefusal> Hub::examine(const PushJob& job, const Keys& keys, Time now, Targets& targets) {
  targets.reserve(job.channels.size());
  std::size_t cost = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string& name = job.channels[i];
    Channel* channel = registry_.find(keys[i], now);
    if (const auto error = refused(channel, job.claim, i)) return PushRefusal{*error, name};
    std::optional<Etag> duplicate;
    if (channel && !job.content->id.empty()) duplicate = channel->find_id(job.content->id);
    if (job.conditions && !duplicate) {
      if (const auto error = unmet(*job.conditions, channel)) {
        const bool one_of_several = *error == PushError::not_empty && keys.size() > 1;
        return PushRefusal{one_of_several ? PushError::not_all_empty : *error, name};
      }
    }
    if (!duplicate) {
      cost += Backlog::cost_of(*job.content);
      if (!channel || channel->bare()) {
        cost += Registry::cost_of(name);
      } else if (const Message* oldest = channel->makes_way(job.attributes.size)) {
        // What this push itself makes way for doesn't count.
        cost -= std::min(cost, Backlog::cost_of(*oldest->content));
      }
    }
    targets.push_back(PushTarget{channel, duplicate});
  }
  if (cost > 0 && registry_.published() + staged_cost_ + cost > max_memory())
    return PushRefusal{PushError::memory_full, job.channels.front()};
  return std::nullopt;
}

std::optional<PushResult<Receipts>> Hub::publish(PushJob&& job, Time now, Tickets& tickets) {
  std::optional<PushResult<Receipts>> result;
  if (journal_) {
    if (auto refusal = journal_->refusal(job.channels.front())) {
      result.emplace(*std::move(refusal));
      return result;
    }
    if (answers_later()) {
      journal_->store().submit(std::make_unique<PushEntry>(*this, std::move(job), now, tickets.draw()));
      return result;
    }
  }
  std::uint64_t mask = 0;
  const Keys keys = keys_of(job.channels);
  for (const ChannelKey& key : keys) mask |= Registry::mask_of(key);

  Ready ready;
  {
    const Registry::ShardLock lock(registry_, mask);
    Targets targets;
    if (auto refusal = examine(job, keys, now, targets)) {
      result.emplace(*std::move(refusal));
      return result;
    }
    Receipts& receipts = result.emplace().value();
    receipts.reserve(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      PushTarget& target = targets[i];
      if (target.duplicate) {
        receipts.push_back(Receipt{*target.duplicate, target.channel->held(), true});
        continue;
      }
      if (!target.channel) target.channel = &registry_.find_or_create(keys[i], now);
      receipts.push_back(push(*target.channel, job, now, ready));
    }
    if (journal_) journal_->published(targets, job.content, now);
  }
  notify(ready);
  return result;
}

Receipt Hub::push(Channel& channel, const PushJob& job, Time now, Ready& ready) {
  const bool new_life = channel.attributes().life != job.attributes.life;
  const bool was_one2one = channel.attributes().one2one;
  const Registry::Recount recount(registry_, channel);
  channel.set(job.attributes, job.claim.key);
  if (new_life) channel.refresh(now);
  if (!job.attributes.one2one) {
    channel.tenant.reset();
  } else if (!was_one2one) {
    keep_first_only(channel, static_cast<LoopId>(ports_.size()), ready);
  }
  const Message message{channel.append(job.content, now), now, job.content};
  published_.fetch_add(1, std::memory_order_relaxed);

  for (LoopId loop = 0; loop < channel.groups().size(); ++loop) {
    Group* group = channel.group_if(loop);
    if (!group || group->seats.empty()) continue;
    group->pending_bytes += Backlog::cost_of(*message.content);
    if (group->pending_bytes > Channel::kMaxPendingBytes) {
      group->overflow = true;
      group->pending.clear();
      for (Eviction& eviction : group->evictions) eviction.before = 0;
    }
    if (!group->overflow) group->pending.push_back(message);
    queue(channel, loop, *group, ready);
  }
  if (new_life || !channel.due || Backlog::expiry_of(message, job.attributes.life) < *channel.due)
    registry_.settle(channel);
  return Receipt{message.etag, channel.held()};
}

void Hub::keep_first_only(Channel& channel, LoopId loops, Ready& ready) {
  const std::uint32_t until = channel.next_arrival();
  const Seat* first = nullptr;
  bool any = false;
  for (LoopId loop = 0; loop < loops; ++loop) {
    const Group* group = channel.group_if(loop);
    if (!group) continue;
    for (const Seat& seat : group->seats) {
      if (group->evicted(seat)) continue;
      any = true;
      if (seat.subscriber->cid() == kSharedCid) continue;
      if (!first || until - seat.arrival > until - first->arrival) first = &seat;
    }
  }
  if (!any) return;
  if (first) channel.tenant = Channel::Tenant{std::string(first->subscriber->cid()), std::nullopt};
  const std::uint32_t stays = first ? first->arrival : until;  // `until` is no seat's
  for (LoopId loop = 0; loop < loops; ++loop) {
    Group* group = channel.group_if(loop);
    if (!group) continue;
    std::size_t hit = 0;
    for (const Seat& seat : group->seats) hit += seat.arrival != stays && !group->evicted(seat);
    if (hit == 0) continue;
    channel.held_ -= hit;
    group->evictions.push_back(Eviction{stays, until, true, group->pending.size(), Ending::one2one});
    queue(channel, loop, *group, ready);
  }
}

std::optional<PushRefusal> Hub::refusal(std::span<const std::string> channels, const Claim& claim, Time now) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Registry::ShardLock lock(registry_, Registry::mask_of(channels[i]));
    const Channel* channel = registry_.find(channels[i], now);
    if (channel && channel->only_staged()) channel = nullptr;
    if (const auto error = refused(channel, claim, i)) return PushRefusal{*error, channels[i]};
  }
  return std::nullopt;
}

PushResult<ChannelInfo> Hub::inspect(std::string_view name, const Claim& claim, Time now) {
  const Registry::ShardLock lock(registry_, Registry::mask_of(name));
  const Channel* channel = registry_.find(name, now);
  if (channel && channel->only_staged()) channel = nullptr;
  if (const auto error = refused(channel, claim, 0)) return PushRefusal{*error, std::string(name)};
  if (!channel) return PushRefusal{PushError::not_found, std::string(name)};
  ChannelInfo info{channel->attributes(), channel->backlog().count(), channel->backlog().payload_bytes(),
                   channel->held(), channel->newest()};
  info.attributes.key.clear();
  return info;
}

std::optional<PushResult<Cleared>> Hub::clear(ClearJob&& job, Time now, Tickets& tickets) {
  if (journal_) {
    if (auto refusal = journal_->refusal(job.channel, false)) return *std::move(refusal);
    if (answers_later()) {
      journal_->store().submit(std::make_unique<ClearEntry>(*this, std::move(job), now, tickets.draw()));
      return std::nullopt;
    }
  }
  const Registry::ShardLock lock(registry_, Registry::mask_of(job.channel));
  Channel* channel = registry_.find(job.channel, now);
  if (const auto error = refused(channel, job.claim, 0)) return PushRefusal{*error, job.channel};
  if (!channel) return PushRefusal{PushError::not_found, job.channel};
  Cleared cleared{channel->newest(), 0};
  {
    const Registry::Recount recount(registry_, *channel);
    cleared.dropped = channel->clear();
  }
  if (journal_) journal_->cleared(*channel);
  registry_.settle(*channel);
  return cleared;
}

std::vector<Etag> Hub::positions(std::span<const std::string> channels, Time now) {
  std::vector<Etag> etags;
  etags.reserve(channels.size());
  for (const std::string& name : channels) {
    const Registry::ShardLock lock(registry_, Registry::mask_of(name));
    // Where there is none it lives for a moment: then the next of that name is created after this etag.
    Channel& channel = registry_.find_or_create(name, now);
    etags.push_back(channel.newest());
    registry_.settle(channel);
  }
  return etags;
}

void Hub::keep_in(Store& store, Durability durability) {
  journal_ = std::make_unique<Journal>(store, durability);
  registry_.report_to(*journal_);
  store.after_settling([this] { give_news(); });
}

bool Hub::answers_later() const { return journal_ && journal_->durability() == Durability::always; }

void Hub::close(Time now) {
  if (journal_) journal_->close(now);
}

bool Hub::sweep(Time now) {
  // Of each shard: some thousand in all, a millisecond or two. What comes to the loop meanwhile waits for no more than
  // that where a million channels end together.
  constexpr std::size_t kMost = 16;
  bool more = false;
  if (journal_ && registry_.channels() > 0) journal_->tend(now);
  for (std::size_t shard = 0; shard < Registry::kShards; ++shard) more |= registry_.sweep(shard, now, kMost);
  return more;
}

}  // namespace martd::push
