#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/answer.h"
#include "support/connection.h"
#include "support/event_stream_parser.h"

namespace martd::test {

using Place = std::uint64_t;  ///< an etag, as a number

/// A message of the race: who published it and the how-manieth it was; its payload is this number.
using MessageNumber = std::uint32_t;
inline constexpr MessageNumber kGone = ~MessageNumber{0};

/// One subscriber of channel `race` who breaks off and resumes again and again. Every message must come at the place
/// that its etag says; what is missing must be told. Throws where that isn't so. One thread at a time.
class Follower {
 public:
  /// Follows from `start` to `end`. `seed` decides when it breaks off.
  Follower(Endpoint server, Place start, Place end, unsigned seed);
  virtual ~Follower() = default;

  bool done() const { return at_ == end_; }
  /// Where it waits for bytes.
  int fd() const { return connection_->fd(); }
  /// Bytes are there: reads them, and perhaps breaks off and resumes.
  void ready();

  /// The message at each place after `start`; kGone where it was told that it missed it.
  const std::vector<MessageNumber>& seen() const { return seen_; }
  std::size_t missed() const { return missed_; }
  int breaks() const { return breaks_; }

 protected:
  /// Asks from the cursor on, on a new connection.
  void resume();
  virtual void ask() = 0;
  virtual void read(std::string& bytes) = 0;

  void message(Place place, std::string_view payload);
  void miss(std::uint64_t count, Place place);

  Place at() const { return at_; }
  Connection& connection() { return *connection_; }
  std::mt19937& random() { return random_; }

 private:
  void break_off_at_random();

  Endpoint server_;
  Place at_, end_;
  std::mt19937 random_;
  std::unique_ptr<Connection> connection_;
  std::string bytes_;
  int until_break_ = 0;
  std::vector<MessageNumber> seen_;
  std::size_t missed_ = 0;
  int breaks_ = 0;
};

class StreamFollower : public Follower {
 public:
  StreamFollower(const Endpoint& server, Place start, Place end, unsigned seed);

 private:
  void ask() override;
  void read(std::string& bytes) override;

  AnswerParser parser_;
  EventStreamParser events_;
};

class PollFollower : public Follower {
 public:
  PollFollower(const Endpoint& server, Place start, Place end, unsigned seed);

 private:
  void ask() override;
  void read(std::string& bytes) override;

  AnswerParser parser_;
};

using Crowd = std::vector<std::unique_ptr<Follower>>;

/// Lets them follow to their end; throws where nothing comes any more.
void follow(Crowd& crowd);

}  // namespace martd::test
