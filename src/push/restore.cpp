#include "push/restore.h"

#include <algorithm>
#include <utility>

#include "push/hub.h"
#include "push/journal.h"

namespace martd::push {
namespace {

/// Added to a clock it fits Time.
bool possible(Duration life) { return life > Duration{0} && life <= Attributes::kMostLife; }

}  // namespace

void Restorer::ground(Etag doubt, Etag ceiling) {
  hub_.registry_.restore_ground(doubt, ceiling);
  hub_.journal_->restore_ceiling(ceiling);
}

void Restorer::forgotten(std::string_view name, Channel::Life life) { hub_.registry_.restore_forgotten(name, life); }

void Restorer::finish() {
  if (!channel_) return;
  Registry& registry = hub_.registry_;
  const Registry::ShardLock lock(registry, Registry::mask_of(channel_->name()));
  if (dropped_) hub_.journal_->expired(*channel_);
  registry.settle(*channel_);
  channel_ = nullptr;
}

std::optional<std::string> Restorer::memory_full() const {
  if (!hub_.memory_full()) return std::nullopt;
  return "it holds more messages than --max-memory lets in (taken: a larger --max-memory)";
}

std::optional<std::string> Restorer::channel(std::string_view name, const ChannelRecord& record) {
  finish();
  if (auto full = memory_full()) return full;
  const bool sound = valid_channel_name(name) && record.attributes.size > 0 && possible(record.attributes.life) &&
                     record.newest >= record.origin && record.lost <= record.newest &&
                     (!record.before || record.before->last <= record.origin);
  Channel* channel = sound ? hub_.registry_.restore(name, record.origin, record.before, record.doubt) : nullptr;
  if (!channel) return "it is damaged: a channel that can't be";
  channel->restore(record.attributes, record.newest - record.origin, record.lost);
  channel_ = channel;
  last_ = record.origin;
  newest_ = record.newest;
  dropped_ = false;
  return std::nullopt;
}

std::optional<std::string> Restorer::message(Message message) {
  const bool sound = channel_ && message.etag > last_ && message.etag <= newest_ &&
                     (!message.content->expire || possible(*message.content->expire));
  if (!sound)
    return "it is damaged: a message that can't be" + (channel_ ? " in channel " + channel_->name() : std::string());
  last_ = message.etag;
  message.published = std::min(message.published, now_);
  if (Backlog::expiry_of(message, channel_->attributes().life) <= now_) {
    dropped_ = true;
    channel_->restore_over(message);
    return std::nullopt;
  }
  const Registry::Recount recount(hub_.registry_, *channel_);
  channel_->restore_message(std::move(message));
  return hub_.registry_.cost() > hub_.max_memory() + (std::size_t{1} << 20) ? memory_full() : std::nullopt;
}

std::optional<std::string> Restorer::done() {
  finish();
  if (auto full = memory_full()) return full;
  if (hub_.registry_.channels() > 0) hub_.journal_->tend(now_);
  return std::nullopt;
}

}  // namespace martd::push
