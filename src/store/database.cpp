#include "store/database.h"

#include <cerrno>
#include <cstring>

namespace martd::store {

Fault fault_of(int code, int system_error) {
  // SQLite knows ENOSPC of a write only; a quota, a file's own limit (ulimit -f) and a sync that finds no room count as
  // much.
  const bool no_room = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
  const bool writing = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_TRUNCATE ||
                       code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_SHMOPEN || code == SQLITE_CANTOPEN;
  if (no_room && writing) return {SQLITE_FULL, "the disk is full"};
  const auto system = [&](std::string text) {
    if (system_error != 0) text += std::string(": ") + std::strerror(system_error);
    return text;
  };
  switch (code & 0xFF) {
    case SQLITE_OK:
      return {};
    case SQLITE_FULL:
      return {code, "the disk is full"};
    case SQLITE_READONLY:
      return {code, "it can only be read"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {code, "another process has locked it"};
    case SQLITE_CORRUPT:
      return {code, "it is damaged (taken: martd store check says where; a backup)"};
    case SQLITE_NOTADB:
      return {code, "it is no SQLite file, or damaged"};
    case SQLITE_CANTOPEN:
      return {code, system("it can't be opened")};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {code, "it may not be written"};
    case SQLITE_NOMEM:
      return {code, "no memory left"};
    case SQLITE_TOOBIG:
      return {code, "a message is larger than a store takes"};
    case SQLITE_IOERR:
      return {code, code == SQLITE_IOERR_NOMEM ? "no memory left"
                                               : system(code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC
                                                            ? "the disk failed to write (fsync)"
                                                            : "the disk failed (input/output error)")};
    default:
      return {code, std::string("SQLite: ") + sqlite3_errstr(code)};
  }
}

// --- statements ---

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  if (database.failed()) return;
  sqlite3_stmt* made = nullptr;
  database.note(sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                   SQLITE_PREPARE_PERSISTENT, &made, nullptr));
  statement_.reset(made);
}

Statement& Statement::bind(int index, std::int64_t value) {
  if (statement_) database_.note(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, std::optional<std::int64_t> value) {
  if (value) return bind(index, *value);
  if (statement_) database_.note(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

// An empty view may have no address, and SQLite takes that for NULL.

Statement& Statement::bind_text(int index, std::string_view text) {
  if (statement_)
    database_.note(sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(), text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  if (statement_)
    database_.note(
        sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Statement::step() {
  if (!statement_ || database_.failed()) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.note(code);
  return false;
}

void Statement::reset() {
  if (statement_) sqlite3_reset(statement_.get());
}

bool Statement::run() {
  while (step()) continue;
  reset();
  return !database_.failed();
}

std::optional<std::int64_t> Statement::one() {
  std::optional<std::int64_t> value;
  if (step() && !null(0)) value = number(0);
  reset();
  return value;
}

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {data ? data : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

// --- connections ---

Database::Database(const std::string& file, Open open, const std::string& vfs) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= open == Open::existing_to_read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (open == Open::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* made = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &made, flags, vfs.empty() ? nullptr : vfs.c_str());
  handle_.reset(made);
  note(code);
  // What it has to say is said by result codes; a connection that is not there can't be asked for its limits.
  if (!failed()) sqlite3_busy_timeout(handle_.get(), 500);
  // The file grows by so much at a time, and is that much longer than it must be; see place().
  int piece = 64 << 10;
  if (!failed() && open != Open::existing_to_read)
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_CHUNK_SIZE, &piece);
}

bool Database::note(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return true;
  if (!failed()) fault_ = fault_of(code, handle_ ? sqlite3_system_errno(handle_.get()) : 0);
  return false;
}

bool Database::run(const char* sql) {
  if (failed()) return false;
  return note(sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr));
}

std::optional<std::int64_t> Database::one(std::string_view sql) { return Statement(*this, sql).one(); }

std::optional<std::string> Database::one_text(std::string_view sql) {
  Statement statement(*this, sql);
  if (!statement.step()) return std::nullopt;
  return std::string(statement.bytes(0));
}

bool Database::place() {
  if (failed()) return false;
  const std::int64_t pages = one("PRAGMA page_count").value_or(0);
  if (failed() || pages <= placed_) return !failed();
  sqlite3_int64 size = pages * one("PRAGMA page_size").value_or(0);
  const int code = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_SIZE_HINT, &size);
  if (code != SQLITE_OK && code != SQLITE_NOTFOUND) fail(fault_of(SQLITE_FULL));
  if (!failed()) placed_ = pages;
  return !failed();
}

void Database::may_grow(bool may) {
  constexpr std::int64_t kAsItLikes = 1073741823;  // SQLite's own default
  const std::int64_t most = may ? kAsItLikes : one("PRAGMA page_count").value_or(kAsItLikes);
  one("PRAGMA max_page_count=" + std::to_string(most));
}

void Database::notice_move() {
  int moved = 0;
  if (failed() || sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK) return;
  if (moved != 0) fail({-1, "its file was moved or deleted"});
}

}  // namespace martd::store
