#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forward/settings.h"
#include "push/push_job.h"
#include "wire/answer_head.h"
#include "wire/publish_request.h"

namespace martd::follow {
class PushWaiter;
}
namespace martd::follow {
class Desk;
}

namespace martd::forward {

/// What the site asks to be published with an answer of its: each header `Martd-Publish: <query as of /pub>` publishes
/// what `Martd-Payload` holds, or with `body=1` the answer's body. Where there are as many payloads as queries, each
/// query has its own; else the first serves all. Contract section 6.
///
/// The answer itself never changes: the log is told what can't be published. Only the end of the answer waits until
/// what was published can be seen, which with a store may be later.
class SitePush {
 public:
  /// Returns nullopt if the answer asks for nothing.
  static std::optional<SitePush> of(const wire::AnswerHead& head, const Settings& settings);

  /// Some query wants the body: feed() gets all of it, and publish() comes before its last byte is passed on.
  bool wants_body() const { return wants_body_; }
  void feed(std::string_view piece);
  /// All of it, once: with wants_body() when the body is whole, else at once. Where the store is to answer first,
  /// `waiter` is told, and tells this by settled().
  void publish(follow::Desk& desk, follow::PushWaiter& waiter);
  /// The store has not answered to all of it yet.
  bool waits() const { return !tickets_.empty(); }
  void settled(std::uint64_t ticket, const push::PushAnswer& answer);
  /// Nobody waits any more. The log is still told what the store refuses from now on.
  void leave(follow::Desk& desk);

 private:
  struct Item {
    wire::PublishRequest request;
    std::string payload;
    bool body;
  };

  std::vector<Item> items_;
  std::vector<std::uint64_t> tickets_;  ///< what the store has not answered yet
  std::string body_;
  std::string body_type_;  ///< its Content-Type
  std::size_t max_payload_ = 0;
  bool wants_body_ = false;
  bool too_long_ = false;
};

}  // namespace martd::forward
