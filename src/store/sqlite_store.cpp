#include "store/sqlite_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/schema.h"

namespace martd::store {

using namespace std::chrono_literals;
using push::Etag;

namespace {

/// Entries of one transaction.
constexpr std::size_t kBatch = 8192;
constexpr std::size_t kBatchBytes = std::size_t{32} << 20;
/// `interval`: with what the transaction itself takes it is within a tenth of a second.
constexpr auto kInterval = 50ms;
constexpr auto kLazily = 1s;
constexpr auto kLongestPause = 2s;
/// Where it fails again within this time, the pauses go on as they were.
constexpr auto kWell = 10s;
/// However slow the disk is, nobody waits longer than this for others to join.
constexpr auto kMostPatience = 2ms;
/// What is true already has this long to be written when stopping.
constexpr auto kLastPatience = 5s;

}  // namespace

SqliteStore::SqliteStore(StoreSettings settings, std::optional<StoreLock> lock)
    : settings_(std::move(settings)),
      lock_(std::move(lock)),
      reserve_(settings_.vfs.empty() ? real_name(settings_.file) + ".reserve" : std::string()),
      database_(settings_.file, Database::Open::create, settings_.vfs) {}

std::variant<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(StoreSettings settings, Time now) {
  std::optional<StoreLock> lock;
  if (settings.vfs.empty()) {
    if (auto wrong = make_file(settings.file)) return *std::move(wrong);
    if (auto wrong = check_mount(settings.file)) return *std::move(wrong);
    auto taken = StoreLock::acquire(settings.file);
    if (auto* wrong = std::get_if<std::string>(&taken)) return std::move(*wrong);
    lock.emplace(std::get<StoreLock>(std::move(taken)));
  }
  std::unique_ptr<SqliteStore> made(new SqliteStore(std::move(settings), std::move(lock)));
  if (auto wrong = made->prepare(now)) return *std::move(wrong);
  return made;
}

std::optional<std::string> SqliteStore::prepare(Time now) {
  Database& db = database_;
  if (db.failed()) return db.fault().what;
  if (db.read_only()) return "it can only be read";
  // The log and its index need room first, and on a full disk this is all there is.
  reserve_.release();
  // Before anything is changed: it may be somebody else's.
  if (db.one("PRAGMA application_id") != kApplicationId && db.one("SELECT count(*) FROM sqlite_schema") > 0)
    return "it is no store of martd (taken: one, or a file that isn't there yet)";
  const auto mode = db.one_text("PRAGMA journal_mode=WAL");
  if (db.failed()) return db.fault().what;
  if (mode != "wal") return "its file system has no room for a write-ahead log (taken: a local disk)";
  // Debian's SQLite would write zeros over every page that becomes free; over what is on pages in use, it still does.
  db.run(
      "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864; "
      "PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST");
  const bool room = reserve_.hold(Reserve::kLeast);
  if (!room) db.one("PRAGMA wal_checkpoint(TRUNCATE)");
  if (auto wrong = migrate(db, value(push::origin_at(now)))) return wrong;
  tear(now);
  writer_.emplace(db, settings_.most_recent);
  if (room) {
    loosen();
  } else {
    cramp();
  }
  // Also shows whether it can be written.
  writer_->put_torn(settings_.durability == push::Durability::interval);
  if (db.failed() || !writer_->commit() || !probe(0)) return db.fault().what;
  return std::nullopt;
}

/// After a crash with `interval`, subscribers may have seen etags that are not on disk. Nobody knows which: every
/// channel begins a new life with the messages that it has, and every older cursor is told that it may have missed
/// something.
void SqliteStore::tear(Time now) {
  Database& db = database_;
  if (db.one("SELECT value FROM meta WHERE name='torn'") != 1) return;
  const auto ceiling = db.one("SELECT value FROM meta WHERE name='ceiling'").value_or(0);
  const auto highest = db.one(
                             "SELECT max(origin + max(count, coalesce("
                             "(SELECT max(number) FROM messages WHERE channel=channels.id), 0))) FROM channels")
                           .value_or(0);
  const auto recent =
      db.one("SELECT max(origin + number) FROM recent JOIN channels ON channels.id=channel").value_or(0);
  const auto clock = static_cast<std::int64_t>(value(push::origin_at(now)));
  const std::int64_t origin =
      std::max({clock, ceiling, std::max(highest, recent) + static_cast<std::int64_t>(2 * kMostWaiting)}) + 1;
  db.run("BEGIN IMMEDIATE");
  Statement(
      db, "UPDATE channels SET before_origin=origin, before_last=?1, before_lost=?1, origin=?1 WHERE forgotten IS NULL")
      .bind(1, origin)
      .run();
  db.run("DELETE FROM channels WHERE forgotten IS NOT NULL");
  Statement(db, "UPDATE meta SET value=?1 WHERE name IN ('doubt','ceiling')").bind(1, origin).run();
  db.run("UPDATE meta SET value=0 WHERE name='torn'; COMMIT");
  if (!db.failed() && settings_.report)
    settings_.report(true, "the last run ended at once with --durability interval: what it had not written is lost");
}

SqliteStore::~SqliteStore() {
  stop();
  // The server could not start for another reason: nothing was published.
  if (writer_ && !started_) put_whole();
}

void SqliteStore::start() {
  thread_ = std::thread([this] { run(); });
  started_ = true;
}

bool SqliteStore::stop() {
  if (!thread_.joinable()) return safe_;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  return safe_;
}

// --- any thread ---

std::optional<std::string> SqliteStore::refusal(bool adds) const {
  const std::lock_guard lock(mutex_);
  if (!status_.problem.empty() && (adds || !full_)) return status_.problem;
  if (queue_.size() - lazy_ >= kMostWaiting || waiting_bytes_ >= kMostWaitingBytes)
    return "too much waits for the disk";
  return std::nullopt;
}

void SqliteStore::submit(push::StoreEntryPtr entry) {
  enqueue(std::move(entry), false, settings_.durability == push::Durability::interval ? kInterval : 0ms);
}

void SqliteStore::submit_lazily(push::StoreEntryPtr entry) { enqueue(std::move(entry), true, kLazily); }

void SqliteStore::enqueue(push::StoreEntryPtr entry, bool lazy, Clock::duration wait) {
  const auto due = Clock::now() + wait;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (lazy && lazy_ >= kMostLazy) return;
    lazy_ += lazy;
    waiting_bytes_ += entry->cost();
    queue_.push_back({std::move(entry), lazy});
    if (due < due_) {
      due_ = due;
      wake = sleeping_;
    }
    if (gathering_ != 0 && queue_.size() >= gathering_) {
      gathering_ = 0;
      wake = true;
    }
  }
  if (wake) wake_.notify_one();
}

