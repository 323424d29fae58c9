#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace martd::store {

/// What SQLite said, and in words what that means.
struct Fault {
  int code = SQLITE_OK;  ///< extended result code
  std::string what;      ///< `the disk is full`, without a path
  /// There is no room: on the disk, in a quota, or in what a file may be.
  bool full() const { return (code & 0xFF) == SQLITE_FULL; }
};

/// A fault in words: the ones that operators meet by what is to be done about them, all others as SQLite puts it.
Fault fault_of(int code, int system_error = 0);

class Database;

/// A prepared statement. Bound texts and blobs must live until it was run.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::uint64_t value) { return bind(index, static_cast<std::int64_t>(value)); }
  Statement& bind(int index, std::optional<std::int64_t> value);
  Statement& bind_text(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);

  /// The next row is there. False: there is none, or it failed (Database::failed()).
  bool step();
  /// Runs it to its end and makes it ready for the next time.
  bool run();
  /// The first column of the first row, and makes it ready for the next time.
  std::optional<std::int64_t> one();
  void reset();

  std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(number(column)); }
  bool null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  /// Text or blob; until the next step.
  std::string_view bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection to one file, for one thread at a time. The first fault stays until it is cleared; until then everything
/// fails, so that it is enough to look at the end.
class Database {
 public:
  enum class Open : std::uint8_t { existing_to_read, existing, create };
  /// `vfs`: the name of a SQLite file layer; empty: the system's. Look at failed().
  Database(const std::string& file, Open open, const std::string& vfs = {});
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// All statements of `sql`, without parameters.
  bool run(const char* sql);
  /// The first column of the first row.
  std::optional<std::int64_t> one(std::string_view sql);
  std::optional<std::string> one_text(std::string_view sql);

  bool failed() const { return fault_.code != SQLITE_OK; }
  const Fault& fault() const { return fault_; }
  void clear_fault() { fault_ = {}; }
  /// What we found out ourselves.
  void fail(Fault fault) { fault_ = std::move(fault); }
  /// Notes what a call returned; true where it is no fault.
  bool note(int code);

  bool read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  /// Fails where the file was moved or deleted since it was opened.
  void notice_move();

  /// The pages that the transaction under way has added to the file get their blocks there now: then moving them from
  /// the write-ahead log can never lack room. False: there is none, and the transaction has failed.
  bool place();
  /// The transaction was taken back, with the pages that were added.
  void displace() { placed_ = 0; }
  /// The file may have no more pages than it has; or as many as it likes.
  void may_grow(bool may);

  sqlite3* handle() { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  Fault fault_;
  std::int64_t placed_ = 0;  ///< pages of the file that are known to have their blocks
};

}  // namespace martd::store
