#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "push/cursor.h"
#include "push/loop_port.h"
#include "push/push_job.h"

namespace martd::push {
class Hub;
}  // namespace martd::push

/// What tests of all rooms ask of a hub.
namespace martd::push::test {

inline constexpr Time kStart{std::chrono::seconds{1763600000}};

ContentPtr content(std::string payload, std::string id = {}, std::optional<Duration> expire = {});

inline Cursor after(Etag etag) { return {Cursor::Kind::after, etag}; }
inline constexpr Cursor kAll{};
inline constexpr Cursor kNow{Cursor::Kind::now, Etag{}};

/// Numbers its tickets itself.
class TestTickets final : public Tickets {
 public:
  AnswerTo draw() override { return {0, ++drawn}; }

  std::uint64_t drawn = 0;  ///< the last
};

/// Where everything is answered at once.
TestTickets& no_tickets();

Claim claim(std::string key = {}, bool allowed = true);

/// Of a hub that answers at once.
PushResult<Receipts> publish_in(Hub& hub, const std::string& channel, ContentPtr what, Time now,
                                const Attributes& attributes = {});
PushResult<Cleared> clear_in(Hub& hub, const std::string& channel, Time now, Claim by = claim());

}  // namespace martd::push::test
