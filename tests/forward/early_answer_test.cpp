// A request whose site answers before its body is whole, forwarded for a client that is a string: time is what the test
// says it is.

#include <chrono>
#include <memory>

#include "../client/client_test.h"
#include "../push/hub_calls.h"
#include "forward/forwarding.h"
#include "recording_outlet.h"

using namespace martd;
using namespace martd::client::test;
using forward::Forwarding;

namespace {

struct EarlyAnswerTest {
  net::Clock clock;
  net::Loop loop{clock};
  push::Hub hub{clock.start()};
  follow::Counters held_counters;
  forward::Settings settings;
  follow::Desk desk{0, loop, hub, held_counters, settings};
  forward::Counters counters;
  SiteDoor door;
  forward::Gate gate{desk,
                     std::make_unique<client::UpstreamPool>(loop, client::Site::parse(door.url()).value(), nullptr, 10),
                     counters, settings, ""};
  forward::test::RecordingOutlet outlet{desk};
  std::unique_ptr<Forwarding> forwarding;
  SiteEnd site;

  EarlyAnswerTest() { net::test::begin(loop); }
  ~EarlyAnswerTest() {
    forwarding.reset();
    gate.pool().stop();
    net::test::turn(loop);
  }
  template <class Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.turn(20ms);
    }
    net::test::turn(loop);
  }
  /// The client sends a part of a body, and the site has that and answers.
  void answer_early(const std::string& lines, std::string_view part, const std::string& answer) {
    const std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
    wire::RequestHead head;
    REQUIRE_FALSE(wire::read_request_head(bytes, 100, head).has_value());
    forwarding = std::make_unique<Forwarding>(outlet, gate, head);
    forwarding->begin(head, loop.now());
    CHECK(forwarding->receive(part).empty());
    int descriptor = -1;
    until([&] { return (descriptor = door.take()) >= 0; });
    site = SiteEnd(descriptor);
    until([&] {
      site.receive();
      return site.received.ends_with(part);
    });
    site.send(answer);
    until([&] { return outlet.text.ends_with("big"); });
  }
};

constexpr const char* kTooLarge = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig";

}  // namespace

TEST_CASE_FIXTURE(EarlyAnswerTest,
                  "early answer: the rest is read away, the site gets none of it, and the client goes on") {
  answer_early("Content-Length: 10\r\n", "begun", kTooLarge);
  CHECK(forwarding->holding());
  CHECK(forwarding->wants_input());
  CHECK(outlet.text.find("Connection: close") == std::string::npos);
  until([&] { return site.ended(); });
  CHECK(forwarding->receive("res").empty());
  CHECK(outlet.later == 0);
  CHECK(forwarding->receive("t.GET /next") == "GET /next");
  CHECK(outlet.later == 1);
  CHECK(forwarding->receive("and more") == "and more");
  CHECK(site.received.ends_with("begun"));
  forwarding->catch_up(loop.now());
  CHECK_FALSE(forwarding->holding());
  CHECK(outlet.dones == 1);
  CHECK_FALSE(outlet.closed);
}

TEST_CASE_FIXTURE(EarlyAnswerTest, "early answer: a client that leaves the rest out has five seconds") {
  answer_early("Content-Length: 10\r\n", "begun", kTooLarge);
  REQUIRE(outlet.due.has_value());
  CHECK(*outlet.due <= loop.now() + 5s);
  forwarding->on_deadline(*outlet.due - 1ms);
  CHECK(forwarding->holding());
  forwarding->on_deadline(*outlet.due);
  CHECK_FALSE(forwarding->holding());
  CHECK(outlet.closed);
  CHECK(outlet.aborts == 0);
}

TEST_CASE_FIXTURE(EarlyAnswerTest,
                  "early answer: a client that ends its side has its answer whole, and no next request") {
  answer_early("Content-Length: 10\r\n", "begun", kTooLarge);
  CHECK(forwarding->half_closed(true));
  CHECK_FALSE(forwarding->holding());
  CHECK(outlet.closed);
  CHECK(outlet.aborts == 0);
}

TEST_CASE_FIXTURE(EarlyAnswerTest,
                  "early answer: where nobody knows how much is to come, the answer says that it is the last") {
  answer_early("Transfer-Encoding: chunked\r\n", "5\r\nbegun\r\n", kTooLarge);
  CHECK_FALSE(forwarding->holding());
  CHECK(outlet.text.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(outlet.closed);
}

TEST_CASE_FIXTURE(EarlyAnswerTest, "early answer: a body that turns out to be no chunks while it lasts breaks it off") {
  answer_early("Transfer-Encoding: chunked\r\n", "5\r\nbegun\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbig");
  CHECK(forwarding->holding());
  CHECK(forwarding->receive("what?").empty());
  CHECK_FALSE(forwarding->holding());
  CHECK(outlet.closed);
  CHECK(outlet.answered == 0);
  until([&] { return site.ended(); });
}
