#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "forward/site_push.h"

namespace martd::forward {

/// The end of an answer that publishes, which comes after what it publishes can be seen: the newest piece of its body
/// is kept, one read of the site's, so that there is something left to come last; of an answer without a body, its
/// head. It knows neither socket nor clock.
class LastPiece {
 public:
  /// Null where the answer publishes nothing.
  static std::unique_ptr<LastPiece> of(const wire::AnswerHead& head, const Settings& settings);
  explicit LastPiece(SitePush push) : push_(std::move(push)) {}

  /// Publishes what doesn't need the answer's body. `waiter` is told what the store answers, and hands it to settled().
  void begin(follow::Desk& desk, follow::PushWaiter& waiter);
  /// Whether the newest piece, or the end, is still to be kept.
  bool keeps() const { return push_.wants_body() || push_.waits(); }
  /// Keeps `piece`; what is returned is the one before it, which may go.
  std::string keep(std::string_view piece);
  /// The site has said all of it: publishes what the body is for.
  void end(follow::Desk& desk, follow::PushWaiter& waiter);
  bool empty() const { return piece_.empty(); }
  /// The end waits until `due`, behind `head`: what was to be written, where there is no piece.
  void keep_end(std::string head, Time due);

  void settled(std::uint64_t ticket, const push::PushAnswer& answer) { push_.settled(ticket, answer); }
  /// When the store has had its time; the end of time while the end isn't kept.
  Time due() const { return due_; }
  /// The store isn't waited for any more. What it refuses is logged all the same.
  void leave(follow::Desk& desk) { push_.leave(desk); }

  // --- what was kept, when it may go ---
  bool ended() const { return due_ != kNever; }
  const std::string& head() const { return head_; }
  const std::string& piece() const { return piece_; }

 private:
  static constexpr Time kNever = Time::max();

  SitePush push_;
  std::string piece_;
  std::string head_;
  Time due_ = kNever;
};

}  // namespace martd::forward
