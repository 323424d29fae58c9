#include "push/subscriber.h"

#include "push/channel.h"

namespace martd::push {

Seat& Subscriber::seat(std::uint32_t slot) const {
  const SeatRef& ref = seats_[slot];
  return ref.group->seats[ref.index];
}

void Subscriber::fall_behind(Seat& seat) {
  if (seat.behind) return;
  seat.behind = 1;
  ++seat.subscriber->behind_;
}

void Subscriber::keep_up(Seat& seat) {
  if (!seat.behind) return;
  seat.behind = 0;
  --seat.subscriber->behind_;
}

std::string_view Subscriber::channel(std::uint32_t slot) const { return seats_[slot].group->channel.name(); }

Etag Subscriber::cursor(std::uint32_t slot) const { return seat(slot).cursor; }

bool Subscriber::behind(std::uint32_t slot) const { return seat(slot).behind; }

void Subscriber::advance(std::uint32_t slot, Etag cursor) { seat(slot).cursor = cursor; }

}  // namespace martd::push
