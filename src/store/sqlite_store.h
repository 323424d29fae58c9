#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "push/store.h"
#include "store/database.h"
#include "store/room.h"
#include "store/sqlite_writer.h"
#include "store/store_file.h"
#include "store/write_queue.h"

namespace martd::store {

struct StoreSettings {
  std::string file;
  push::Durability durability = push::Durability::always;
  std::string vfs;  ///< the name of a SQLite file layer, for tests; empty: the system's, with a lock on the file
  /// Told of what operators should know, on any thread: what is wrong, or that it is over.
  std::function<void(bool wrong, const std::string& line)> report;
  std::chrono::milliseconds first_pause{50};  ///< after a failure, before it is tried again; doubled up to 2 s
  std::size_t most_recent = SqliteWriter::kMostRecent;  ///< messages in the table that is appended to
};

/// How it is doing, at one moment.
struct StoreStatus {
  std::string problem;        ///< why nothing can be pushed now; empty: it can
  std::uint64_t commits = 0;  ///< since the start
  std::uint64_t entries = 0;  ///< that were written with them
  std::uint64_t failures = 0;
  std::size_t waiting = 0;        ///< entries
  std::size_t waiting_bytes = 0;  ///< what they take
  Duration committing{};          ///< how long the transaction under way has taken; 0: none is
  HistogramFigures durations;     ///< of transactions, from the first write to the end of the sync
};

/// A store in one SQLite file, on a thread of its own. What waits when it comes round (WriteQueue) is written in one
/// transaction, so that a thousand pushes cost few syncs (write-ahead log, synchronous=FULL).
///
/// Where a transaction fails, those in it that were only asked for are told so; what is true already is written again,
/// and until that succeeds nothing else is taken. It tries by itself, ever more seldom.
///
/// A full disk is another matter (Room). What a transaction adds to the file gets its blocks before the commit. While
/// the file can't grow, what adds nothing is written all the same, and pushes are taken again as soon as what is free
/// within the file is enough for them.
///
/// What becomes of a transaction that failed, and of each of its entries, is one decision with many cases: it stands
/// here together.
class SqliteStore final : public push::Store {
 public:
  /// Opens or makes the file; an older one is brought up to date. `now`: what a new file knows nothing of. What is
  /// wrong, as a sentence without the file's name.
  static std::variant<std::unique_ptr<SqliteStore>, std::string> open(StoreSettings settings, Time now);
  ~SqliteStore() override;

  /// Before start().
  std::optional<std::string> load(push::StoreReader& reader) { return read_store(database_, reader); }
  void start();
  /// Writes what waits and ends the thread. False: something that is true already could not be written.
  bool stop();

  std::optional<std::string> refusal(bool adds) const override;
  void submit(push::StoreEntryPtr entry) override;
  void submit_lazily(push::StoreEntryPtr entry) override;
  void after_settling(std::function<void()> call) override { after_settling_ = std::move(call); }

  /// Any thread.
  StoreStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;

  SqliteStore(StoreSettings settings, std::optional<StoreLock> lock);
  std::optional<std::string> prepare(Time now);
  void run();
  bool await_work();
  bool write_batch();
  void write_in_slices();
  void recover();
  void cramp();
  void loosen();
  void settle_batch(bool on_disk);
  void failed();
  void recovered();
  bool probe(std::size_t bytes);
  void give_up();
  void put_whole();

  const StoreSettings settings_;
  std::optional<StoreLock> lock_;
  Room room_;  ///< its reserve is taken back when the database is closed
  Database database_;
  std::optional<SqliteWriter> writer_;

  std::function<void()> after_settling_;
  WriteQueue queue_;

  // The store's thread only.
  std::vector<push::StoreEntryPtr> batch_;
  std::size_t failed_bytes_ = 0;  ///< about as much as the transaction that failed
  Clock::duration pause_{};       ///< before it is tried again, the last one where all is well
  bool away_ = false;             ///< nothing can be written, or nothing that adds
  Clock::time_point recovered_at_{};
  Clock::time_point last_try_ = Clock::time_point::max();  ///< when stopping: after it nothing is tried again

  mutable std::mutex mutex_;
  StoreStatus status_;
  bool full_ =
      false;  ///< the problem is that there is no room. Written by the store's thread, which reads it without lock
  Histogram durations_;
  Clock::time_point began_{};  ///< the transaction under way; zero: none
  bool started_ = false;
  bool safe_ = true;
  std::thread thread_;
};

}  // namespace martd::store
