#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "push/batch.h"
#include "push/ending.h"
#include "push/subscriber_info.h"

namespace martd::push {

struct Group;

/// What a subscriber did with a batch.
enum class Delivery : std::uint8_t {
  taken,   ///< it has it, or will have it: its cursor moves past the batch
  behind,  ///< it can't take more now; it asks for what follows its cursor when it can (Roster::resume)
  done,    ///< it was answered with it, or is gone: it leaves all its channels
};

/// The cid of a subscriber that stands for several clients (the tabs of a browser that share a connection): it never
/// has a one2one channel, so each of them has to ask for that by itself.
inline constexpr std::string_view kSharedCid = "*";

/// Where a subscriber stood when it left: its channels, in the order of its seats, and its cursors there.
struct Left {
  std::vector<std::string> channels;
  std::vector<Etag> cursors;
};

/// One held request, seen from the channels: the door out of `push`. Lives on one loop; every call comes on its thread.
/// Between Roster::subscribe and the moment it has left, it must stay where it is.
///
/// To add a kind of subscriber: implement deliver() and end(), give it a form and an encoder (follow/format.h), a row
/// in http/router and in tests/contract/subscriber_contract.
class Subscriber {
 public:
  /// News of the channel in its seat `slot`, all of it after the seat's cursor. Must not subscribe, or leave, from
  /// within.
  virtual Delivery deliver(const Batch& batch, std::uint32_t slot) = 0;

  /// It is behind() now through no doing of its own: its loop lagged. It asks for what follows its cursors
  /// (Roster::resume) on a later turn. Must not subscribe, or leave, from within.
  virtual void lagged() = 0;

  /// It was taken off all its channels, because of `channel` where that is not empty. Its owner tells the peer.
  virtual void end(Ending ending, std::string_view channel, const Left& left) = 0;

  /// What only it knows of itself: address, transport, since when, what waits for its socket.
  virtual void describe(SubscriberInfo&) const {}

  bool behind() const { return behind_; }
  std::size_t seats() const { return seats_.size(); }

 protected:
  Subscriber() = default;
  virtual ~Subscriber() = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// The client's own name for itself, or none. Doesn't change while it holds seats.
  std::unique_ptr<const std::string> cid_;

 private:
  friend class Roster;
  friend class Hub;

  /// Where it sits in one channel; kept right by the roster when seats move.
  struct SeatRef {
    Group* group;
    std::uint32_t index;
  };
  boost::container::small_vector<SeatRef, 1> seats_;
  bool behind_ = false;

 public:
  std::string_view cid() const { return cid_ ? std::string_view(*cid_) : std::string_view(); }
};

}  // namespace martd::push
