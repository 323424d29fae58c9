#include "push/overseer.h"

#include <algorithm>
#include <map>

#include "push/ending.h"
#include "push/hub.h"
#include "push/subscriber.h"

namespace martd::push {
namespace {

ChannelRow row_of(const Channel& channel) {
  ChannelRow row;
  row.name = channel.name();
  row.attributes.size = channel.attributes().size;
  row.attributes.life = channel.attributes().life;
  row.attributes.one2one = channel.attributes().one2one;
  row.keyed = !channel.attributes().key.empty();
  const Backlog& backlog = channel.backlog();
  row.messages = backlog.count();
  row.bytes = backlog.payload_bytes();
  row.subscribers = channel.held();
  row.etag = channel.newest();
  if (!backlog.empty()) row.last = backlog[backlog.count() - 1].published;
  return row;
}

}  // namespace

ChannelPage Overseer::list(const ChannelQuery& query) {
  // By name, so that a channel that is visited twice is in it once. One more than is asked for, to know whether there
  // is.
  std::map<std::string, ChannelRow, std::less<>> rows;
  hub_.registry().each_in_pieces([&](const Channel& channel) {
    if (channel.only_staged()) return;
    const std::string& name = channel.name();
    if (!name.starts_with(query.prefix) || name <= query.after) return;
    if (rows.size() > query.limit) {
      const auto last = std::prev(rows.end());
      if (name >= last->first) return;
      rows.erase(last);
    }
    rows.insert_or_assign(name, row_of(channel));
  });
  ChannelPage page;
  page.more = rows.size() > query.limit;
  if (page.more) rows.erase(std::prev(rows.end()));
  page.rows.reserve(rows.size());
  for (auto& [name, row] : rows) page.rows.push_back(std::move(row));
  return page;
}

std::optional<ChannelDetail> Overseer::describe(std::string_view name, std::size_t most_messages, Time now) {
  Registry& registry = hub_.registry();
  const Registry::ShardLock lock(registry, Registry::mask_of(name));
  const Channel* channel = registry.find(name, now);
  if (!channel || channel->only_staged()) return std::nullopt;
  ChannelDetail detail{row_of(*channel), {}};
  const Backlog& backlog = channel->backlog();
  const std::size_t count = std::min(backlog.count(), most_messages);
  detail.messages.reserve(count);
  for (std::size_t i = 0; i < count; ++i) detail.messages.push_back(backlog[backlog.count() - 1 - i]);
  return detail;
}

std::optional<Resume> Overseer::read(std::string_view name, Cursor after, std::size_t max_bytes, Time now) {
  Registry& registry = hub_.registry();
  const Registry::ShardLock lock(registry, Registry::mask_of(name));
  const Channel* channel = registry.find(name, now);
  if (!channel || channel->only_staged()) return std::nullopt;
  return channel->since(after, max_bytes);
}

std::optional<Overseer::Kicked> Overseer::kick(std::string_view name, const KickOrder& order, Time now) {
  Kicked kicked{0, false};
  Ready ready;
  {
    Registry& registry = hub_.registry();
    const Registry::ShardLock lock(registry, Registry::mask_of(name));
    Channel* channel = registry.find(name, now);
    if (!channel || channel->only_staged()) return std::nullopt;
    // Their cids don't change while they sit there, and whoever is seated is whole: reading them here is safe.
    const auto meant = [&](const Seat& seat) {
      return (!order.seat || seat.arrival == *order.seat) && (!order.cid || seat.subscriber->cid() == *order.cid);
    };
    for (LoopId loop = 0; loop < channel->groups().size(); ++loop) {
      Group* group = channel->group_if(loop);
      if (!group) continue;
      for (const Seat& seat : group->seats) {
        if (!meant(seat) || group->evicted(seat)) continue;
        if (kicked.seats == kMostKicks) {
          kicked.more = true;
          break;
        }
        group->evictions.push_back(Eviction{seat.arrival, 0, false, group->pending.size(), Ending::kicked});
        ++kicked.seats;
        --channel->held_;
        Hub::queue(*channel, loop, *group, ready);
      }
    }
    if (kicked.seats > 0 && channel->held_ == 0 && channel->tenant) {
      channel->tenant_left(now);
      registry.settle(*channel);
    }
  }
  hub_.notify(ready);
  return kicked;
}

}  // namespace martd::push
