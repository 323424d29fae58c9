#include "store/sqlite_writer.h"

#include <algorithm>
#include <span>
#include <utility>

namespace martd::store {

using push::Etag;

namespace {

/// Above all numbers of messages.
constexpr std::uint64_t kEvery = UINT64_MAX;

/// The number of the message with this etag; 0 where it is none of this life.
std::uint64_t number_of(Etag etag, Etag origin) { return etag > origin ? etag - origin : 0; }

}  // namespace

SqliteWriter::SqliteWriter(Database& database, std::size_t most_recent)
    : database_(database),
      recent_(database, most_recent),
      turn_(database.one("SELECT max(forgotten) FROM channels").value_or(0) + 1),
      begin_(database, "BEGIN IMMEDIATE"),
      commit_(database, "COMMIT"),
      update_channel_(database,
                      "UPDATE channels SET count=?3, size=?4, life=?5, one2one=?6, key=?7, lost=?8 "
                      "WHERE name=?1 AND origin=?2 AND forgotten IS NULL RETURNING id"),
      replace_channel_(database,
                       "INSERT INTO channels(name, origin, count, size, life, one2one, key, lost, before_origin, "
                       "before_last, before_lost, doubt, forgotten) "
                       "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,NULL) "
                       "ON CONFLICT(name) DO UPDATE SET origin=?2, count=?3, size=?4, life=?5, one2one=?6, key=?7, "
                       "lost=?8, before_origin=?9, before_last=?10, before_lost=?11, doubt=?12, forgotten=NULL "
                       "RETURNING id"),
      update_by_id_(database,
                    "UPDATE channels SET count=?2, size=?3, life=?4, one2one=?5, key=?6, lost=?7 WHERE id=?1"),
      insert_message_(database, "INSERT INTO messages(" + std::string(kMessageColumns) +
                                    ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"),
      delete_below_(database, "DELETE FROM messages WHERE channel=?1 AND number<?2"),
      advance_(database,
               "UPDATE channels SET count=max(count, ?3), lost=?4 WHERE name=?1 AND origin=?2 AND forgotten IS NULL "
               "RETURNING id"),
      delete_all_(database, "DELETE FROM messages WHERE channel=?1"),
      forget_(database,
              "UPDATE channels SET forgotten=?3, count=?4, lost=?5, key=x'' WHERE name=?1 AND origin=?2 RETURNING id"),
      evict_(database, "DELETE FROM channels WHERE name=?1 AND forgotten IS NOT NULL AND origin+count=?2"),
      meta_(database, "UPDATE meta SET value=?2 WHERE name=?1"),
      raise_meta_(database, "UPDATE meta SET value=?2 WHERE name=?1 AND value<?2") {}

void SqliteWriter::begin() {
  if (std::exchange(begun_, true)) return;
  begin_.run();
  recent_.learn();
}

SqliteWriter::Row& SqliteWriter::row_of(const std::string& name, const push::ChannelRecord& record) {
  if (rows_.size() >= kMostRows && channels_.size() <= 1) rows_.clear();
  Row& row = rows_[name];
  if (row.id != 0 && row.origin == record.origin) return row;
  const auto bind_all = [&](Statement& statement) {
    const push::Attributes& attributes = record.attributes;
    statement.bind_text(1, name)
        .bind(2, value(record.origin))
        .bind(3, record.newest - record.origin)
        .bind(4, std::int64_t{attributes.size})
        .bind(5, std::int64_t{attributes.life.count()})
        .bind(6, std::int64_t{attributes.one2one})
        .bind_blob(7, attributes.key)
        .bind(8, number_of(record.lost, record.origin));
  };
  row.origin = record.origin;
  row.attributes = record.attributes;
  bind_all(update_channel_);
  if (const auto id = update_channel_.one()) {
    row.id = *id;
    return row;
  }
  // Another life, or none: what is left of it goes.
  bind_all(replace_channel_);
  std::optional<std::int64_t> before_origin, before_last, before_lost;
  if (record.before) {
    before_origin = static_cast<std::int64_t>(value(record.before->origin));
    before_last = static_cast<std::int64_t>(value(record.before->last));
    before_lost = static_cast<std::int64_t>(value(record.before->lost));
  }
  replace_channel_.bind(9, before_origin).bind(10, before_last).bind(11, before_lost).bind(12, value(record.doubt));
  row.id = replace_channel_.one().value_or(0);
  recent_.drop_below(row.id, kEvery);
  delete_all_.bind(1, row.id).run();
  return row;
}

void SqliteWriter::put_channel(std::string_view name, const push::ChannelRecord& record) {
  begin();
  std::string key(name);
  Touched& touched = channels_[key];
  if (!touched.row || touched.row->origin != record.origin) {
    touched.messages.clear();
    touched.row = &row_of(key, record);
  }
  touched.record = record;
}

void SqliteWriter::put_message(std::string_view name, const push::Message& message) {
  channels_[std::string(name)].messages.push_back(message);
}

namespace {

bool same(const push::Attributes& a, const push::Attributes& b) {
  return a.size == b.size && a.life == b.life && a.one2one == b.one2one && a.key == b.key;
}

/// Whether what these messages made way for is deleted now: with every 16th, and with large ones.
bool prunes(Etag origin, std::span<const push::Message> messages) {
  constexpr std::uint64_t kSpan = 16;
  constexpr std::size_t kLarge = 4096;
  const std::uint64_t first = messages.front().etag - origin;
  const std::uint64_t last = messages.back().etag - origin;
  return (first - 1) / kSpan != last / kSpan || messages.back().content->payload.size() >= kLarge;
}

/// Whether they need pages of their own anyway, in the table of one channel after another: moving them there later
/// would be no less to write.
bool fill_pages(std::span<const push::Message> messages) {
  constexpr std::size_t kMany = 8;
  constexpr std::size_t kLarge = 1024;
  const auto large = [](const push::Message& message) {
    const push::Content& content = *message.content;
    return content.payload.size() + content.content_type.size() + content.event.size() + content.id.size() >= kLarge;
  };
  return messages.size() >= kMany || std::ranges::any_of(messages, large);
}

}  // namespace

void SqliteWriter::flush(Touched& touched) {
  const push::ChannelRecord& record = touched.record;
  Row& row = *touched.row;
  const std::uint64_t floor = number_of(record.floor, record.origin);
  const std::uint64_t lost = number_of(record.lost, record.origin);
  std::span<const push::Message> messages = touched.messages;
  while (!messages.empty() && messages.front().etag < record.floor) messages = messages.subspan(1);
  // With no message to tell of them, the row has to have the count, and what is below the floor to be gone.
  const bool over = messages.empty();
  const bool direct = !over && (fill_pages(messages) || recent_.rests());
  const bool prune = over || touched.dropped || (direct && prunes(record.origin, touched.messages));
  if (prune || !same(row.attributes, record.attributes)) {
    const push::Attributes& attributes = row.attributes = record.attributes;
    update_by_id_.bind(1, row.id)
        .bind(2, record.newest - record.origin)
        .bind(3, std::int64_t{attributes.size})
        .bind(4, std::int64_t{attributes.life.count()})
        .bind(5, std::int64_t{attributes.one2one})
        .bind_blob(6, attributes.key)
        .bind(7, lost)
        .run();
  }
  if (over || touched.dropped) recent_.drop_below(row.id, floor);
  if (prune) delete_below_.bind(1, row.id).bind(2, floor).run();
  if (direct) recent_.raise_floor(row.id, floor);
  for (const push::Message& message : messages) {
    const MessageRow made{row.id, message.etag - record.origin, floor, lost, message};
    if (direct) {
      bind(insert_message_, made).run();
    } else {
      recent_.add(made);
    }
  }
  touched.messages.clear();
  touched.dropped = false;
}

void SqliteWriter::flush(std::string_view name) {
  const auto found = channels_.find(std::string(name));
  if (found == channels_.end()) return;
  flush(found->second);
  channels_.erase(found);
}

/// On a full disk what came and went in one transaction isn't written: there may be no room for it. False: the channel
/// has no such message.
bool SqliteWriter::pass_over(std::string_view name, push::Channel::Life life, Etag floor) {
  const auto found = cramped_ ? channels_.find(std::string(name)) : channels_.end();
  if (found == channels_.end() || !found->second.row || found->second.record.origin != life.origin) return false;
  push::ChannelRecord& record = found->second.record;
  record.floor = std::max(record.floor, floor);
  record.newest = std::max(record.newest, life.last);
  record.lost = std::max(record.lost, life.lost);
  return found->second.dropped = true;
}

void SqliteWriter::drop(std::string_view name, push::Channel::Life life, Etag floor) {
  begin();
  if (pass_over(name, life, floor)) return;
  flush(name);
  const auto id = advance_.bind_text(1, name)
                      .bind(2, value(life.origin))
                      .bind(3, life.last - life.origin)
                      .bind(4, number_of(life.lost, life.origin))
                      .one();
  if (!id) return;
  recent_.drop_below(*id, floor - life.origin);
  delete_below_.bind(1, *id).bind(2, floor - life.origin).run();
}

void SqliteWriter::forget(std::string_view name, push::Channel::Life life) {
  begin();
  pass_over(name, life, life.last + 1);
  flush(name);
  rows_.erase(std::string(name));
  const auto id = forget_.bind_text(1, name)
                      .bind(2, value(life.origin))
                      .bind(3, turn_++)
                      .bind(4, life.last - life.origin)
                      .bind(5, number_of(life.lost, life.origin))
                      .one();
  if (!id) return;
  recent_.drop_below(*id, kEvery);
  delete_all_.bind(1, *id).run();
}

void SqliteWriter::evict(std::string_view name, Etag last) {
  begin();
  flush(name);
  rows_.erase(std::string(name));
  evict_.bind_text(1, name).bind(2, value(last)).run();
  raise_meta_.bind_text(1, "doubt").bind(2, value(last)).run();
}

void SqliteWriter::put_meta(std::string_view name, Etag number) {
  begin();
  meta_.bind_text(1, name).bind(2, value(number)).run();
}

void SqliteWriter::put_ceiling(Etag ceiling) { put_meta("ceiling", ceiling); }

void SqliteWriter::put_torn(bool torn) { put_meta("torn", Etag{torn}); }

void SqliteWriter::flush() {
  for (auto& [name, touched] : channels_) flush(touched);
  channels_.clear();
  if (begun_) recent_.relieve();
}

bool SqliteWriter::commit() {
  flush();
  if (begun_ && database_.place()) commit_.run();
  if (database_.failed()) {
    roll_back();
    return false;
  }
  begun_ = false;
  return true;
}

void SqliteWriter::roll_back() {
  channels_.clear();
  rows_.clear();
  recent_.unlearn();
  begun_ = false;
  database_.displace();
  if (database_.in_transaction()) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace martd::store
