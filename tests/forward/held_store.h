#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../push/hub_calls.h"
#include "push/store.h"

namespace martd::forward::test {

struct NoDisk final : push::StoreWriter {
  void put_channel(std::string_view, const push::ChannelRecord&) override {}
  void put_message(std::string_view, const push::Message&) override {}
  void drop(std::string_view, push::Channel::Life, push::Etag) override {}
  void forget(std::string_view, push::Channel::Life) override {}
  void evict(std::string_view, push::Etag) override {}
  void put_ceiling(push::Etag) override {}
};

/// A store that answers when the test says so.
struct HeldStore final : push::Store {
  std::optional<std::string> refusal(bool) const override { return away; }
  void submit(push::StoreEntryPtr entry) override { waiting.push_back(std::move(entry)); }
  void submit_lazily(push::StoreEntryPtr) override {}
  void after_settling(std::function<void()> call) override { tell = std::move(call); }

  void settle(bool on_disk) {
    NoDisk disk;
    for (const auto& entry : std::exchange(waiting, {})) {
      if (on_disk) entry->write(disk);
      entry->settled(on_disk);
    }
    tell();
  }

  std::optional<std::string> away;
  std::function<void()> tell;
  std::vector<push::StoreEntryPtr> waiting;
};

/// It outlives the hub.
struct StoreHolder {
  HeldStore store;
};

}  // namespace martd::forward::test
