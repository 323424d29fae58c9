#include "forward/last_piece.h"

namespace martd::forward {

std::unique_ptr<LastPiece> LastPiece::of(const wire::AnswerHead& head, const Settings& settings) {
  auto push = SitePush::of(head, settings);
  return push ? std::make_unique<LastPiece>(*std::move(push)) : nullptr;
}

void LastPiece::begin(follow::Desk& desk, follow::PushWaiter& waiter) {
  if (!push_.wants_body()) push_.publish(desk, waiter);
}

std::string LastPiece::keep(std::string_view piece) {
  if (push_.wants_body()) push_.feed(piece);
  return std::exchange(piece_, std::string(piece));
}

void LastPiece::end(follow::Desk& desk, follow::PushWaiter& waiter) {
  if (push_.wants_body()) push_.publish(desk, waiter);
}

void LastPiece::keep_end(std::string head, Time due) {
  head_ = std::move(head);
  due_ = due;
}

}  // namespace martd::forward
