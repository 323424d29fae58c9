#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/refusal.h"
#include "http/body_budget.h"
#include "http/incoming.h"
#include "http/request_limits.h"
#include "http/router.h"
#include "http/settings.h"
#include "wire/head_reader.h"
#include "wire/request_head.h"

namespace martd::http {

/// Reads the requests of one connection (RFC 9112): bytes in, whole heads and whole bodies out, in their order. It
/// keeps what came ahead of its turn, and what there is of a request that isn't whole.
///
/// Its connection owns it, as one of very many: what it goes by is given with each call, and while nothing is under way
/// it has no memory of its own. It knows no socket, no clock, and nobody who answers. On the connection's loop.
///
/// One turn: begin_turn(), then heads and bodies as long as there are some, then end_turn().
class RequestReader {
 public:
  /// What is there in a turn and isn't read yet. Views are valid until end_turn().
  struct Unread {
    std::string_view bytes;
    std::size_t looked = 0;  ///< bytes at the front that are part of a head, and were looked through for its end
  };

  /// What waits, with `came` behind it.
  Unread begin_turn(std::string_view came) { return input_ ? join(came) : Unread{came, 0}; }
  /// `rest` waits for the next turn; it is the end of what begin_turn() gave, or empty.
  void end_turn(std::string_view rest) {
    if (input_ || !rest.empty()) wait_with(rest);
  }
  /// `ahead` waits behind what does already, while it isn't the time for a next request.
  void keep(std::string_view ahead);
  /// How many bytes wait.
  std::size_t waiting() const { return input_ ? input_->size() : 0; }
  /// Gives up what waits, for another protocol.
  std::string release();
  /// Nothing more is read: lets go of the request that isn't whole. What waits stays until the turn ends.
  void give_up();

  // --- heads ---

  /// A head has come in part, and what is next is to come in time.
  bool in_head() const { return head_begun_; }
  /// Drops the blank lines before a request (RFC 9112 section 2.2). False: nothing is left.
  static bool reach_request(Unread& unread) {
    while (unread.bytes.starts_with("\r\n")) unread.bytes.remove_prefix(2);
    return !unread.bytes.empty();
  }
  /// The next head with its empty line, off the front of `unread`, which has reached it. Empty: it isn't whole.
  std::string_view next_head(Unread& unread) {
    const std::string_view bytes = unread.bytes;
    const std::size_t end = wire::head_end(bytes, std::min(std::exchange(unread.looked, 0), bytes.size()));
    if (end != 0) pass(unread, end);
    return bytes.substr(0, end);
  }
  /// Of a head that isn't whole: in_head() from now on. 414 or 431 where it is longer than it may be even so.
  std::optional<Refusal> await_head(const Unread& unread, const Settings& settings);
  /// A head that was understood otherwise is passed over: `bytes` at the front of `unread`.
  void pass(Unread& unread, std::size_t bytes) {
    unread.bytes.remove_prefix(bytes);
    head_begun_ = false;
  }
  /// Reads what next_head() gave into `head`, of views into it. Refused as by wire::read_request_head(), and with 414
  /// or 431 where it is too long; `head` is then as that leaves it.
  static std::optional<Refusal> read_head(std::string_view bytes, const Settings& settings, wire::RequestHead& head) {
    if (bytes.size() > HeadLimits::kTarget) return read_long_head(bytes, settings, head);
    return wire::read_request_head(bytes, HeadLimits::kTarget, head);
  }

  // --- bodies ---

  /// The request whose body is coming; null: none.
  const Incoming* incoming() const { return incoming_.get(); }
  /// The body that `head` announces, off the front of `bytes`, where all of it is there and its length is known.
  static std::optional<std::string_view> whole_body(const wire::RequestHead& head, std::string_view& bytes) {
    const std::uint64_t length = head.content_length.value_or(0);
    if (head.chunked || length > bytes.size()) return std::nullopt;
    const std::string_view body = bytes.substr(0, length);
    bytes.remove_prefix(length);
    return body;
  }
  /// A body is to come that `head` announces, which was read from `bytes`, and nothing is against it. That of a push or
  /// a form is kept, in the room of `budget`; any other is read away. False, and nothing is done: there is no room.
  bool await_body(const wire::RequestHead& head, std::string_view bytes, Route route, const Settings& settings,
                  BodyBudget& budget);
  /// Likewise of a request that was refused: its body is read away (can_read_away()).
  void read_away(std::string_view bytes);
  /// Reads on in the awaited body, and returns its request once it is whole; null: more is to come. Refused with 400
  /// where it is malformed, 413 where it is too long, 503 where there is no more room; incoming() is still there then.
  Result<std::unique_ptr<Incoming>> read_body(Unread& unread, const Settings& settings);

 private:
  Unread join(std::string_view came);
  void wait_with(std::string_view rest);
  static std::optional<Refusal> read_long_head(std::string_view bytes, const Settings& settings,
                                               wire::RequestHead& head);

  std::unique_ptr<Incoming> incoming_;
  std::unique_ptr<std::string> input_;  ///< an unfinished head, or what came before its turn
  bool head_begun_ = false;
};

/// Why a body isn't taken now, though nothing is wrong with it.
Refusal no_room_for_body();

}  // namespace martd::http
