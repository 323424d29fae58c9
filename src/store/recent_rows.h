#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "push/message.h"
#include "store/database.h"

namespace martd::store {

/// A message as it stands in a table. `message` must live until it was bound and run.
struct MessageRow {
  std::int64_t channel;  ///< the id of the channel's row
  std::uint64_t number;
  std::uint64_t floor;
  const push::Message& message;
};

/// `?1` to `?9`, in the order of the columns.
Statement& bind(Statement& statement, const MessageRow& row);

/// The table `recent`: where pushes to many channels are appended side by side, so that a transaction of theirs writes
/// few pages. Before it grows too large all of it is moved to `messages`, where each channel has pages of its own; what
/// is over by then is never moved.
///
/// Within a transaction of who owns it. Remembers the rows' places, but no message.
class RecentRows {
 public:
  /// `database` must outlive it. `most` rows are kept, about. Knows nothing yet: see learn().
  RecentRows(Database& database, std::size_t most);

  /// In a transaction: what the table has, where that isn't known. Before anything below.
  void learn();
  /// The transaction was taken back: what is known isn't so any more.
  void unlearn() { known_ = false; }

  void add(const MessageRow& row);
  /// Of this channel nothing below `floor` is kept, says a row of `messages`.
  void raise_floor(std::int64_t channel, std::uint64_t floor);
  bool full() const { return rows_.size() >= most_; }
  /// Whether what comes goes to `messages` itself for a while, as each channel had few rows lately: a page is
  /// written for each then, sooner or later. To be asked once for the messages of a channel.
  bool rests();
  /// Moves what is kept, deletes in `messages` what it made way for, and is empty.
  void merge();
  /// So that `messages` has all of this channel: its rows here can't be deleted one by one.
  void merge_if_any(std::int64_t channel) {
    if (floors_.contains(channel)) merge();
  }

 private:
  struct Row {
    std::int64_t channel;
    std::uint64_t number;
    std::int64_t place;
  };

  void remember(const Row& row, std::uint64_t floor);
  void assess();

  Database& database_;
  const std::size_t most_;
  bool known_ = false;
  std::size_t rest_ = 0;                                    ///< times that it still rests
  std::size_t pause_ = 0;                                   ///< how long the last rest was
  std::vector<Row> rows_;                                   ///< all of the table
  std::unordered_map<std::int64_t, std::uint64_t> floors_;  ///< of each channel that has rows
  Statement all_, insert_, delete_below_, move_, clear_;
};

}  // namespace martd::store
