#include "store/recent_rows.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace martd::store {
namespace {

const std::string kColumns(kMessageColumns);

/// What moving a message costs, in units of some 4 µs: large ones fill page after page.
std::uint32_t work_of(std::size_t payload) { return static_cast<std::uint32_t>(1 + payload / 128); }

}  // namespace

RecentRows::RecentRows(Database& database, std::size_t most)
    : database_(database),
      most_(most),
      all_(database, "SELECT place, channel, number, floor, length(payload) FROM unmoved ORDER BY place"),
      insert_(database, "INSERT INTO recent(" + kColumns + ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"),
      insert_at_(database, "INSERT INTO recent(" + kColumns + ", place) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"),
      delete_(database, "DELETE FROM recent WHERE place=?1"),
      delete_below_(database, "DELETE FROM messages WHERE channel=?1 AND number<?2"),
      move_(database, "INSERT INTO messages(" + kColumns + ") SELECT " + kColumns + " FROM recent WHERE place=?1"),
      meta_(database, "UPDATE meta SET value=?2 WHERE name=?1"),
      delete_until_(database, "DELETE FROM recent WHERE place<=?1"),
      clear_(database, "DELETE FROM recent"),
      delete_some_(database,
                   "DELETE FROM recent WHERE place IN "
                   "(SELECT place FROM recent EXCEPT SELECT place FROM unmoved LIMIT ?1)") {}

void RecentRows::learn() {
  if (std::exchange(known_, true)) return;
  channels_.clear();
  moving_.clear();
  unmoved_ = added_ = 0;
  while (all_.step()) remember(all_.number(1), all_.count(3), {all_.count(2), all_.number(0), work_of(all_.count(4))});
  all_.reset();
  const auto rows = database_.one("SELECT count(*) FROM recent").value_or(0);
  moved_ = static_cast<std::size_t>(rows) - unmoved_;
  until_ = database_.one("SELECT value FROM meta WHERE name='moved_place'").value_or(0);
  noted_ = until_ != 0;
  next_place_ = std::max(until_, database_.one("SELECT max(place) FROM recent").value_or(0)) + 1;
  for (const auto& [channel, of] : channels_)
    if (of.rows.front().place <= until_) moving_.push_back(channel);
  std::ranges::sort(moving_, std::greater());
}

void RecentRows::remember(std::int64_t channel, std::uint64_t floor, const Row& row) {
  Rows& of = channels_[channel];
  of.floor = std::max(of.floor, floor);
  of.rows.push_back(row);
  ++unmoved_;
}

/// It changes as many rows as we know of, or the table isn't what we take it for: then the transaction fails, and
/// nothing is lost.
bool RecentRows::changes(Statement& statement, std::size_t rows) {
  if (!statement.run()) return false;
  const bool right = static_cast<std::size_t>(sqlite3_changes(database_.handle())) == rows;
  if (!right) database_.note(SQLITE_CORRUPT);
  return right;
}

void RecentRows::add(const MessageRow& row) {
  std::int64_t place = next_place_;
  if (is_moving()) {
    // The last row may be gone, and its place must not be had again by one that would count as moved.
    if (!bind(insert_at_, row).bind(11, place).run()) return;
  } else {
    // SQLite has the end of the table at hand, where it need not look for the place.
    if (!bind(insert_, row).run()) return;
    place = sqlite3_last_insert_rowid(database_.handle());
  }
  next_place_ = place + 1;
  remember(row.channel, row.floor, {row.number, place, work_of(row.message.content->payload.size())});
  ++added_;
}

void RecentRows::raise_floor(std::int64_t channel, std::uint64_t floor) {
  const auto found = channels_.find(channel);
  if (found != channels_.end()) found->second.floor = std::max(found->second.floor, floor);
}

void RecentRows::drop_below(std::int64_t channel, std::uint64_t floor) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  auto& rows = found->second.rows;
  const auto kept = std::ranges::find_if(rows, [&](const Row& row) { return row.number >= floor; });
  for (auto row = rows.begin(); row != kept; ++row)
    if (!changes(delete_.bind(1, row->place), 1)) return;
  unmoved_ -= static_cast<std::size_t>(kept - rows.begin());
  rows.erase(rows.begin(), kept);
  if (rows.empty()) channels_.erase(found);
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
  if (unmoved_ < kTelling) return;
  const bool worth = unmoved_ >= kWorth * channels_.size();
  rest_ = pause_ = worth ? 0 : std::clamp(2 * pause_, most_, kLongest * most_);
}