StoreStatus SqliteStore::status() const {
  const std::lock_guard lock(mutex_);
  StoreStatus status = status_;
  status.durations = durations_.figures();
  status.waiting = queue_.size();
  status.waiting_bytes = waiting_bytes_;
  if (began_ != Clock::time_point{}) status.committing = Clock::now() - began_;
  return status;
}

// --- the store's thread ---

void SqliteStore::run() {
  auto last_try = Clock::time_point::max();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      expect(lock);
      const auto pause_end = Clock::now() + pause_;
      while (!stopping_) {
        const auto until = !away_ ? due_ : full_ ? std::min(pause_end, due_) : pause_end;
        if (Clock::now() >= until) break;
        sleeping_ = true;
        if (until == Clock::time_point::max()) {
          wake_.wait(lock);
        } else {
          wake_.wait_until(lock, until);
        }
        sleeping_ = false;
      }
      if (stopping_) {
        if (queue_.empty() && batch_.empty()) break;
        if (last_try == Clock::time_point::max()) last_try = Clock::now() + kLastPatience;
        if (Clock::now() >= last_try) break;
        if (away_) wake_.wait_for(lock, settings_.first_pause);
      }
      gather(lock);
      began_ = Clock::now();
    }
    if (away_ && !full_ && !(probe(failed_bytes_) && probe(0))) {
      failed();
      take_batch();
      settle_batch(false);
    } else {
      if (away_ && !full_) recovered();
      take_batch();
      if (cramped_ || full_) {
        write_in_slices();
        recover();
      } else {
        write_batch();
      }
    }
    const std::lock_guard lock(mutex_);
    began_ = {};
  }
  give_up();
}

