#include "store/schema.h"

#include <iterator>

namespace martd::store {
namespace {

/// The n-th brings a file from version n to n + 1. Never change one that was released: add another.
constexpr const char* kSteps[] = {
    // 1. A message's etag is its channel's origin plus its number. `floor` is the number of the oldest message that was
    // kept when it was written: what the last one's has below it is gone. A channel's count is `count` or the number of
    // its last message, whichever is more. So a push need not write its channel's row. Times are nanoseconds since
    // 1970, durations nanoseconds. `key`, `type`, `event` and `id` need not be UTF-8.
    R"(
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE channels(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  origin INTEGER NOT NULL,
  count INTEGER NOT NULL,
  size INTEGER NOT NULL,
  life INTEGER NOT NULL,
  one2one INTEGER NOT NULL,
  key BLOB NOT NULL,
  before_origin INTEGER,
  before_last INTEGER,
  doubt INTEGER NOT NULL,
  forgotten INTEGER
) STRICT;

CREATE TABLE messages(
  channel INTEGER NOT NULL,
  number INTEGER NOT NULL,
  floor INTEGER NOT NULL,
  published INTEGER NOT NULL,
  expire INTEGER,
  type BLOB NOT NULL,
  event BLOB NOT NULL,
  id BLOB NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY(channel, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe(bytes BLOB NOT NULL) STRICT;
)",
    // 2. `recent` has messages, too, in the order in which they came, before they are moved to `messages` (see
    // recent_rows.h). One is in either table. `place` is a column so that no VACUUM changes it.
    R"(
CREATE TABLE recent(
  place INTEGER PRIMARY KEY,
  channel INTEGER NOT NULL,
  number INTEGER NOT NULL,
  floor INTEGER NOT NULL,
  published INTEGER NOT NULL,
  expire INTEGER,
  type BLOB NOT NULL,
  event BLOB NOT NULL,
  id BLOB NOT NULL,
  payload BLOB NOT NULL
) STRICT;
)",
    // 3. `recent` is moved in parts. Of the rows up to place `moved_place` those are moved (or over) whose channel and
    // number are not above `moved_channel` and `moved_number`; all others are in the view `unmoved`.
    R"(
INSERT INTO meta VALUES('moved_place',0),('moved_channel',0),('moved_number',0);

CREATE VIEW unmoved AS SELECT * FROM recent
  WHERE place > (SELECT value FROM meta WHERE name='moved_place')
  OR (channel, number) > (SELECT a.value, b.value FROM meta AS a, meta AS b
                          WHERE a.name='moved_channel' AND b.name='moved_number');
)",
    // 4. `lost`: the number of the newest visible message that is gone, 0 where none of this life is; the last
    // message's counts, or the channel's, whichever is more. Who has read that far has missed nothing. NULL, as of
    // rows that were there before: nobody knows, so it is the row's own number, or the channel's count. `before_lost`,
    // an etag, likewise of the life before, and of those before that.
    R"(
DROP VIEW unmoved;
ALTER TABLE channels ADD COLUMN lost INTEGER;
ALTER TABLE channels ADD COLUMN before_lost INTEGER;
ALTER TABLE messages ADD COLUMN lost INTEGER;
ALTER TABLE recent ADD COLUMN lost INTEGER;

CREATE VIEW unmoved AS SELECT * FROM recent
  WHERE place > (SELECT value FROM meta WHERE name='moved_place')
  OR (channel, number) > (SELECT a.value, b.value FROM meta AS a, meta AS b
                          WHERE a.name='moved_channel' AND b.name='moved_number');
)",
};

std::string newer(std::int64_t version) {
  return "it was written by a newer martd (schema " + std::to_string(version) + "; this one knows up to " +
         std::to_string(newest_schema()) + ")";
}

}  // namespace

std::int64_t newest_schema() { return std::ssize(kSteps); }

std::optional<std::string> check_schema(Database& database) {
  const auto id = database.one("PRAGMA application_id");
  const auto version = database.one("PRAGMA user_version");
  if (database.failed()) return database.fault().what;
  if (id != kApplicationId) return "it is no store of martd";
  if (version > newest_schema()) return newer(*version);
  if (version < newest_schema())
    return "it was written by an older martd (schema " + std::to_string(*version) +
           "; a server with --store brings it up to date)";
  return std::nullopt;
}

std::optional<std::string> migrate(Database& database, std::uint64_t birth) {
  const bool empty = database.one("SELECT count(*) FROM sqlite_schema") == 0;
  const auto id = database.one("PRAGMA application_id").value_or(0);
  if (database.failed()) return database.fault().what;
  if (!(empty && id == 0) && id != kApplicationId)
    return "it is no store of martd (taken: one, or a file that isn't there yet)";
  std::int64_t version = database.one("PRAGMA user_version").value_or(0);
  if (version > newest_schema()) return newer(version);
  while (version < newest_schema() && !database.failed()) {
    database.run("BEGIN IMMEDIATE");
    database.run(kSteps[version]);
    ++version;
    database.run(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    database.run(("PRAGMA user_version=" + std::to_string(version)).c_str());
    if (version == 1) {
      Statement(database, "INSERT INTO meta VALUES('doubt',?1),('ceiling',?1),('torn',0)").bind(1, birth).run();
    }
    database.run("COMMIT");
    if (database.failed() && database.in_transaction())
      sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  if (database.failed()) return database.fault().what;
  return std::nullopt;
}

}  // namespace martd::store
