#include "push/attendance.h"

#include "push/hub.h"

namespace martd::push {

void Attendance::followers(std::string_view name, std::size_t most, Time now, std::vector<SubscriberInfo>& out) const {
  std::vector<Seat> seats;
  Etag newest{};
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, Registry::mask_of(name));
    Channel* channel = registry.find(name, now);
    const Group* group = channel ? channel->group_if(loop_) : nullptr;
    if (!group) return;
    newest = channel->newest();
    for (const Seat& seat : group->seats) {
      if (seats.size() == most) break;
      if (!group->evicted(seat)) seats.push_back(seat);
    }
  }
  // Nobody leaves meanwhile: that would happen on this thread.
  for (const Seat& seat : seats) out.push_back(info(*seat.subscriber, seat, name, newest));
}

std::optional<SubscriberInfo> Attendance::describe(const Subscriber& subscriber, Time now) const {
  if (subscriber.seats_.empty()) return std::nullopt;
  const auto& ref = subscriber.seats_.front();
  const ChannelKey key = ref.group->channel.key();
  Etag newest{};
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, Registry::mask_of(key));
    registry.find(key, now);
    newest = ref.group->channel.newest();
  }
  SubscriberInfo described = info(subscriber, subscriber.seat(0), key.name, newest);
  described.behind = subscriber.behind();
  return described;
}

SubscriberInfo Attendance::info(const Subscriber& subscriber, const Seat& seat, std::string_view channel, Etag newest) {
  SubscriberInfo info;
  info.cid = subscriber.cid();
  info.channels = subscriber.seats();
  info.behind = seat.behind;
  info.channel = channel;
  info.seat = seat.arrival;
  info.cursor = seat.cursor;
  info.messages = newest > seat.cursor ? newest - seat.cursor : 0;
  subscriber.describe(info);
  return info;
}

}  // namespace martd::push
