#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "push/batch.h"
#include "push/ending_fwd.h"
#include "push/subscriber_info.h"

namespace martd::push {

struct Group;
struct Seat;

/// What a subscriber did with a batch.
enum class Delivery : std::uint8_t {
  taken,   ///< it has it, or will have it: its cursor moves past the batch
  behind,  ///< it can't take more now; it asks for what follows the seat's cursor when it can (Roster::resume)
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
/// While it has a seat it must stay where it is.
///
/// To add a kind of subscriber: implement deliver() and end(), give it a form and an encoder (follow/format.h), a row
/// in http/router and in tests/contract/subscriber_contract.
class Subscriber {
 public:
  /// News of the channel in its seat `slot`, all of it after the seat's cursor. Must not join, part or leave from
  /// within.
  virtual Delivery deliver(const Batch& batch, std::uint32_t slot) = 0;

  /// A seat of it is behind now through no doing of its own: its loop lagged. It asks for what follows that seat's
  /// cursor (Roster::resume) on a later turn. Must not join, part or leave from within.
  virtual void lagged() = 0;

  /// Its seat `slot` is being taken away. Whether it goes on with its others, if it has any: then unseated() follows.
  /// Else it loses all of them, and end() follows.
  virtual bool outlives(std::uint32_t /*slot*/) const { return false; }

  /// It was taken off `channel` alone; `cursor` is where it was there. Its last seat has taken the place of `slot`, as
  /// after Roster::part. Must not join, part or leave from within.
  virtual void unseated(std::uint32_t /*slot*/, std::string_view /*channel*/, Ending, Etag /*cursor*/) {}

  /// It was taken off all its channels, because of `channel` where that is not empty. Its owner tells the peer.
  virtual void end(Ending ending, std::string_view channel, const Left& left) = 0;

  /// What only it knows of itself: address, transport, since when, what waits for its socket.
  virtual void describe(SubscriberInfo&) const {}

  /// Whether any of its seats is.
  bool behind() const { return behind_ > 0; }
  std::size_t seats() const { return seats_.size(); }

  // Its seats, by slot: 0 to seats() - 1.

  std::string_view channel(std::uint32_t slot) const;
  Etag cursor(std::uint32_t slot) const;
  bool behind(std::uint32_t slot) const;
  std::string_view cid() const { return cid_ ? std::string_view(*cid_) : std::string_view(); }

 protected:
  Subscriber() = default;
  virtual ~Subscriber() = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// It took a part of a batch before it fell behind: its cursor moves past that part.
  void advance(std::uint32_t slot, Etag cursor);

  /// The client's own name for itself, or none. Doesn't change while it holds seats.
  std::unique_ptr<const std::string> cid_;

 private:
  friend class Attendance;
  friend class Roster;

  /// Where it sits in one channel; kept right by the roster when seats move.
  struct SeatRef {
    Group* group;
    std::uint32_t index;
  };
  boost::container::small_vector<SeatRef, 1> seats_;
  std::uint32_t behind_ = 0;  ///< how many of its seats are

  // A group's seats are changed by its loop only, so reading them, and changing what is the loop's own, takes no lock.

  Seat& seat(std::uint32_t slot) const;
  static void fall_behind(Seat& seat);
  static void keep_up(Seat& seat);
};

}  // namespace martd::push
