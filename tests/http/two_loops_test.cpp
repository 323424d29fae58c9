// Two loops below one hub: what comes in on the one is heard on the other. The test takes the turns of both, so that
// what happens between two turns of one happens there each time; at the end both run on threads of their own.

#include <poll.h>

#include <deque>
#include <random>
#include <thread>

#include "push/hub.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

/// The payloads in it, which are all written as `<name>`.
std::vector<std::string> payloads(const std::string& heard) {
  std::vector<std::string> found;
  for (auto at = heard.find('<'); at != std::string::npos; at = heard.find('<', at + 1))
    found.push_back(heard.substr(at, heard.find('>', at) + 1 - at));
  return found;
}

struct TwoLoopsTest : WorkerTest {
  TwoLoopsTest() { net::test::begin(other_loop); }
  ~TwoLoopsTest() {
    worker.abandon();
    other.abandon();
    turn_both();
    CHECK(other.sessions() == 0);
    CHECK(other.counters().line_streams_held.value() == 0);
    CHECK(other.counters().polls_held.value() == 0);
    CHECK(other_loop.outbox_bytes() == 0);
    CHECK(hub.registry().followed() == 0);
  }

  Worker& worker_of(int which) { return which == 0 ? worker : other; }
  net::Loop& loop_of(int which) { return which == 0 ? loop : other_loop; }
  void turn_one(int which) { net::test::turn(loop_of(which)); }
  /// What one does may be news for the other.
  void turn_both() {
    for (bool any = true; any;) any = loop.turn(Duration{0}) | other_loop.turn(Duration{0});
  }
  Peer connect_to(int which) {
    Peer peer;
    worker_of(which).accept(peer.give(), address("127.0.0.1"), nullptr);
    turn_one(which);
    return peer;
  }
  Peer follow(int which, const std::string& wants) {
    Peer peer = connect_to(which);
    peer.send("GET /sub?" + wants + " HTTP/1.1\r\nHost: a\r\n\r\n");
    turn_one(which);
    return peer;
  }
  Peer stream(int which, const std::string& wants) { return follow(which, wants + "&.transport=lines"); }
  /// Heard by its loop, and by no other yet.
  void push(int which, Peer& by, const std::string& channel, const std::string& payload,
            const std::string& options = "&size=1000") {
    by.send("POST /pub?channel=" + channel + options +
            " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(payload.size()) + "\r\n\r\n" + payload);
    turn_one(which);
    by.receive();
    CHECK(take_reply(by.received).status == 200);
  }
  static std::vector<std::string> heard(Peer& peer) {
    peer.receive();
    return payloads(peer.received);
  }
  static bool told(Peer& peer, std::string_view what) {
    peer.receive();
    return peer.received.find(what) != std::string::npos;
  }

  net::Loop other_loop{clock};
  Worker other{1, other_loop, hub, count, settings};
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(TwoLoopsTest, "two loops: a push that comes in on one is heard on both, once and in order") {
  Peer near = stream(0, "news=0"), far = stream(1, "news=0");
  Peer first = connect_to(0), second = connect_to(1);
  push(0, first, "news", "<1>");
  push(0, first, "news", "<2>");
  push(1, second, "news", "<3>");
  push(0, first, "news", "<4>");
  turn_both();
  const Heard all{"<1>", "<2>", "<3>", "<4>"};
  CHECK(heard(near) == all);
  CHECK(heard(far) == all);
  turn_both();
  CHECK(heard(far) == all);
}

TEST_CASE_FIXTURE(TwoLoopsTest,
                  "two loops: a poll on one is answered by a push on the other, when its loop comes round") {
  Peer poll = follow(1, "news=0");
  Peer by = connect_to(0);
  push(0, by, "news", "<1>");
  CHECK(heard(poll).empty());
  turn_one(1);
  CHECK(heard(poll) == Heard{"<1>"});
}

TEST_CASE_FIXTURE(TwoLoopsTest, "two loops: whoever has a one2one channel on one has it on the other, too") {
  Peer by = connect_to(0);
  push(0, by, "line", "<1>", "&one2one=true&size=10");
  Peer has = stream(0, "line=0&cid=a");
  CHECK(heard(has) == Heard{"<1>"});
  Peer wants = stream(1, "line=0&cid=b");
  turn_both();
  CHECK(told(wants, "409"));
  CHECK(heard(wants).empty());
  push(0, by, "line", "<2>", "&one2one=true&size=10");
  turn_both();
  CHECK(heard(has) == Heard{"<1>", "<2>"});

  // It is free for the other ten seconds after the first has left.
  has.hang_up();
  turn_one(0);
  clock.step(9s);
  Peer early = stream(1, "line=0&cid=b");
  CHECK(told(early, "409"));
  clock.step(2s);
  turn_both();
  Peer again = stream(1, "line=0&cid=b");
  turn_both();
  CHECK(heard(again) == Heard{"<1>", "<2>"});
}

TEST_CASE_FIXTURE(TwoLoopsTest, "two loops: a client that comes again on the other loop replaces itself") {
  Peer by = connect_to(0);
  push(0, by, "line", "<1>", "&one2one=true&size=10");
  Peer before = stream(0, "line=0&cid=a");
  Peer after = stream(1, "line=0&cid=a");
  // Until its loop comes round, the first doesn't know; what is published by then is the second's.
  Peer far = connect_to(1);
  push(1, far, "line", "<2>", "&one2one=true&size=10");
  turn_both();
  CHECK(told(before, "\"closed\":\"replaced\""));
  CHECK(heard(after) == Heard{"<1>", "<2>"});
  CHECK(subscribers("line") == 1);
  CHECK(worker.counters().line_streams_held.value() == 0);
  CHECK(other.counters().line_streams_held.value() == 1);
}

TEST_CASE_FIXTURE(TwoLoopsTest, "two loops: a push that makes a channel one2one lets the first stay, wherever it is") {
  Peer by = connect_to(0);
  Peer first = stream(1, "line=0&cid=a"), second = stream(0, "line=0&cid=b");
  push(0, by, "line", "<1>", "&size=10");
  push(0, by, "line", "<2>", "&one2one=true&size=10");
  turn_both();
  CHECK(heard(first) == Heard{"<1>", "<2>"});
  CHECK(heard(second) == Heard{"<1>"});
  CHECK(told(second, "\"closed\":\"one2one\""));
}

TEST_CASE_FIXTURE(TwoLoopsTest, "two loops: a client that hangs up on one while the other publishes is only gone") {
  Peer leaves = stream(1, "news=0"), stays = stream(1, "news=0");
  Peer by = connect_to(0);
  push(0, by, "news", "<1>");
  leaves.hang_up();
  push(0, by, "news", "<2>");
  turn_both();
  CHECK(heard(stays) == Heard{"<1>", "<2>"});
  CHECK(subscribers("news") == 1);

  // The last one goes: its loop has the channel in its mailbox, and nobody there who follows it.
  push(0, by, "news", "<3>");
  stays.hang_up();
  turn_both();
  CHECK(subscribers("news") == 0);
  CHECK(other.sessions() == 0);
}

TEST_CASE_FIXTURE(TwoLoopsTest, "two loops: when both stop, what was published before is heard first") {
  Peer near = stream(0, "news=0"), far = stream(1, "news=0"), poll = follow(1, "other=0");
  Peer by = connect_to(0);
  push(0, by, "news", "<1>");
  int stopped = 0;
  worker.stop([&] { ++stopped; });
  other.stop([&] { ++stopped; });
  turn_both();
  for (Peer* peer : {&near, &far}) {
    CHECK(heard(*peer) == Heard{"<1>"});
    CHECK(told(*peer, "\"closed\":\"stopping\""));
    CHECK(peer->ended());
  }
  CHECK(told(poll, "200 OK"));
  CHECK(stopped == 0);
  for (Peer* peer : {&near, &far, &poll, &by}) peer->hang_up();
  turn_both();
  CHECK(stopped == 2);
}

namespace {

/// Publishes, follows, hangs up and takes turns at random, and knows what everyone must hear.
class Model : public TwoLoopsTest {
 public:
  explicit Model(unsigned seed) : random_(seed) {
    for (int which = 0; which < 2; ++which) publishers_.push_back(connect_to(which));
  }

  void run(int steps) {
    for (int step = 0; step < steps; ++step) one_step();
    turn_both();
    for (Follower& follower : followers_) {
      CHECK(heard(follower.peer) == expected(follower));
      follower.peer.hang_up();
    }
    turn_both();
    for (const std::string& channel : channels_) CHECK(subscribers(channel) == 0);
  }

 private:
  struct Follower {
    Peer peer;
    std::size_t channel;
    std::size_t from;
  };

  std::size_t number(std::size_t below) { return random_() % below; }
  Heard expected(const Follower& follower) const {
    const Heard& all = published_[follower.channel];
    return {all.begin() + static_cast<std::ptrdiff_t>(follower.from), all.end()};
  }

  void one_step() {
    const int which = static_cast<int>(number(2));
    const std::size_t channel = number(2);
    switch (number(8)) {
      case 0: {
        const bool all = number(2) == 0;
        followers_.push_back(
            {stream(which, channels_[channel] + (all ? "=0" : "=now")), channel, all ? 0 : published_[channel].size()});
        break;
      }
      case 1:
        if (!followers_.empty()) leave(number(followers_.size()));
        break;
      case 2:
      case 3:
        loop_of(which).turn(Duration{0});
        break;
      case 4: {
        const std::string payload = "<" + std::to_string(++pushes_) + ">";
        push::Attributes attributes;
        attributes.size = 10000;
        publish(channels_[channel], payload, attributes);
        published_[channel].push_back(payload);
        break;
      }
      default: {
        const std::string payload = "<" + std::to_string(++pushes_) + ">";
        push(which, publishers_[static_cast<std::size_t>(which)], channels_[channel], payload, "&size=10000");
        published_[channel].push_back(payload);
        break;
      }
    }
  }
  /// What it has heard by then is the beginning of what it would have heard.
  void leave(std::size_t at) {
    Follower& follower = followers_[at];
    const Heard got = heard(follower.peer);
    Heard wanted = expected(follower);
    REQUIRE(got.size() <= wanted.size());
    wanted.resize(got.size());
    CHECK(got == wanted);
    followers_.erase(followers_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::minstd_rand random_;
  const std::string channels_[2] = {"a", "b"};
  Heard published_[2];
  std::deque<Follower> followers_;
  std::vector<Peer> publishers_;
  int pushes_ = 0;
};

}  // namespace

TEST_CASE("two loops: whoever comes and goes, in whatever order the loops have their turns, hears all that is theirs") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Model model(seed);
    model.run(150);
  }
}

TEST_CASE_FIXTURE(TwoLoopsTest,
                  "two loops: on threads of their own, everyone hears everything once, and in one order") {
  constexpr int kPushes = 200;
  std::vector<Peer> followers;
  for (int which = 0; which < 2; ++which)
    for (int i = 0; i < 3; ++i) followers.push_back(stream(which, "news=0"));
  Peer publishers[2] = {connect_to(0), connect_to(1)};
  std::thread threads[2] = {std::thread([this] { loop.run(); }), std::thread([this] { other_loop.run(); })};
  for (int i = 0; i < kPushes; ++i) {
    for (const char* name : {"a", "b"}) {
      const std::string payload = "<" + (name + std::to_string(i)) + ">";
      publishers[*name - 'a'].send("POST /pub?channel=news&size=10000 HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                                   std::to_string(payload.size()) + "\r\n\r\n" + payload);
    }
  }
  const auto await = [](Peer& peer, auto done) {
    while (!done()) {
      pollfd readable{peer.descriptor(), POLLIN, 0};
      REQUIRE(::poll(&readable, 1, 30000) == 1);
      REQUIRE(peer.receive());
    }
  };
  for (Peer& follower : followers) await(follower, [&] { return payloads(follower.received).size() == 2 * kPushes; });
  worker.loop().post([this] { worker.stop([this] { loop.stop(); }); });
  other.loop().post([this] { other.stop([this] { other_loop.stop(); }); });
  for (Peer& peer : followers) await(peer, [&] { return peer.received.find("\"closed\"") != std::string::npos; });
  for (Peer& peer : followers) peer.hang_up();
  for (Peer& peer : publishers) peer.hang_up();
  for (std::thread& thread : threads) thread.join();

  const Heard all = payloads(followers.front().received);
  for (Peer& follower : followers) CHECK(payloads(follower.received) == all);
  for (const char* name : {"a", "b"}) {
    int next = 0;
    for (const std::string& payload : all)
      if (payload[1] == *name) CHECK(payload == "<" + (name + std::to_string(next++)) + ">");
    CHECK(next == kPushes);
  }
}
