#include "store/room.h"

#include <algorithm>

#include "store/store_file.h"

namespace martd::store {

namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

void Room::cramp() {
  cramped_ = true;
  // Also lets go of what a transaction that failed has left in the log.
  database_.one("PRAGMA wal_checkpoint(TRUNCATE)");
  database_.clear_fault();
  reserve_.lend(real_name(file_) + "-wal");
  database_.may_grow(false);
  database_.one("PRAGMA wal_autocheckpoint=" + std::to_string(share() / kPage));
  database_.clear_fault();
}

bool Room::loosen() {
  if (!reserve_.hold(reserve_.size())) return false;
  cramped_ = false;
  constexpr std::size_t kMostPages = 4000;
  database_.may_grow(true);
  database_.one("PRAGMA wal_autocheckpoint=" + std::to_string(std::min(kMostPages, reserve_.size() / kPage)));
  database_.clear_fault();
  return true;
}

}  // namespace martd::store
