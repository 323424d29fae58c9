#include "push/staging.h"

#include <boost/assert.hpp>
#include <utility>

#include "push/hub.h"
#include "push/journal.h"

namespace martd::push {
namespace {

/// It was not written: the store knows why.
PushRefusal not_kept(const Journal& journal, const std::string& channel) {
  if (auto refusal = journal.refusal(channel)) return *std::move(refusal);
  return {PushError::store_away, channel, "it could not be written"};
}

ChannelRecord next_record(const Channel& channel) {
  return {channel.next_attributes(), channel.origin(),     channel.next_newest(), channel.before(),
          channel.doubt(),           channel.next_floor(), channel.next_lost()};
}

}  // namespace

PushEntry::PushEntry(Hub& hub, PushJob job, Time now, AnswerTo to)
    : hub_(hub), job_(std::move(job)), now_(now), to_(to), cost_(Backlog::cost_of(*job_.content)) {
  for (const std::string& name : job_.channels) {
    mask_ |= Registry::mask_of(name);
    cost_ += sizeof(Staged) + sizeof name + name.size();
  }
}

void PushEntry::write(StoreWriter& writer) {
  const Registry::ShardLock lock(hub_.registry_, mask_);
  const Hub::Keys keys = Hub::keys_of(job_.channels);
  Hub::Targets targets;
  if (auto refusal = hub_.examine(job_, keys, now_, targets)) {
    result_ = *std::move(refusal);
    return;
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const PushTarget& target = targets[i];
    const std::string& name = job_.channels[i];
    if (target.duplicate) {
      target.channel->stage();  // so that it is still there when this is answered
      staged_.push_back({target.channel, *target.duplicate, {}, true});
      continue;
    }
    Channel& channel = target.channel ? *target.channel : hub_.registry_.find_or_create(keys[i], now_);
    if (channel.bare()) staged_cost_ += Registry::cost_of(name);
    const Etag etag = channel.stage_message(job_.attributes, job_.claim.key, !job_.content->payload.empty());
    if (!job_.content->id.empty()) channel.stage_id(job_.content->id, etag);
    staged_.push_back({&channel, etag, channel.next_floor(), false});
    staged_cost_ += Backlog::cost_of(*job_.content);
    writer.put_channel(name, next_record(channel));
    writer.put_message(name, Message{etag, now_, job_.content});
  }
  hub_.staged_cost_ += staged_cost_;
}

void PushEntry::undo() {
  for (const Staged& staged : staged_) {
    staged.channel->unstage();
    hub_.registry_.settle(*staged.channel);
  }
}

void PushEntry::settled(bool on_disk) {
  Ready ready;
  {
    const Registry::ShardLock lock(hub_.registry_, mask_);
    hub_.staged_cost_ -= staged_cost_;
    if (!on_disk) {
      undo();
      if (result_) result_ = not_kept(*hub_.journal_, job_.channels.front());
    } else if (result_) {
      result_->reserve(staged_.size());
      for (const Staged& staged : staged_) {
        Channel& channel = *staged.channel;
        if (staged.duplicate) {
          result_->push_back(Receipt{staged.etag, channel.held(), true});
        } else {
          result_->push_back(hub_.push(channel, job_, now_, ready));
          BOOST_ASSERT(result_->back().etag == staged.etag);
          // The disk has no more than this: where a message expired meanwhile, one more would have had room.
          const Registry::Recount recount(hub_.registry_, channel);
          channel.drop_below(staged.floor);
        }
        channel.unstage();
        if (staged.duplicate) hub_.registry_.settle(channel);
      }
    }
  }
  hub_.hold_news(ready, to_, PushAnswer{std::move(job_.channels), std::move(result_)});
}

void ClearEntry::write(StoreWriter& writer) {
  const Registry::ShardLock lock(hub_.registry_, Registry::mask_of(job_.channel));
  Channel* channel = hub_.registry_.find(job_.channel, now_);
  if (const auto error = refused(channel, job_.claim, 0)) {
    result_ = PushRefusal{*error, job_.channel};
  } else if (!channel) {
    result_ = PushRefusal{PushError::not_found, job_.channel};
  } else {
    channel_ = channel;
    result_ = Cleared{channel->next_newest(), 0};
    floor_ = channel->stage_clear();
    if (floor_ > channel->origin() + 1) writer.put_channel(job_.channel, next_record(*channel));
  }
}

void ClearEntry::settled(bool on_disk) {
  {
    const Registry::ShardLock lock(hub_.registry_, Registry::mask_of(job_.channel));
    if (result_ && !on_disk) result_ = not_kept(*hub_.journal_, job_.channel);
    if (channel_) {
      if (on_disk) {
        const Registry::Recount recount(hub_.registry_, *channel_);
        const std::size_t before = channel_->backlog().count();
        channel_->drop_below(floor_);
        result_->dropped = before - channel_->backlog().count();
      }
      channel_->unstage();
      hub_.registry_.settle(*channel_);
    }
  }
  hub_.hold_news({}, to_, PushAnswer{{}, std::move(result_)});
}

}  // namespace martd::push
