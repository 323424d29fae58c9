#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "store/database.h"
#include "store/message_row.h"

namespace martd::store {

/// The table `recent`: where pushes to many channels are appended side by side, so that a transaction of theirs writes
/// few pages. When it is full what is kept of it is moved to `messages`, where each channel has pages of its own; what
/// has expired by then is never moved.
///
/// One transaction moves as many rows as some milliseconds allow: channel by channel, and within one by rising numbers.
/// `meta` says how far the move has come, and the view `unmoved` has the rows behind that. The rows that were moved are
/// deleted in the end, all at once, as they lie side by side.
///
/// Everything happens within a transaction of its owner's. It remembers which rows there are, but no message.
class RecentRows {
 public:
  /// `database` must outlive it. The table keeps about `most` rows. What it has is unknown before learn().
  RecentRows(Database& database, std::size_t most);

  /// Reads what the table has, if that isn't known. To be called in each transaction before anything below.
  void learn();
  /// The transaction was rolled back, so what was known of the table no longer holds.
  void unlearn() { known_ = false; }

  void add(const MessageRow& row);
  /// A row of `messages` says that nothing of this channel below `floor` is kept.
  void raise_floor(std::int64_t channel, std::uint64_t floor);
  /// Deletes what this channel has below `floor`. In `messages` that is the caller's to do, in the same transaction: of
  /// rows that are over, none may be left that another one told of.
  void drop_below(std::int64_t channel, std::uint64_t floor);
  /// Whether what comes goes to `messages` itself for a while, as each channel had few rows lately: a page is
  /// written for each then, sooner or later. To be asked once for the messages of a channel.
  bool rests();
  /// Once, at the end of a transaction: moves a part of it, where it is full or a part was moved already.
  void relieve();
  /// While the disk is full, relieve() moves nothing, as a move takes room before it gives any: the table may have more
  /// rows than it should, and rows that were moved are deleted, a few at a time.
  void cramp(bool cramped) { cramped_ = cramped; }

 private:
  struct Row {
    std::uint64_t number;
    std::int64_t place;
    std::uint32_t work;  ///< what moving it costs: 1 for a small one
  };
  /// A channel's rows that aren't moved yet, by rising number.
  struct Rows {
    std::uint64_t floor = 0;
    std::vector<Row> rows;
  };

  bool changes(Statement& statement, std::size_t rows);
  void remember(std::int64_t channel, std::uint64_t floor, const Row& row);
  void begin_moving();
  bool move(std::int64_t channel, Rows& of, std::size_t& work);
  bool is_moving() const { return noted_ || !moving_.empty(); }
  void note_moved(std::int64_t place, std::int64_t channel, std::uint64_t number);
  void delete_moved();
  void tidy_up();
  void assess();

  Database& database_;
  const std::size_t most_;
  bool known_ = false;
  bool cramped_ = false;
  std::size_t rest_ = 0;   ///< times that it still rests
  std::size_t pause_ = 0;  ///< how long the last rest was
  std::size_t added_ = 0;  ///< rows since the last relieve()
  std::int64_t next_place_ = 1;
  std::unordered_map<std::int64_t, Rows> channels_;
  std::size_t unmoved_ = 0;  ///< rows of all channels
  std::size_t moved_ = 0;    ///< rows of the table that are moved, or over
  // While a part is moved:
  std::vector<std::int64_t> moving_;  ///< channels that still have rows up to `until_`, the next one last
  std::int64_t until_ = 0;            ///< only rows up to this place are moved
  std::int64_t last_channel_ = 0;     ///< up to this one, and in it
  std::uint64_t last_number_ = 0;     ///< up to this number
  bool noted_ = false;                ///< `meta` says so
  Statement all_, insert_, insert_at_, delete_, delete_below_, move_, meta_, delete_until_, clear_, delete_some_;
};

}  // namespace martd::store
