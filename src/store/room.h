#pragma once

#include <cstddef>
#include <string>

#include "store/database.h"
#include "store/reserve.h"

namespace martd::store {

/// The room that a store's file has on its disk. Only deleting helps on a full disk, and deleting takes room first: so
/// a Reserve is kept, and lent to the write-ahead log where there is no room. From then on the file doesn't grow, and
/// transactions are to be small: it is *cramped*, until the reserve could be had again. On the store's thread.
class Room {
 public:
  /// `database` must outlive it, and is the file's. `reserve_name`: of the reserve's file; empty: none is kept.
  Room(Database& database, std::string file, std::string reserve_name)
      : database_(database), file_(std::move(file)), reserve_(std::move(reserve_name)) {}

  /// At the start, when the log and its index need room: on a full disk the reserve is all there is.
  void release() { reserve_.release(); }
  /// Returns whether the least that is needed could be kept.
  bool hold_least() { return reserve_.hold(Reserve::kLeast); }

  void cramp();
  /// Returns whether the file may grow again: as much as the reserve is free besides, or it would be full again at
  /// once.
  bool loosen();
  bool cramped() const { return cramped_; }
  /// What a transaction may take while the file can't grow, in bytes.
  std::size_t share() const { return reserve_.size() / 4; }

 private:
  Database& database_;
  std::string file_;
  Reserve reserve_;
  bool cramped_ = false;
};

}  // namespace martd::store
