#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "push/channel.h"
#include "push/message.h"

namespace martd::push {

/// When a push is answered, and when subscribers see it.
enum class Durability : std::uint8_t {
  always,    ///< after it is on disk
  interval,  ///< at once; it is on disk within a tenth of a second
};

/// What is kept of a channel beside its messages.
struct ChannelRecord {
  Attributes attributes;  ///< with the key
  Etag origin{};
  Etag newest{};
  std::optional<Channel::Life> before;
  Etag doubt{};
  Etag floor{};  ///< no message below it is kept
  Etag lost{};   ///< as Channel::lost()
};

/// One transaction of a store, as who writes sees it: on the store's thread only. A write that fails shows at the
/// commit, so no call says so. Etags of one channel come in rising order.
class StoreWriter {
 public:
  /// The channel as it is from now on. Where another life of that name was kept, it is gone with all its messages, and
  /// so is everything below `record.floor`.
  virtual void put_channel(std::string_view name, const ChannelRecord& record) = 0;
  /// In this transaction, after its channel was put.
  virtual void put_message(std::string_view name, const Message& message) = 0;
  /// Of this life, which goes on, messages below `floor` are over. Nothing where another life is kept.
  virtual void drop(std::string_view name, Channel::Life life, Etag floor) = 0;
  /// The life has ended, only its etags are remembered, behind all that were forgotten before. Nothing where another
  /// life is kept.
  virtual void forget(std::string_view name, Channel::Life life) = 0;
  /// A forgotten life is not remembered any more: of such as these only the highest etag is kept.
  virtual void evict(std::string_view name, Etag last) = 0;
  /// No etag above this was or will be given out as a cursor in a channel without messages.
  virtual void put_ceiling(Etag ceiling) = 0;

 protected:
  ~StoreWriter() = default;
};

/// Something to be written, on its way through a store. Made and submitted on any thread, all else on the store's.
class StoreEntry {
 public:
  virtual ~StoreEntry() = default;
  /// Within a transaction, in the order of submission. With `keeps()` perhaps more than once.
  virtual void write(StoreWriter& writer) = 0;
  /// Once, in the order of submission. False: it is not on disk and will not be; perhaps write() was never called.
  virtual void settled(bool on_disk) = 0;
  /// Whether the change was made and seen before it is on disk: then it is written again until that succeeds.
  virtual bool keeps() const = 0;
  /// What waiting costs, in bytes.
  virtual std::size_t cost() const = 0;
  /// A message is among it, for which a full disk may have no room.
  virtual bool adds() const = 0;
};
using StoreEntryPtr = std::unique_ptr<StoreEntry>;

/// What a store gives back at the start, in this order: ground, the forgotten (longest forgotten first), and each
/// channel followed by its messages by rising etag.
class StoreReader {
 public:
  /// No channel that isn't given ever had an etag above `doubt`. `ceiling`: see StoreWriter.
  virtual void ground(Etag doubt, Etag ceiling) = 0;
  virtual void forgotten(std::string_view name, Channel::Life life) = 0;
  /// What is wrong, as a sentence; nothing: go on.
  [[nodiscard]] virtual std::optional<std::string> channel(std::string_view name, const ChannelRecord& record) = 0;
  [[nodiscard]] virtual std::optional<std::string> message(Message message) = 0;
  /// All was given.
  [[nodiscard]] virtual std::optional<std::string> done() = 0;

 protected:
  ~StoreReader() = default;
};

/// Where what is kept outlives the process. Abstract so that the hub is tested without a disk; see
/// store/sqlite_store.h. Entries are gathered and written together, in one transaction; nobody waits for the disk.
/// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  /// Why a push can't be taken now, for the publisher; nothing: submit it. What adds nothing is taken on a full disk,
  /// too.
  virtual std::optional<std::string> refusal(bool adds) const = 0;
  /// Never refuses: who asked refusal() before keeps within the bounds closely enough.
  virtual void submit(StoreEntryPtr entry) = 0;
  /// What may be lost without harm, as the next start finds it out again; dropped where too much waits.
  virtual void submit_lazily(StoreEntryPtr entry) = 0;
  /// `call` is called on the store's thread whenever all entries of a transaction were settled. Before anything is
  /// submitted.
  virtual void after_settling(std::function<void()> call) = 0;
};

}  // namespace martd::push
