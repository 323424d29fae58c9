// A store whose disk is full, and whether it still is.

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "store/sqlite_store.h"

namespace martd::store {

namespace {

/// A probe as large as what failed, within reason: a full disk has room for a few bytes.
constexpr std::size_t kMostProbed = std::size_t{4} << 20;

}  // namespace

/// Where the file can't grow: in transactions that are small, for what there is room in the log. What adds nothing
/// comes through, whatever stands beside it.
void SqliteStore::write_in_slices() {
  std::vector<push::StoreEntryPtr> all = std::exchange(batch_, {});
  // With `interval` messages that are over by now stand before what says so, and together they take no room.
  constexpr std::size_t kUsual = 256;
  std::size_t most = settings_.durability == push::Durability::interval ? all.size() : kUsual;
  const std::size_t most_bytes = room_.share();
  const auto give_back = [&](std::size_t from) {
    batch_.insert(batch_.end(), std::move_iterator(all.begin() + static_cast<std::ptrdiff_t>(from)),
                  std::move_iterator(all.end()));
  };
  std::size_t begin = 0;
  while (begin < all.size()) {
    const bool keeps = all[begin]->keeps();
    const bool adds = all[begin]->adds();
    std::size_t bytes = all[begin]->cost();
    std::size_t end = begin + 1;
    const auto joins = [&](const push::StoreEntry& entry) {
      if (end - begin >= most || entry.keeps() != keeps) return false;
      return keeps || (adds && entry.adds() && bytes + entry.cost() <= most_bytes);
    };
    for (; end < all.size() && joins(*all[end]); ++end) bytes += all[end]->cost();
    for (std::size_t i = begin; i < end; ++i) batch_.push_back(std::move(all[i]));
    if (full_ && adds && !keeps) {
      settle_batch(false);
      begin = end;
      continue;
    }
    if (write_batch() || (full_ && !keeps)) {
      begin = end;
      continue;
    }
    // What it keeps is in the batch again.
    if (!full_ || end - begin == 1) {
      give_back(end);
      return settle_batch(false);
    }
    std::ranges::move(batch_, all.begin() + static_cast<std::ptrdiff_t>(begin));
    batch_.clear();
    most = (end - begin) / 2;
    // Only the transaction may have been too large.
    loosen();
  }
}

/// After what could be written was: whether the file may grow again, and whether pushes are taken again.
void SqliteStore::recover() {
  loosen();
  if (!full_ || !batch_.empty()) return;
  // As much as what failed, but no more than a transaction may have in a file that can't grow: what will never fit
  // doesn't hold up all others.
  if (probe(std::min(failed_bytes_, room_.share())) && probe(0)) return recovered();
  const bool full = database_.fault().full();
  failed();
  if (full) cramp();
}

void SqliteStore::cramp() {
  room_.cramp();
  if (writer_) writer_->cramp(true);
}

void SqliteStore::loosen() {
  if (room_.loosen() && !full_) writer_->cramp(false);
}

/// Whether about so much can be written. Fails as the database does.
bool SqliteStore::probe(std::size_t bytes) {
  Database& db = database_;
  db.notice_move();
  db.run("BEGIN IMMEDIATE; DELETE FROM probe");
  Statement(db, "INSERT INTO probe VALUES(zeroblob(?1))")
      .bind(1, std::uint64_t{std::min(bytes, kMostProbed) + 16})
      .run();
  db.place();
  db.run("COMMIT");
  if (db.failed()) writer_->roll_back();
  return !db.failed();
}

}  // namespace martd::store
