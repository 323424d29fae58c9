#pragma once

#include <boost/container/small_vector.hpp>
#include <utility>

#include "push/loop_port.h"
#include "push/push_job.h"
#include "push/store.h"

namespace martd::push {

class Hub;

/// A push that is seen only when it is on disk.
///
/// On the store's thread it is checked and takes its etags, after all that was staged before it (write), and is put
/// into the backlogs and told to the loops once the transaction is committed (settled). Until then its channels keep it
/// as Channel::Staged, which pins them: nothing else can give out these etags, and nobody sees the message. Where the
/// transaction fails it is as if it had never been.
class PushEntry final : public StoreEntry {
 public:
  /// `hub` must outlive it.
  PushEntry(Hub& hub, PushJob job, Time now, AnswerTo to);
  void write(StoreWriter& writer) override;
  void settled(bool on_disk) override;
  bool keeps() const override { return false; }
  bool adds() const override { return true; }
  std::size_t cost() const override { return cost_; }

 private:
  struct Staged {
    Channel* channel;
    Etag etag;
    Etag floor;
    bool duplicate;
  };
  void undo();

  Hub& hub_;
  PushJob job_;
  Time now_;
  AnswerTo to_;
  std::size_t cost_;
  std::uint64_t mask_ = 0;
  std::size_t staged_cost_ = 0;
  boost::container::small_vector<Staged, 1> staged_;
  PushResult<Receipts> result_;
};

/// A clear, likewise.
class ClearEntry final : public StoreEntry {
 public:
  /// `hub` must outlive it.
  ClearEntry(Hub& hub, ClearJob job, Time now, AnswerTo to) : hub_(hub), job_(std::move(job)), now_(now), to_(to) {}
  void write(StoreWriter& writer) override;
  void settled(bool on_disk) override;
  bool keeps() const override { return false; }
  bool adds() const override { return false; }
  std::size_t cost() const override { return 256 + job_.channel.size() + job_.claim.key.size(); }

 private:
  Hub& hub_;
  ClearJob job_;
  Time now_;
  AnswerTo to_;
  Channel* channel_ = nullptr;
  Etag floor_{};
  PushResult<Cleared> result_{Cleared{}};
};

}  // namespace martd::push
