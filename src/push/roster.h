#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "push/admission.h"
#include "push/loop_port.h"
#include "push/subscriber.h"

namespace martd::push {

class Hub;

/// One loop's subscribers in their channels: they take seats, are served what is ready, and leave. All calls come on
/// that loop's thread; the channels behind are shared with other loops and locked shard by shard.
///
/// One rule for all delivery: a subscriber gets what follows its cursor, in each of its channels by itself. A seat that
/// is behind takes nothing from its neighbours.
class Roster {
 public:
  /// `hub` must outlive the roster.
  Roster(Hub& hub, LoopId loop) : hub_(hub), loop_(loop) {}

  struct Look {
    bool parked = false;
    boost::container::small_vector<Resume, 1> resumes;  ///< one for each want, in order; empty where it was parked
  };
  using LookResult = std::variant<Look, SeatRefusal>;

  /// A long-poll: where a channel has news all is told and nobody parks; else, with `hold`, it parks in the same turn,
  /// so that nothing is published between the look and the wait. What is told is cut after some `max_bytes`. Who
  /// doesn't park takes no seat in a one2one channel, and replaces nobody.
  LookResult look_and_park(Subscriber& subscriber, std::span<const Want> wants, bool hold, std::size_t max_bytes,
                           Time now);

  /// A stream: it gets a seat for each want, in order, behind those that it has; or none of them, and nothing changes.
  /// It must not have a seat in any of the channels yet. A seat whose cursor isn't its channel's newest etag is behind:
  /// what follows is had by resume(). Where a want asks for what is kept, `quiet` gets an etag for each want: holes up
  /// to it are no loss to this subscriber (etag 0 for a want that names one).
  using QuietEtags = std::vector<Etag>;
  std::optional<SeatRefusal> join(Subscriber& subscriber, std::span<const Want> wants, Time now, QuietEtags& quiet);

  /// Off one of its channels, as it doesn't want it any more, while the others go on: its last seat takes the number
  /// `slot`. A one2one channel is free at once. What is returned is its cursor there, as leave() would
  /// tell it.
  Etag part(Subscriber& subscriber, std::uint32_t slot, Time now);

  /// Off all its channels. `left`, where given, gets where it was: in a channel that is forgotten with that and never
  /// had a message, at the clock.
  void leave(Subscriber& subscriber, Time now, Left* left = nullptr);

  /// What follows the cursor of a seat, cut after some `max_bytes`; the cursor moves past it. Where nothing was cut,
  /// the seat is behind no longer.
  Resume resume(Subscriber& subscriber, std::uint32_t slot, std::size_t max_bytes, Time now);

  /// What the hub told the loop of (LoopPort::ready): everything that waits in this channel's group is delivered.
  void serve(Channel& channel, Time now);
  /// When the messages of the last serve() that anybody could be given were published.
  std::span<const Time> served() const { return served_; }

 private:
  void sit(Subscriber& subscriber, Channel& channel, Etag cursor, bool behind, Ready& ready);
  void let_in(Channel& channel, std::string_view cid, Ready& ready);
  static void remove(Channel& channel, Group& group, std::uint32_t index, bool comes_back, Time now);
  Etag leave_seat(Subscriber& subscriber, std::uint32_t slot, bool comes_back, Time now);
  void serve_evictions(Channel& channel, Group& group, std::span<const Eviction> evictions,
                       std::span<const Message> messages, Time now);
  void deliver(Channel& channel, Group& group, std::span<const Message> messages, Time now);
  static Delivery offer(Seat& seat, const Batch& batch);

  Hub& hub_;
  LoopId loop_;
  std::vector<std::uint32_t> leavers_;  ///< of the group that is being served
  std::vector<Time> served_;
};

}  // namespace martd::push
