#pragma once

#include <optional>
#include <string>

#include "push/store.h"

namespace martd::push {

class Hub;

/// Fills a hub that keeps in a store with what the store has, in one pass, before anything else is done with it. What
/// is over by now is left out. A message that claims to be of the future was published by a clock that was wrong: its
/// life begins now.
class Restorer final : public StoreReader {
 public:
  Restorer(Hub& hub, Time now) : hub_(hub), now_(now) {}
  ~Restorer() = default;

  void ground(Etag doubt, Etag ceiling) override;
  void forgotten(std::string_view name, Channel::Life life) override;
  std::optional<std::string> channel(std::string_view name, const ChannelRecord& record) override;
  std::optional<std::string> message(Message message) override;
  std::optional<std::string> done() override;

 private:
  void finish();
  std::optional<std::string> memory_full() const;

  Hub& hub_;
  Time now_;
  Channel* channel_ = nullptr;
  Etag last_{};
  Etag newest_{};
  bool dropped_ = false;
};

}  // namespace martd::push
