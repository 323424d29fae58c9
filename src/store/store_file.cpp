#include "store/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "store/message_row.h"

namespace martd::store {

using push::Etag;

std::string real_name(const std::string& file) {
  std::error_code none;
  const auto whole = std::filesystem::weakly_canonical(file, none);
  return none ? file : whole.string();
}

namespace {

/// The descriptor, or what is wrong.
std::variant<int, std::string> lock_file(const std::string& name, int flags) {
  const int descriptor = ::open(name.c_str(), flags | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) return "can't open " + name + ": " + std::strerror(errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  const int error = errno;
  ::close(descriptor);
  if (error == EWOULDBLOCK) return std::string("another server holds it (taken: one server for each file)");
  return "can't lock " + name + ": " + std::strerror(error);
}

}  // namespace

std::variant<StoreLock, std::string> StoreLock::acquire(const std::string& file) {
  auto own = lock_file(file, 0);
  if (auto* wrong = std::get_if<std::string>(&own)) return std::move(*wrong);
  auto name = lock_file(real_name(file) + ".lock", O_CREAT);
  if (auto* wrong = std::get_if<std::string>(&name)) {
    ::close(std::get<int>(own));
    return std::move(*wrong);
  }
  return StoreLock(std::get<int>(name), std::get<int>(own));
}

StoreLock::StoreLock(StoreLock&& other) noexcept
    : name_(std::exchange(other.name_, -1)), file_(std::exchange(other.file_, -1)) {}

StoreLock::~StoreLock() {
  if (name_ >= 0) ::close(name_);
  if (file_ >= 0) ::close(file_);
}

namespace {

/// Spaces and the like stand as \\040 in the system's list of mounts.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    const char* digits = text.data() + at + 1;
    const bool escape = text[at] == '\\' && text.size() - at > 3;
    if (escape && std::from_chars(digits, digits + 3, code, 8).ptr == digits + 3) {
      out += static_cast<char>(code);
      at += 3;
    } else {
      out += text[at];
    }
  }
  return out;
}

/// Whether something is mounted on this very name.
bool is_mount_point(const std::string& file) {
#ifdef STATX_ATTR_MOUNT_ROOT
  struct statx known {};  // Linux 5.8
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_BASIC_STATS, &known) == 0 &&
      (known.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
    return (known.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#endif
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string word;
    for (int field = 0; field < 5; ++field) fields >> word;  // proc_pid_mountinfo(5): the fifth is the mount point
    if (unescaped(word) == file) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> check_mount(const std::string& file) {
  if (!is_mount_point(real_name(file))) return std::nullopt;
  return "the file alone is mounted, and what is written beside it (its -wal) would be lost (taken: a file in a folder "
         "that is mounted, as -v FOLDER:/data)";
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
    record.attributes.life = Duration(rows.number(5));
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
