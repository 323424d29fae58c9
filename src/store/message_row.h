#pragma once

#include <cstdint>
#include <string_view>

#include "push/message.h"
#include "store/database.h"

namespace martd::store {

/// The columns of a message, alike in both tables that have messages.
inline constexpr std::string_view kMessageColumns =
    "channel, number, floor, published, expire, type, event, id, payload, lost";

/// A message as it stands in a table. `message` must live until it was bound and run.
struct MessageRow {
  std::int64_t channel;  ///< the id of the channel's row
  std::uint64_t number;
  std::uint64_t floor;
  std::uint64_t lost;
  const push::Message& message;
};

/// `?1` to `?10`, in the order of the columns.
Statement& bind(Statement& statement, const MessageRow& row);

/// The message of a row that was selected by kMessageColumns, in a channel with this origin.
push::Message message_at(const Statement& row, push::Etag origin);

}  // namespace martd::store