/// After a transaction: who was answered pushes again at once, and where they are several the last of them wakes this
/// thread, not the first.
void SqliteStore::expect(std::unique_lock<std::mutex>& lock) {
  if (expected_ > 1) await_expected(lock, Clock::now() + patience_);
}

/// There is something to write: a little patience for those who are missing, from when it came.
void SqliteStore::gather(std::unique_lock<std::mutex>& lock) {
  await_expected(lock, std::min(due_, Clock::now()) + patience_);
  expected_ = 0;
}

void SqliteStore::await_expected(std::unique_lock<std::mutex>& lock, Clock::time_point until) {
  if (stopping_ || away_ || queue_.size() >= expected_) return;
  gathering_ = expected_;
  wake_.wait_until(lock, until, [this] { return stopping_ || gathering_ == 0; });
  gathering_ = 0;
}

void SqliteStore::give_up() {
  take_batch();
  settle_batch(false);
  if (settings_.durability != push::Durability::interval) return;
  safe_ = batch_.empty() && !away_;
  if (safe_) put_whole();
}

/// With `interval`: all that may have been seen is on disk.
void SqliteStore::put_whole() {
  if (settings_.durability != push::Durability::interval) return;
  writer_->put_torn(false);
  safe_ = writer_->commit();
}

void SqliteStore::take_batch() {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  // On a full disk what is over may be behind what there was no room for, and is written with it.
  while (!queue_.empty() && (full_ || (batch_.size() < kBatch && bytes < kBatchBytes))) {
    bytes += queue_.front().entry->cost();
    lazy_ -= queue_.front().lazy;
    batch_.push_back(std::move(queue_.front().entry));
    queue_.pop_front();
  }
  if (queue_.empty()) due_ = Clock::time_point::max();
}

/// True: it is on disk.
bool SqliteStore::write_batch() {
  const auto begin = Clock::now();
  std::size_t bytes = 0;
  std::size_t publishers = 0;
  for (const auto& entry : batch_) {
    if (database_.failed()) break;
    bytes += entry->cost();
    publishers += !entry->keeps();
    entry->write(*writer_);
  }
  database_.notice_move();
  const bool on_disk = writer_->commit();
  durations_.add(Clock::now() - begin);
  if (on_disk) {
    const std::lock_guard lock(mutex_);
    ++status_.commits;
    status_.entries += batch_.size();
    // Who is alone doesn't wait: that one is there.
    expected_ = std::min(publishers + queue_.size(), kBatch);
    patience_ = std::min<Clock::duration>((Clock::now() - begin) / 2, kMostPatience);
  } else {
    const bool half_written = (database_.fault().code & 0xFF) == SQLITE_IOERR;
    failed_bytes_ = bytes;
    failed();
    // A transaction that failed in its sync may stand in the log all the same, and would come to life if the process
    // were killed now: the next one is written over it.
    if (half_written) probe(0);
    database_.clear_fault();
    if (full_) cramp();
  }
  settle_batch(on_disk);
  return on_disk;
}

void SqliteStore::settle_batch(bool on_disk) {
  std::size_t bytes = 0;
  std::size_t kept = 0;
  for (auto& entry : batch_) {
    if (!on_disk && entry->keeps()) {
      if (&batch_[kept] != &entry) batch_[kept] = std::move(entry);
      ++kept;
      continue;
    }
    bytes += entry->cost();
    entry->settled(on_disk);
    entry.reset();
  }
  batch_.resize(kept);
  if (after_settling_) after_settling_();
  const std::lock_guard lock(mutex_);
  waiting_bytes_ -= bytes;
}

void SqliteStore::failed() {
  const std::string what = database_.fault().what;
  const bool full = database_.fault().full();
  database_.clear_fault();
  const bool again = away_ || Clock::now() - recovered_at_ < kWell;
  pause_ = again ? std::min<Clock::duration>(pause_ * 2, kLongestPause) : settings_.first_pause;
  away_ = true;
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    news = status_.problem != what;
    status_.problem = what;
    full_ = full;
    ++status_.failures;
  }
  if (news && settings_.report) settings_.report(true, what + "; pushes are refused until it can be written again");
}

void SqliteStore::recovered() {
  away_ = false;
  writer_->cramp(cramped_);
  recovered_at_ = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    status_.problem.clear();
    full_ = false;
  }
  if (settings_.report) settings_.report(false, "it can be written again");
}

}  // namespace martd::store
