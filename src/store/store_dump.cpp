#include "store/store_dump.h"

#include <algorithm>
#include <istream>
#include <unordered_set>
#include <utility>

#include "store/schema.h"
#include "store/sqlite_writer.h"
#include "store/store_file.h"
#include "wire/store_line.h"

namespace martd::store {

using push::Etag;

namespace {

/// Counts what it is given and looks whether it can be so.
class Checker : public push::StoreReader {
 public:
  virtual ~Checker() = default;

  void ground(Etag, Etag) override {}
  void forgotten(std::string_view, push::Channel::Life) override { ++contents.forgotten; }
  std::optional<std::string> channel(std::string_view name, const push::ChannelRecord& record) override {
    ++contents.channels;
    name_ = name;
    last_ = record.origin;
    newest_ = record.newest;
    if (!push::valid_channel_name(name)) return "it is damaged: a channel without a valid name";
    if (record.lost > record.newest || (record.before && record.before->last > record.origin))
      return "it is damaged: the lives of channel " + name_;
    return std::nullopt;
  }
  std::optional<std::string> message(push::Message message) override {
    ++contents.messages;
    if (message.etag <= last_ || message.etag > newest_) return "it is damaged: the etags of channel " + name_;
    last_ = message.etag;
    return std::nullopt;
  }
  std::optional<std::string> done() override { return std::nullopt; }

  Contents contents;

 private:
  std::string name_;
  Etag last_{};
  Etag newest_{};
};

class Exporter final : public Checker {
 public:
  explicit Exporter(const std::function<bool(std::string_view)>& write) : write_(write) {}

  void ground(Etag doubt, Etag ceiling) override { wire::append_line(lines_, wire::GroundLine{doubt, ceiling}); }
  void forgotten(std::string_view name, push::Channel::Life life) override {
    Checker::forgotten(name, life);
    wire::append_forgotten_line(lines_, name, life);
    static_cast<void>(flush(kPiece));  // once refused, the next that can say so does
  }
  std::optional<std::string> channel(std::string_view name, const push::ChannelRecord& record) override {
    wire::append_channel_line(lines_, name, record);
    auto wrong = Checker::channel(name, record);
    return wrong ? wrong : flush(kPiece);
  }
  std::optional<std::string> message(push::Message message) override {
    wire::append_store_message_line(lines_, message);
    auto wrong = Checker::message(std::move(message));
    return wrong ? wrong : flush(kPiece);
  }
  std::optional<std::string> done() override { return flush(0); }

 private:
  static constexpr std::size_t kPiece = 64 << 10;

  std::optional<std::string> flush(std::size_t least) {
    if (lines_.size() > least) {
      refused_ = refused_ || !write_(lines_);
      lines_.clear();
    }
    return refused_ ? std::optional<std::string>("it could not be written out") : std::nullopt;
  }

  const std::function<bool(std::string_view)>& write_;
  std::string lines_;
  bool refused_ = false;
};

/// Takes lines in their order and writes them, without committing.
class Importer {
 public:
  explicit Importer(SqliteWriter& writer) : writer_(writer) {}

  std::optional<std::string> take(const wire::GroundLine& line) {
    if (std::exchange(begun_, true)) return "a second line with \"store\"";
    writer_.put_ceiling(line.ceiling);
    writer_.evict({}, line.doubt);
    return std::nullopt;
  }
  std::optional<std::string> take(const wire::ForgottenLine& line) {
    if (auto wrong = enter(line.name)) return wrong;
    if (contents.channels > 0) return "forgotten: behind a channel (taken: before all channels)";
    ++contents.forgotten;
    push::ChannelRecord record;
    record.origin = line.life.origin;
    record.newest = line.life.last;
    record.floor = line.life.last + 1;
    record.lost = record.doubt = line.life.lost;  // where it is of a life before, the row has it as its doubt
    writer_.put_channel(line.name, record);
    writer_.forget(line.name, line.life);
    return std::nullopt;
  }
  std::optional<std::string> take(const wire::ChannelLine& line) {
    if (auto wrong = enter(line.name)) return wrong;
    ++contents.channels;
    writer_.flush();
    name_ = line.name;
    record_ = line.record;
    last_ = line.record.origin;
    writer_.put_channel(name_, record_);
    return std::nullopt;
  }
  std::optional<std::string> take(const wire::MessageLine& line) {
    if (name_.empty()) return "a message before its channel";
    if (line.message.etag <= last_ || line.message.etag > record_.newest)
      return "etag: not behind the one before, or above the channel's newest";
    ++contents.messages;
    last_ = line.message.etag;
    writer_.put_message(name_, line.message);
    if (contents.messages % 256 == 0) {  // not a whole channel in memory
      writer_.flush();
      writer_.put_channel(name_, record_);
    }
    return std::nullopt;
  }

  Contents contents;

 private:
  std::optional<std::string> enter(const std::string& name) {
    if (!begun_) return "the first line is missing: {\"store\":2,…} (taken: what martd store export writes)";
    if (!names_.insert(name).second) return "a channel that was there already";
    return std::nullopt;
  }

  SqliteWriter& writer_;
  std::unordered_set<std::string> names_;
  bool begun_ = false;
  std::string name_;
  push::ChannelRecord record_;
  Etag last_{};
};

}  // namespace

std::variant<Contents, std::string> check_store(Database& database) {
  if (auto wrong = check_schema(database)) return *std::move(wrong);
  const auto said = database.one_text("PRAGMA integrity_check(1)");
  if (database.failed()) return database.fault().what;
  if (said != "ok") return "it is damaged: " + said.value_or("nothing could be read");
  Checker checker;
  if (auto wrong = read_store(database, checker)) return *std::move(wrong);
  return checker.contents;
}

std::variant<Contents, std::string> export_store(Database& database,
                                                 const std::function<bool(std::string_view)>& write) {
  if (auto wrong = check_schema(database)) return *std::move(wrong);
  Exporter exporter(write);
  if (auto wrong = read_store(database, exporter)) return *std::move(wrong);
  return exporter.contents;
}

std::variant<Contents, std::string> import_store(Database& database, std::istream& lines) {
  const auto there = database.one("SELECT count(*) FROM channels");
  if (database.failed()) return database.fault().what;
  if (there != 0) return std::string("it has channels already (taken: a file that isn't there yet, or an empty store)");
  SqliteWriter writer(database);
  Importer importer(writer);
  std::string text;
  std::size_t number = 0;
  while (!database.failed() && std::getline(lines, text)) {
    ++number;
    auto parsed = wire::parse_store_line(text);
    std::optional<std::string> wrong;
    if (auto* said = std::get_if<std::string>(&parsed)) {
      wrong = std::move(*said);
    } else {
      wrong = std::visit([&](const auto& line) { return importer.take(line); }, std::get<wire::StoreLine>(parsed));
    }
    if (!wrong) continue;
    writer.roll_back();
    return "line " + std::to_string(number) + ": " + *wrong;
  }
  if (lines.bad()) {
    writer.roll_back();
    return std::string("the lines can't be read to their end");
  }
  if (number == 0) return std::string("there is nothing to read (taken: what martd store export writes)");
  if (!writer.commit()) return database.fault().what;
  return importer.contents;
}

}  // namespace martd::store
