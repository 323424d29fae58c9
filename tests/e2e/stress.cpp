// Section 3 of the contract under load: nothing is lost silently, and everything comes once and in order.

#include <doctest/doctest.h>

#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crowd.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

constexpr int kPublishers = 4;

/// Runs its work on threads and keeps what went wrong there.
class Threads {
 public:
  template <class Work>
  void run(Work work) {
    threads_.emplace_back([this, work] {
      try {
        work();
      } catch (const std::exception& failure) {
        std::lock_guard lock(mutex_);
        failures_ += std::string(failure.what()) + "\n";
      }
    });
  }

  /// What went wrong, a line each.
  std::string join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    return failures_;
  }

 private:
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::string failures_;
};

struct Race {
  int streams, polls, messages;
  int size;  ///< of the channel
  unsigned seed;
};

/// What came of a race.
struct Outcome {
  std::string failures;
  std::vector<MessageNumber> order;  ///< the message at each place, by what the publishers were answered
  Crowd crowd;
};

void publish_share(const Endpoint& server, int publisher, const Race& race, Place start,
                   std::vector<MessageNumber>& order) {
  Connection connection(server);
  std::string target = "/pub?channel=race&size=" + std::to_string(race.size);
  int share = race.messages / kPublishers;
  for (int i = 0; i < share; ++i) {
    auto number = static_cast<MessageNumber>(publisher * share + i);
    Answer answer = connection.ask("POST", target, {}, std::to_string(number)).read_answer();
    if (answer.status != 200) throw std::runtime_error("a push was refused: " + answer.body);
    Place place = std::stoull(text_at(answer.object(), "etag"));
    order.at(place - start - 1) = number;  // each place is one publisher's, so they don't meet
  }
}

Outcome run(const TestServer& server, const Race& race) {
  Outcome outcome;
  Place start = std::stoull(server.publish("race", "0", "size=" + std::to_string(race.size)));
  Place end = start + static_cast<Place>(race.messages);
  outcome.order.assign(static_cast<std::size_t>(race.messages), kGone);

  Crowd crowds[2];
  for (int i = 0; i < race.streams; ++i) {
    crowds[i % 2].push_back(
        std::make_unique<StreamFollower>(server.endpoint(), start, end, race.seed + static_cast<unsigned>(i)));
  }
  for (int i = 0; i < race.polls; ++i) {
    crowds[i % 2].push_back(
        std::make_unique<PollFollower>(server.endpoint(), start, end, race.seed + 1000 + static_cast<unsigned>(i)));
  }
  server.await_subscribers("race", race.streams + race.polls);

  Threads threads;
  for (auto& crowd : crowds) threads.run([&crowd] { follow(crowd); });
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    threads.run([&, publisher] { publish_share(server.endpoint(), publisher, race, start, outcome.order); });
  }
  outcome.failures = threads.join();
  for (auto& crowd : crowds) {
    for (auto& follower : crowd) outcome.crowd.push_back(std::move(follower));
  }
  return outcome;
}

/// Whether a follower saw at every place what was published there, or was told that it missed it.
bool saw_what_was_published(const Follower& follower, const std::vector<MessageNumber>& order) {
  const auto& seen = follower.seen();
  if (seen.size() != order.size()) return false;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != kGone && seen[i] != order[i]) return false;
  }
  return true;
}

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("400 subscribers that break off and resume each see 20,000 messages of four publishers once and in order") {
  TestServer server({"--max-size", "30000"});
  Outcome outcome = run(server, {.streams = 200, .polls = 200, .messages = 20'000, .size = 30'000, .seed = 4711});
  CHECK(outcome.failures == "");
  int breaks = 0;
  for (auto& follower : outcome.crowd) {
    CHECK(saw_what_was_published(*follower, outcome.order));
    CHECK(follower->missed() == 0);
    breaks += follower->breaks();
  }
  CHECK(breaks > 400);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("slow clients");

TEST_CASE("where the channel keeps little, each sees a message once and in order, or is told that it missed it") {
  TestServer server;
  Outcome outcome = run(server, {.streams = 40, .polls = 40, .messages = 8'000, .size = 5, .seed = 42});
  CHECK(outcome.failures == "");
  std::size_t missed = 0;
  for (auto& follower : outcome.crowd) {
    CHECK(saw_what_was_published(*follower, outcome.order));
    missed += follower->missed();
  }
  CHECK(missed > 0);
}

TEST_SUITE_END();
