#include "push/admission.h"

#include "push/ending.h"
#include "push/hub.h"
#include "push/subscriber.h"

namespace martd::push {

namespace {

std::optional<SeatRefusal> refused(const Hub& hub, const Channel* channel, std::string_view name,
                                   std::string_view cid) {
  if (!channel) {
    if (hub.memory_full()) return SeatRefusal{Ending::unavailable, std::string(name)};
    return std::nullopt;
  }
  if (!channel->attributes().one2one) return std::nullopt;
  if (cid == kSharedCid) return SeatRefusal{Ending::one2one, std::string(name)};
  if (!channel->tenant) return std::nullopt;
  if (!cid.empty() && channel->tenant->cid == cid) return std::nullopt;
  return SeatRefusal{Ending::one2one, std::string(name)};
}

}  // namespace

std::optional<SeatRefusal> admit(Hub& hub, std::span<const Want> wants, std::string_view cid, std::size_t cost,
                                 Time now, Channels& channels) {
  // Names cost whoever follows them nothing: a few connections had used up the memory of those who publish.
  std::string_view first;
  for (const Want& want : wants) {
    Channel* channel = hub.registry().find(want.channel, now);
    if (auto refusal = refused(hub, channel, want.channel.name, cid)) return refusal;
    channels.push_back(channel);
    if (channel) continue;
    cost += Registry::cost_of(want.channel.name);
    if (first.empty()) first = want.channel.name;
  }
  if (cost == 0 || !hub.followers_full(cost)) return std::nullopt;
  return SeatRefusal{Ending::unavailable, std::string(first.empty() ? wants.front().channel.name : first)};
}

}  // namespace martd::push
