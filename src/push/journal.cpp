#include "push/journal.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace martd::push {
namespace {

constexpr std::size_t kEntryCost = 128;

/// Changes that are true already.
class KeptEntry : public StoreEntry {
 public:
  void settled(bool) override {}
  bool keeps() const override { return true; }
  bool adds() const override { return false; }
};

class RowsEntry final : public KeptEntry {
 public:
  void add(const Channel& channel, std::optional<Message> message) {
    cost_ += kEntryCost + channel.name().size() + (message ? Backlog::cost_of(*message->content) : 0);
    rows_.push_back({channel.name(), record_of(channel), std::move(message)});
  }
  bool empty() const { return rows_.empty(); }
  void write(StoreWriter& writer) override {
    for (const Row& row : rows_) {
      writer.put_channel(row.name, row.record);
      if (row.message) writer.put_message(row.name, *row.message);
    }
  }
  std::size_t cost() const override { return cost_; }
  bool adds() const override { return rows_.front().message.has_value(); }

 private:
  struct Row {
    std::string name;
    ChannelRecord record;
    std::optional<Message> message;
  };
  std::vector<Row> rows_;
  std::size_t cost_ = 0;
};

class DropEntry final : public KeptEntry {
 public:
  explicit DropEntry(const Channel& channel)
      : name_(channel.name()), life_{channel.origin(), channel.newest(), channel.lost()}, floor_(channel.floor()) {}
  void write(StoreWriter& writer) override { writer.drop(name_, life_, floor_); }
  std::size_t cost() const override { return kEntryCost + name_.size(); }

 private:
  std::string name_;
  Channel::Life life_;
  Etag floor_;
};

class ForgetEntry final : public KeptEntry {
 public:
  ForgetEntry(std::string_view name, Channel::Life life) : name_(name), life_(life) {}
  void write(StoreWriter& writer) override { writer.forget(name_, life_); }
  std::size_t cost() const override { return kEntryCost + name_.size(); }

 private:
  std::string name_;
  Channel::Life life_;
};

class EvictEntry final : public KeptEntry {
 public:
  EvictEntry(std::string_view name, Etag last) : name_(name), last_(last) {}
  void write(StoreWriter& writer) override { writer.evict(name_, last_); }
  std::size_t cost() const override { return kEntryCost + name_.size(); }

 private:
  std::string name_;
  Etag last_;
};

class CeilingEntry final : public KeptEntry {
 public:
  explicit CeilingEntry(Etag ceiling) : ceiling_(ceiling) {}
  void write(StoreWriter& writer) override { writer.put_ceiling(ceiling_); }
  std::size_t cost() const override { return kEntryCost; }

 private:
  Etag ceiling_;
};

}  // namespace

ChannelRecord record_of(const Channel& channel) {
  return {channel.attributes(), channel.origin(), channel.newest(), channel.before(),
          channel.doubt(),      channel.floor(),  channel.lost()};
}

std::optional<PushRefusal> Journal::refusal(std::string_view channel, bool adds) const {
  auto why = store_.refusal(adds);
  if (!why) return std::nullopt;
  return PushRefusal{PushError::store_away, std::string(channel), *std::move(why)};
}

void Journal::published(std::span<const PushTarget> targets, const ContentPtr& content, Time now) {
  auto rows = std::make_unique<RowsEntry>();
  for (const PushTarget& target : targets)
    if (!target.duplicate) rows->add(*target.channel, Message{target.channel->newest(), now, content});
  if (!rows->empty()) store_.submit(std::move(rows));
}

void Journal::cleared(const Channel& channel) {
  if (channel.newest() == channel.origin()) return;  // it never had a message: the store doesn't know it
  auto rows = std::make_unique<RowsEntry>();
  rows->add(channel, std::nullopt);
  store_.submit(std::move(rows));
}

void Journal::expired(const Channel& channel) {
  // One that is forgotten next takes its messages with it.
  if (!channel.forgettable()) store_.submit_lazily(std::make_unique<DropEntry>(channel));
}

void Journal::forgotten(std::string_view name, Channel::Life life) {
  store_.submit_lazily(std::make_unique<ForgetEntry>(name, life));
}

void Journal::evicted(std::string_view name, Etag last) {
  store_.submit_lazily(std::make_unique<EvictEntry>(name, last));
}

void Journal::put_ceiling(Etag ceiling) {
  ceiling_ = ceiling;
  store_.submit(std::make_unique<CeilingEntry>(ceiling));
}

namespace {

constexpr Duration kAhead = std::chrono::seconds{60};
/// More than the messages that a channel created at the ceiling can get meanwhile.
constexpr std::uint64_t kRoom = 1'000'000'000;

}  // namespace

void Journal::tend(Time now) {
  if (origin_at(now + kAhead / 2) > ceiling_) put_ceiling(std::max(origin_at(now + kAhead), given_ + kRoom));
}

void Journal::close(Time now) {
  const Etag clock = origin_at(now) + 1;
  put_ceiling(given_ > clock ? given_ + kRoom : clock);
}

}  // namespace martd::push
