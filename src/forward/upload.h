#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "wire/body_reader.h"
#include "wire/request_head.h"

namespace martd::forward {

/// The body of a request on its way to the site: what of the client's bytes goes on, framed as the request's head said;
/// whether the client is read from; how long it may be silent; and what becomes of a body that the site didn't wait
/// for. It keeps no byte: what the site hasn't read yet waits at the connection to it, and meanwhile no more is read,
/// so that is what one read brings.
///
/// A value that knows neither socket nor clock.
class Upload {
 public:
  /// The body that this head announces; there may be none.
  explicit Upload(const wire::RequestHead& head);

  /// Nothing of it is to come any more.
  bool whole() const { return reader_.done(); }
  /// What is wrong with its chunks, for a person; empty while nothing is. Then no more of it can be read.
  std::string_view wrong() const { return reader_.wrong(); }

  /// Takes a piece off the front of `bytes`; returns what of it goes to the site, which may be nothing. That is a view
  /// into `bytes` or into `chunk`, until the next call. While there are bytes, and it is neither whole() nor wrong().
  std::string_view read(std::string_view& bytes, std::string& chunk);

  /// Whether more is read from the client while `unsent` bytes wait for the site. Behind the body that is for its next
  /// request, and to see it leave.
  bool reads_on(std::size_t unsent) const { return whole() || unsent == 0; }

  // --- time ---

  /// The client may be silent for a minute from `now`.
  void expect_more(Time now) { due_ = now + kSilence; }
  /// When late() is to be asked; the end of time where nothing is to come.
  Time due() const { return whole() ? Time::max() : due_; }
  /// Whether the client has been silent for too long. While bytes wait for the site, it is the site that is slow, which
  /// has a time of its own: the client's begins anew.
  bool late(Time now, std::size_t unsent);

  // --- an answer that comes before the body is whole ---

  /// The site has said 100.
  void was_asked_for() { awaits_continue_ = false; }
  /// Whether what the client may still send can be read away, so that it isn't taken for its next request: it is known
  /// how much that is, not more than 256 KiB, and that it will be sent. Else the connection has to end.
  bool rest_is_bounded() const { return whole() || !(chunked_ || awaits_continue_ || reader_.left() > kMostRest); }
  /// The answer is out: the rest has 5 seconds.
  void expect_rest(Time now) { due_ = now + kRestTime; }
  /// Takes off `bytes` what belongs to the body.
  void drop(std::string_view& bytes);

 private:
  static constexpr Duration kSilence = std::chrono::seconds{60};
  static constexpr std::uint64_t kMostRest = std::uint64_t{256} * 1024;
  static constexpr Duration kRestTime = std::chrono::seconds{5};

  wire::BodyReader reader_;
  Time due_{};
  bool chunked_;          ///< and goes on so
  bool awaits_continue_;  ///< the client waits for 100, and has sent nothing
};

}  // namespace martd::forward
