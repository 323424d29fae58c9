#include "store/recent_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace martd::store {

Statement& bind(Statement& statement, const MessageRow& row) {
  const push::Content& content = *row.message.content;
  std::optional<std::int64_t> expire;
  if (content.expire) expire = content.expire->count();
  return statement.bind(1, row.channel)
      .bind(2, row.number)
      .bind(3, row.floor)
      .bind(4, std::int64_t{row.message.published.time_since_epoch().count()})
      .bind(5, expire)
      .bind_blob(6, content.content_type)
      .bind_blob(7, content.event)
      .bind_blob(8, content.id)
      .bind_blob(9, content.payload);
}

RecentRows::RecentRows(Database& database, std::size_t most)
    : database_(database),
      most_(most),
      all_(database, "SELECT place, channel, number, floor FROM recent ORDER BY place"),
      insert_(database,
              "INSERT INTO recent(channel, number, floor, published, expire, type, event, id, payload) "
              "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"),
      delete_below_(database, "DELETE FROM messages WHERE channel=?1 AND number<?2"),
      move_(database,
            "INSERT INTO messages(channel, number, floor, published, expire, type, event, id, payload) "
            "SELECT channel, number, floor, published, expire, type, event, id, payload FROM recent WHERE place=?1"),
      clear_(database, "DELETE FROM recent") {}

void RecentRows::learn() {
  if (std::exchange(known_, true)) return;
  rows_.clear();
  floors_.clear();
  while (all_.step()) remember({all_.number(1), all_.count(2), all_.number(0)}, all_.count(3));
  all_.reset();
}

void RecentRows::remember(const Row& row, std::uint64_t floor) {
  rows_.push_back(row);
  std::uint64_t& known = floors_[row.channel];
  known = std::max(known, floor);
}

void RecentRows::add(const MessageRow& row) {
  if (!bind(insert_, row).run()) return;
  remember({row.channel, row.number, sqlite3_last_insert_rowid(database_.handle())}, row.floor);
}

void RecentRows::raise_floor(std::int64_t channel, std::uint64_t floor) {
  const auto found = floors_.find(channel);
  if (found != floors_.end()) found->second = std::max(found->second, floor);
}

bool RecentRows::rests() {
  if (rest_ == 0) return false;
  --rest_;
  return true;
}

/// Whether appending was worth it. If not, the next try is ever later, within reason.
void RecentRows::assess() {
  constexpr std::size_t kTelling = 32;  // rows; fewer tell nothing
  constexpr std::size_t kWorth = 3;     // rows of a channel that are moved together
  constexpr std::size_t kLongest = 8;
  if (rows_.size() < kTelling) return;
  const bool worth = rows_.size() >= kWorth * floors_.size();
  rest_ = pause_ = worth ? 0 : std::clamp(2 * pause_, most_, kLongest * most_);
}

void RecentRows::merge() {
  // Changes as many rows as we know of, or the table isn't what we take it for: then nothing is moved, nor lost.
  const auto changes = [&](Statement& statement, std::size_t rows) {
    if (!statement.run()) return false;
    const bool right = static_cast<std::size_t>(sqlite3_changes(database_.handle())) == rows;
    if (!right) database_.note(SQLITE_CORRUPT);
    return right;
  };
  std::ranges::sort(rows_, {}, [](const Row& row) { return std::pair(row.channel, row.number); });
  std::int64_t channel = 0;
  std::uint64_t floor = 0;
  for (const Row& row : rows_) {
    if (row.channel != channel) {
      channel = row.channel;
      floor = floors_.at(channel);
      if (floor > 1) delete_below_.bind(1, channel).bind(2, floor).run();
    }
    if (row.number >= floor && !changes(move_.bind(1, row.place), 1)) return;
  }
  if (!changes(clear_, rows_.size())) return;
  assess();
  rows_.clear();
  floors_.clear();
}

}  // namespace martd::store
