#include "store/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "store/message_row.h"

namespace martd::store {

using push::Etag;

std::variant<StoreLock, std::string> StoreLock::take(const std::string& file) {
  // By whatever name it is called, it is one file.
  std::error_code none;
  const auto whole = std::filesystem::weakly_canonical(file, none);
  const std::string name = (none ? file : whole.string()) + ".lock";
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return "can't open " + name + ": " + std::strerror(errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return StoreLock(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (error == EWOULDBLOCK) return std::string("another server holds it (taken: one server for each file)");
  return "can't lock " + name + ": " + std::strerror(error);
}

StoreLock::StoreLock(StoreLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

StoreLock::~StoreLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::string> make_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return std::string("can't be opened for writing: ") + std::strerror(errno);
  // Nobody has opened it for SQLite in this process yet: closing would take the locks of that away.
  ::close(descriptor);
  return std::nullopt;
}

namespace {

/// The messages of all channels, in the order of the channels.
class Messages {
 public:
  explicit Messages(Database& database)
      : rows_(database, "SELECT " + std::string(kMessageColumns) + " FROM messages UNION ALL SELECT " +
                            std::string(kMessageColumns) + " FROM unmoved ORDER BY channel, number") {
    there_ = rows_.step();
  }
  /// Those of one channel that are kept; channels are asked for by rising id.
  std::optional<std::string> give(std::int64_t channel, const push::ChannelRecord& record, push::StoreReader& reader) {
    for (; there_ && rows_.number(0) <= channel; there_ = rows_.step()) {
      if (rows_.number(0) < channel || rows_.number(1) <= 0) return "it is damaged: a message without a channel";
      if (record.origin + rows_.count(1) < record.floor) continue;
      if (auto wrong = reader.message(message_at(rows_, record.origin))) return wrong;
    }
    return std::nullopt;
  }
  bool left() const { return there_; }

 private:
  Statement rows_;
  bool there_;
};

/// What is known of a channel by its last message.
class LastMessages {
 public:
  struct Last {
    std::uint64_t number = 0;
    std::uint64_t floor = 0;
    std::uint64_t lost = 0;
  };

  explicit LastMessages(Database& database)
      : one_(
            database,
            "SELECT number, floor, coalesce(lost, number) FROM messages WHERE channel=?1 ORDER BY number DESC LIMIT 1"),
        // Beside max(), SQLite gives the columns of the row that has it.
        recent_(database,
                "SELECT channel, max(number), floor, coalesce(lost, number) FROM unmoved GROUP BY channel ORDER BY "
                "channel") {
    there_ = recent_.step();
  }
  /// Zeros where there is none; channels are asked for by rising id.
  Last of(std::int64_t channel) {
    Last last;
    if (one_.bind(1, channel).step()) last = {one_.count(0), one_.count(1), one_.count(2)};
    one_.reset();
    while (there_ && recent_.number(0) < channel) there_ = recent_.step();
    if (there_ && recent_.number(0) == channel && recent_.count(1) > last.number)
      last = {recent_.count(1), recent_.count(2), recent_.count(3)};
    return last;
  }

 private:
  Statement one_, recent_;
  bool there_;
};

std::optional<push::Channel::Life> life_at(const Statement& row, int column) {
  if (row.null(column) || row.null(column + 1)) return std::nullopt;
  return push::Channel::Life{Etag{row.count(column)}, Etag{row.count(column + 1)}, Etag{row.count(column + 2)}};
}

std::optional<std::string> read_channels(Database& database, push::StoreReader& reader) {
  Messages messages(database);
  Statement rows(
      database,
      "SELECT id, name, origin, count, size, life, one2one, key, doubt, before_origin, before_last, "
      "coalesce(before_lost, before_last), coalesce(lost, count) FROM channels WHERE forgotten IS NULL ORDER BY id");
  LastMessages last_messages(database);
  while (rows.step()) {
    push::ChannelRecord record;
    record.origin = Etag{rows.count(2)};
    const bool sound = rows.number(2) >= 0 && rows.number(3) >= 0 && rows.number(4) > 0 && rows.number(4) <= UINT32_MAX;
    if (!sound) return "it is damaged: a channel that can't be";
    const LastMessages::Last last = last_messages.of(rows.number(0));
    record.newest = record.origin + std::max(rows.count(3), last.number);
    record.floor = record.origin + last.floor;
    record.attributes.size = static_cast<std::uint32_t>(rows.number(4));
    record.attributes.life = push::Duration(rows.number(5));
    record.attributes.one2one = rows.number(6) != 0;
    record.attributes.key = rows.bytes(7);
    record.doubt = Etag{rows.count(8)};
    record.before = life_at(rows, 9);
    const std::uint64_t lost = std::max(rows.count(12), last.lost);
    record.lost = lost > 0 ? record.origin + lost : record.before ? record.before->lost : record.doubt;
    if (auto wrong = reader.channel(rows.bytes(1), record)) return wrong;
    if (auto wrong = messages.give(rows.number(0), record, reader)) return wrong;
  }
  if (!database.failed() && messages.left()) return "it is damaged: a message without a channel";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_store(Database& database, push::StoreReader& reader) {
  // One picture of it, whatever is written meanwhile.
  database.run("BEGIN");
  const auto doubt = database.one("SELECT value FROM meta WHERE name='doubt'");
  const auto ceiling = database.one("SELECT value FROM meta WHERE name='ceiling'");
  const auto moved = database.one("SELECT count(*) FROM meta WHERE name LIKE 'moved~_%' ESCAPE '~'");
  if (!database.failed() && (!doubt || !ceiling || moved != 3)) return "it is damaged: the table meta is not whole";
  if (!database.failed())
    reader.ground(Etag{static_cast<std::uint64_t>(*doubt)}, Etag{static_cast<std::uint64_t>(*ceiling)});
  {
    Statement rows(
        database,
        "SELECT name, origin, origin+count, CASE WHEN lost=0 THEN coalesce(before_lost, before_last, doubt) "
        "ELSE origin+coalesce(lost, count) END FROM channels WHERE forgotten IS NOT NULL ORDER BY forgotten");
    while (rows.step())
      reader.forgotten(rows.bytes(0), {Etag{rows.count(1)}, Etag{rows.count(2)}, Etag{rows.count(3)}});
  }
  auto wrong = read_channels(database, reader);
  if (database.failed()) return database.fault().what;
  database.run("COMMIT");
  if (wrong) return wrong;
  return reader.done();
}

}  // namespace martd::store
