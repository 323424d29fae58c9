#pragma once

#include <httplib.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "admin/inner_request.h"
#include "admin/sampler.h"
#include "admin/side_gate.h"
#include "push/cursor.h"

namespace martd::admin {

/// The answers that last: each holds one of the listener's threads, so there are only so many of them at once.
class Watching {
 public:
  static constexpr std::size_t kMost = 16;

  /// All must outlive this.
  Watching(const SideGate& gate, const Sampler& sampler, InnerRequests& inner)
      : gate_(gate), sampler_(sampler), inner_(inner) {}

  /// Held for as long as somebody watches. Returns null if there are kMost already.
  using Lease = std::shared_ptr<const void>;
  Lease enter();
  /// Ends what is watched now: who watches has to ask again.
  void end_all() { generation_.fetch_add(1); }

  /// The figures each second, as an event stream: `recent` first, then `stats`.
  void figures(httplib::Response& response, Lease lease) const;
  /// A channel's messages as they come, as an event stream of JSON, without a seat in it: looked at five times a
  /// second.
  void channel(httplib::Response& response, Lease lease, const std::string& name, push::Cursor after) const;
  /// `/sub` as a client would have it: `query` as it came, a stream or a long-poll.
  void subscribe(const httplib::Request& request, httplib::Response& response, Lease lease,
                 std::string_view query) const;

 private:
  bool over(std::uint64_t generation) const { return sampler_.stopped() || generation_.load() != generation; }

  const SideGate& gate_;
  const Sampler& sampler_;
  InnerRequests& inner_;
  std::shared_ptr<std::atomic<std::size_t>> count_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace martd::admin
