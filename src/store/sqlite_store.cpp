#include "store/sqlite_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/schema.h"
#include "store/torn.h"

namespace martd::store {

using namespace std::chrono_literals;

namespace {

/// `interval`: with what the transaction itself takes it is within a tenth of a second.
constexpr auto kInterval = 50ms;
constexpr auto kLazily = 1s;
constexpr auto kLongestPause = 2s;
/// Where it fails again within this time, the pauses go on as they were.
constexpr auto kWell = 10s;
/// What is true already has this long to be written when stopping.
constexpr auto kLastPatience = 5s;

}  // namespace

SqliteStore::SqliteStore(StoreSettings settings, std::optional<StoreLock> lock)
    : settings_(std::move(settings)),
      lock_(std::move(lock)),
      room_(database_, settings_.file, settings_.vfs.empty() ? real_name(settings_.file) + ".reserve" : std::string()),
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
  room_.release();
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
  const bool room = room_.hold_least();
  if (!room) db.one("PRAGMA wal_checkpoint(TRUNCATE)");
  if (auto wrong = migrate(db, value(push::origin_at(now)))) return wrong;
  if (begin_new_lives(db, now) && settings_.report)
    settings_.report(true, "the last run ended at once with --durability interval: what it had not written is lost");
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
  queue_.stop();
  thread_.join();
  return safe_;
}

// --- any thread ---

std::optional<std::string> SqliteStore::refusal(bool adds) const {
  {
    const std::lock_guard lock(mutex_);
    if (!status_.problem.empty() && (adds || !full_)) return status_.problem;
  }
  if (queue_.crowded()) return "too much waits for the disk";
  return std::nullopt;
}

void SqliteStore::submit(push::StoreEntryPtr entry) {
  queue_.add(std::move(entry), false, settings_.durability == push::Durability::interval ? kInterval : 0ms);
}

void SqliteStore::submit_lazily(push::StoreEntryPtr entry) { queue_.add(std::move(entry), true, kLazily); }

StoreStatus SqliteStore::status() const {
  const WriteQueue::Waiting waiting = queue_.waiting();
  const std::lock_guard lock(mutex_);
  StoreStatus status = status_;
  status.durations = durations_.figures();
  status.waiting = waiting.entries;
  status.waiting_bytes = waiting.bytes;
  if (began_ != Clock::time_point{}) status.committing = Clock::now() - began_;
  return status;
}

// --- the store's thread ---

void SqliteStore::run() {
  while (await_work()) {
    {
      const std::lock_guard lock(mutex_);
      began_ = Clock::now();
    }
    if (away_ && !full_ && !(probe(failed_bytes_) && probe(0))) {
      failed();
      queue_.move_to(batch_, full_);
      settle_batch(false);
    } else {
      if (away_ && !full_) recovered();
      // On a full disk what is over may be behind what there was no room for, and is written with it.
      queue_.move_to(batch_, full_);
      if (room_.cramped() || full_) {
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

/// Returns false if it is stopping, and there is nothing more to write or to try.
bool SqliteStore::await_work() {
  if (away_)
    queue_.await(Clock::now() + pause_, full_);
  else
    queue_.await_due();
  if (!queue_.stopping()) return true;
  if (queue_.empty() && batch_.empty()) return false;
  if (last_try_ == Clock::time_point::max()) last_try_ = Clock::now() + kLastPatience;
  if (Clock::now() >= last_try_) return false;
  if (away_) queue_.rest(settings_.first_pause);
  return true;
}

void SqliteStore::give_up() {
  queue_.move_to(batch_, full_);
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
    queue_.expect(publishers, Clock::now() - begin);
    const std::lock_guard lock(mutex_);
    ++status_.commits;
    status_.entries += batch_.size();
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
  queue_.settled(bytes);
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
  writer_->cramp(room_.cramped());
  recovered_at_ = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    status_.problem.clear();
    full_ = false;
  }
  if (settings_.report) settings_.report(false, "it can be written again");
}

}  // namespace martd::store
