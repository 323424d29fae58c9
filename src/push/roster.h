#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "push/hub.h"
#include "push/subscriber.h"

namespace martd::push {

/// One loop's parked subscribers: they sit down, are served what is ready, and leave. All calls come on that loop's
/// thread; the channels behind are shared with other loops and locked shard by shard.
///
/// One rule for all delivery: a subscriber gets what follows its cursor.
class Roster {
 public:
  /// `hub` must outlive the roster.
  Roster(Hub& hub, LoopId loop) : hub_(hub), loop_(loop) {}

  struct Want {
    ChannelKey channel;
    Cursor cursor;
  };
  /// Nothing was changed: why, and which channel it was about.
  struct Refused {
    Ending ending;  ///< one2one or unavailable
    std::string channel;
  };
  struct Look {
    bool parked = false;
    boost::container::small_vector<Resume, 1> resumes;  ///< one for each want, in order; empty where it was parked
  };
  using LookResult = std::variant<Look, Refused>;

  /// A long-poll: where a channel has news all is told and nobody parks; else, with `hold`, it parks in the same turn,
  /// so that nothing is published between the look and the wait. What is told is cut after some `max_bytes`. Who
  /// doesn't park takes no place in a one2one channel, and replaces nobody.
  LookResult look_and_park(Subscriber& subscriber, std::span<const Want> wants, bool hold, std::size_t max_bytes,
                           Time now);

  /// A stream: it parks at its cursors. Where one of them isn't its channel's newest etag it is behind(): what follows
  /// is had by resume(), then caught_up(). Where it asked for what is kept, `quiet` gets an etag for each want: holes
  /// up to it are no loss to this subscriber (etag 0 for a want that names one).
  using QuietEtags = std::vector<Etag>;
  std::optional<Refused> park(Subscriber& subscriber, std::span<const Want> wants, Time now, QuietEtags& quiet);

  /// What follows the cursor of a seat, cut after some `max_bytes`; the cursor moves past it.
  Resume resume(Subscriber& subscriber, std::uint32_t slot, std::size_t max_bytes, Time now);
  static void caught_up(Subscriber& subscriber) { subscriber.behind_ = false; }
  static void fell_behind(Subscriber& subscriber) { subscriber.behind_ = true; }

  static std::string_view channel(const Subscriber& subscriber, std::uint32_t slot);
  static Etag cursor(const Subscriber& subscriber, std::uint32_t slot);

  /// For a subscriber that took a part of a batch before it fell behind: its cursor moves past that part.
  static void advance(Subscriber& subscriber, std::uint32_t slot, Etag cursor);

  /// Off all its channels. `left`, where given, gets where it stood: in a channel that is forgotten with that and never
  /// had a message, at the clock.
  void leave(Subscriber& subscriber, Time now, Left* left = nullptr);

  /// Adds who sits in a channel on this loop, `most` at most.
  void followers(std::string_view channel, std::size_t most, Time now, std::vector<SubscriberInfo>& out);
  /// One subscriber, with its first channel. Nothing where it has no seat.
  std::optional<SubscriberInfo> describe(const Subscriber& subscriber, Time now);

  /// What the hub told the loop of (LoopPort::ready): everything that waits in this channel's group is delivered.
  void serve(Channel& channel, Time now);
  /// When the messages of the last serve() that anybody could be given were published.
  std::span<const Time> served() const { return served_; }

 private:
  using Channels = boost::container::small_vector<Channel*, 4>;
  std::optional<Refused> refused(const Channel* channel, std::string_view name, std::string_view cid) const;
  std::optional<Refused> find(std::span<const Want> wants, std::string_view cid, bool sits, Time now,
                              Channels& channels) const;
  void sit(Subscriber& subscriber, Channel& channel, Etag cursor, Hub::Ready& ready);
  void take_place(Channel& channel, std::string_view cid, Hub::Ready& ready);
  static bool remove(Channel& channel, Group& group, std::uint32_t index, Time now);
  void serve_kicks(Channel& channel, Group& group, std::span<const Kick> kicks, std::span<const Message> messages,
                   Time now);
  void deliver(Channel& channel, Group& group, std::span<const Message> messages, Time now);
  static Delivery offer(Seat& seat, const Batch& batch);
  static SubscriberInfo info(const Subscriber& subscriber, const Seat& seat, std::string_view channel, Etag newest);

  Hub& hub_;
  LoopId loop_;
  std::vector<std::uint32_t> leavers_;  ///< of the group that is being served
  std::vector<Time> served_;
};

}  // namespace martd::push
