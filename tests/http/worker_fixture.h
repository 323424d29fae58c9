#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../net/socket_pair.h"
#include "../net/step_clock.h"
#include "../net/turns.h"
#include "../push/hub_calls.h"
#include "http/session.h"
#include "http/worker.h"

/// A whole loop of the public side inside the test: connections are socket pairs, and the test takes the loop's turns.
namespace martd::http::test {

using namespace std::chrono_literals;

/// An answer as it came.
struct Reply {
  int status = 0;
  std::string head;  ///< with its empty line
  std::string body;

  /// The header's value, or nothing.
  std::string header(std::string_view name) const;
};

/// The bytes of the whole chunks at the front of `bytes`, which are taken off, the last one too.
std::string take_chunks(std::string& bytes);

/// The first whole answer at the front of `bytes`, taken off; status 0 where there is none yet. One without a length
/// takes all that is there, the body of one in chunks without its chunks.
Reply take_reply(std::string& bytes);

wire::Address address(const char* text);

struct WorkerTest {
  using Peer = net::test::Peer;

  net::test::StepClock clock;
  net::Loop loop{clock};

 private:
  std::unique_ptr<push::Hub> kept_hub_;

 public:
  push::Hub& hub = *kept_hub_;
  ConnectionCount count;
  std::shared_ptr<Settings> settings = defaults();
  Worker worker{0, loop, hub, count, settings};

  WorkerTest();
  WorkerTest(const WorkerTest&) = delete;
  ~WorkerTest();

  static std::shared_ptr<Settings> defaults();
  void turn() { net::test::turn(loop); }
  /// Lets so much time pass, and the loop have its turns.
  void pass(Duration time);
  Peer connect(const char* from = "127.0.0.1");
  /// Sends, and lets the loop have its turns.
  void send(Peer& peer, std::string_view bytes);
  /// A request on a connection that stays, and its answer where there is one already.
  Reply ask(Peer& peer, std::string_view method, std::string_view target, std::string_view headers = {},
            std::string_view body = {});
  /// What has come for it, after the loop's turns.
  Reply reply(Peer& peer);
  /// Likewise, as it came.
  std::string more(Peer& peer);

  push::Receipt publish(const std::string& channel, std::string payload, push::Attributes attributes = {},
                        std::optional<Duration> expire = {});
  std::size_t subscribers(const std::string& channel);
  /// As publishers see it; it must be there.
  push::ChannelInfo info(const std::string& channel);
  /// How many there are.
  std::size_t channels() const;
};

}  // namespace martd::http::test