// --- moving ---

void RecentRows::relieve() {
  // What comes meanwhile must not come faster than what was there goes.
  constexpr std::size_t kAhead = 8;
  const std::size_t added = std::exchange(added_, 0);
  if (cramped_) return tidy_up();
  if (!is_moving()) {
    if (unmoved_ < most_) return;
    begin_moving();
  }
  std::size_t work = std::max({most_ / 4, kAhead * added, std::size_t{1}});
  while (!moving_.empty()) {
    if (work == 0) return note_moved(until_, last_channel_, last_number_);
    const auto found = channels_.find(moving_.back());
    if (found != channels_.end() && found->second.rows.front().place <= until_) {
      if (!move(found->first, found->second, work)) return;
      if (found->second.rows.empty()) {
        channels_.erase(found);
      } else if (found->second.rows.front().place <= until_) {
        continue;  // there was more of it than could be done
      }
    }
    moving_.pop_back();
  }
  delete_moved();
}

void RecentRows::tidy_up() {
  constexpr std::size_t kSome = 16;
  if (!is_moving() || !delete_some_.bind(1, std::uint64_t{kSome}).run()) return;
  const auto gone = static_cast<std::size_t>(sqlite3_changes(database_.handle()));
  moved_ -= std::min(gone, moved_);
  if (gone == kSome) return;
  // All that is left is unmoved, as if nothing had begun.
  moving_.clear();
  until_ = 0;
  if (noted_) note_moved(0, 0, 0);
}

void RecentRows::begin_moving() {
  assess();
  until_ = next_place_ - 1;
  last_channel_ = 0;
  last_number_ = 0;
  for (const auto& [channel, of] : channels_) moving_.push_back(channel);
  std::ranges::sort(moving_, std::greater());
}

/// Until there is no work left, one row at least. False: it failed.
bool RecentRows::move(std::int64_t channel, Rows& of, std::size_t& work) {
  const auto take = [&](std::size_t some) { work -= std::min(work, some); };
  if (of.floor > 1) {
    if (!delete_below_.bind(1, channel).bind(2, of.floor).run()) return false;
    take(1);
  }
  auto row = of.rows.begin();
  do {
    last_channel_ = channel;
    last_number_ = row->number;
    if (row->number < of.floor) continue;
    if (!changes(move_.bind(1, row->place), 1)) return false;
    take(row->work);
  } while (++row != of.rows.end() && row->place <= until_ && work > 0);
  const auto count = static_cast<std::size_t>(row - of.rows.begin());
  unmoved_ -= count;
  moved_ += count;
  of.rows.erase(of.rows.begin(), row);
  return true;
}

void RecentRows::note_moved(std::int64_t place, std::int64_t channel, std::uint64_t number) {
  meta_.bind_text(1, "moved_place").bind(2, place).run();
  meta_.bind_text(1, "moved_channel").bind(2, channel).run();
  meta_.bind_text(1, "moved_number").bind(2, number).run();
  noted_ = place != 0;
}

void RecentRows::delete_moved() {
  // All of a table is let go of without a look at its rows.
  if (!changes(unmoved_ == 0 ? clear_ : delete_until_.bind(1, until_), moved_)) return;
  moved_ = 0;
  if (noted_) note_moved(0, 0, 0);
}

}  // namespace martd::store
