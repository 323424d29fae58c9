#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "push/store.h"
#include "store/database.h"
#include "store/recent_rows.h"

namespace martd::store {

/// The transactions of a store, one after another. Each begins with the first write. What several entries change in one
/// channel is written once, and of its messages those that are still kept in the end. A push to a channel that is as it
/// was writes its message alone, to `recent` where it is small and has few others beside it; what that made way for is
/// deleted now and then, and a part of `recent` is moved where it is full.
class SqliteWriter final : public push::StoreWriter {
 public:
  /// So many messages are in `recent`, before they are moved.
  static constexpr std::size_t kMostRecent = 4096;

  /// `database` must outlive it. The tables are there.
  explicit SqliteWriter(Database& database, std::size_t most_recent = kMostRecent);

  void put_channel(std::string_view name, const push::ChannelRecord& record) override;
  void put_message(std::string_view name, const push::Message& message) override;
  void drop(std::string_view name, push::Channel::Life life, push::Etag floor) override;
  void forget(std::string_view name, push::Channel::Life life) override;
  void evict(std::string_view name, push::Etag last) override;
  void put_ceiling(push::Etag ceiling) override;
  /// Whether etags that are not on disk may have been seen.
  void put_torn(bool torn);

  /// Whether there is no room to grow: then nothing is moved from table to table, and what was is deleted in pieces.
  void cramp(bool cramped) {
    cramped_ = cramped;
    recent_.cramp(cramped);
  }
  /// Writes what it holds back for the commit, so that it needn't hold it.
  void flush();
  /// True: it is on disk (or there was nothing to write). Else nothing of it is, and `database.fault()` says why.
  bool commit();
  void roll_back();

 private:
  /// A channel's row as it is on disk.
  struct Row {
    std::int64_t id = 0;
    push::Etag origin{};
    push::Attributes attributes;
  };
  /// What changes in it with this transaction.
  struct Touched {
    Row* row = nullptr;
    push::ChannelRecord record;
    std::vector<push::Message> messages;
    bool dropped = false;  ///< what is below the floor is to be deleted
  };
  /// So many rows are remembered; then it begins again with none.
  static constexpr std::size_t kMostRows = 10000;

  void begin();
  Row& row_of(const std::string& name, const push::ChannelRecord& record);
  bool pass_over(std::string_view name, push::Channel::Life life, push::Etag floor);
  void flush(Touched& touched);
  void flush(std::string_view name);
  void put_meta(std::string_view name, push::Etag value);

  Database& database_;
  RecentRows recent_;
  bool begun_ = false;
  bool cramped_ = false;
  std::unordered_map<std::string, Row> rows_;
  std::unordered_map<std::string, Touched> channels_;
  std::int64_t turn_;  ///< of the next channel to be forgotten
  Statement begin_, commit_;
  Statement update_channel_, replace_channel_, update_by_id_;
  Statement insert_message_, delete_below_, advance_, delete_all_;
  Statement forget_, evict_, meta_, raise_meta_;
};

}  // namespace martd::store
