#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
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
#include "store/reserve.h"
#include "store/sqlite_writer.h"
#include "store/store_file.h"

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

/// A store in one SQLite file, on a thread of its own. What waits when it comes round is written in one transaction, so
/// that a thousand pushes cost few syncs (write-ahead log, synchronous=FULL). Publishers that were just answered are
/// likely to push again at once: with several of them, it waits for their next for up to half as long as the last
/// transaction took, or else there would be two groups by turns, each with a sync of its own.
///
/// Where a transaction fails, those in it that were only asked for are told so; what is true already is written again,
/// and until that succeeds nothing else is taken. It tries by itself, ever more seldom.
///
/// A full disk is another matter, as only deleting helps there, and deleting takes room first. So what a transaction
/// adds to the file gets its blocks before the commit, and a Reserve is let go of where there is no room. From then on
/// the file doesn't grow, and transactions are small (it is *cramped*); what adds nothing is written all the same, and
/// pushes are taken again as soon as what is free within the file is enough for them. It grows again when the reserve
/// could be had again.
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

  static constexpr std::size_t kMostWaiting = 65536;  ///< entries
  static constexpr std::size_t kMostWaitingBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMostLazy = 100000;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    push::StoreEntryPtr entry;
    bool lazy;
  };

  SqliteStore(StoreSettings settings, std::optional<StoreLock> lock);
  std::optional<std::string> prepare(Time now);
  void tear(Time now);
  void enqueue(push::StoreEntryPtr entry, bool lazy, Clock::duration wait);
  void run();
  void take_batch();
  void expect(std::unique_lock<std::mutex>& lock);
  void gather(std::unique_lock<std::mutex>& lock);
  void await_expected(std::unique_lock<std::mutex>& lock, Clock::time_point until);
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
  Reserve reserve_;
  Database database_;
  std::optional<SqliteWriter> writer_;

  std::function<void()> after_settling_;

  // The store's thread only.
  std::vector<push::StoreEntryPtr> batch_;
  std::size_t failed_bytes_ = 0;  ///< about as much as the transaction that failed
  Clock::duration pause_{};       ///< before it is tried again, the last one where all is well
  bool away_ = false;             ///< nothing can be written, or nothing that adds
  bool cramped_ = false;          ///< the file doesn't grow
  std::size_t expected_ = 0;      ///< entries that the next transaction waits for, as long as its patience lasts
  Clock::duration patience_{};
  Clock::time_point recovered_at_{};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> queue_;
  std::size_t lazy_ = 0;           ///< in the queue
  std::size_t waiting_bytes_ = 0;  ///< in the queue and the batch
  Clock::time_point due_ = Clock::time_point::max();
  bool sleeping_ = false;
  std::size_t gathering_ = 0;  ///< it is to be woken when so many wait; 0: it doesn't wait for that
  bool stopping_ = false;
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
