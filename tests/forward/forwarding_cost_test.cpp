// What a request for the site may cost in memory: there are as many of them at a time as there are clients that wait
// for the site, and each is read, written and forgotten within a millisecond.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "../client/client_test.h"
#include "../follow/fake_outlet.h"
#include "forward/forwarding.h"

namespace {

struct Cost {
  std::size_t allocations = 0;
  std::size_t bytes = 0;
};
Cost cost;
bool counting = false;

void* counted(std::size_t bytes) {
  if (counting) {
    ++cost.allocations;
    cost.bytes += bytes;
  }
  if (void* made = std::malloc(bytes)) return made;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* made) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }
void operator delete[](void* made, std::size_t) noexcept { std::free(made); }

namespace martd::forward {
namespace {

using client::test::SiteDoor;
using client::test::SiteEnd;

/// One loop before a site that the test plays by hand, and clients that take all and keep nothing.
struct CostTest {
  CostTest() {
    net::test::begin(loop);
    settings.upstream_publishes = true;
  }
  ~CostTest() {
    gate.pool().stop();
    net::test::turn(loop);
  }

  /// What one request costs from its head to the end of its answer, on a connection that was kept.
  Cost ask(const std::string& request, const std::string& body, const std::string& answer) {
    wire::RequestHead head;
    REQUIRE_FALSE(wire::read_request_head(request, 1024, head).has_value());
    follow::test::FakeOutlet outlet(desk);
    std::unique_ptr<Forwarding> forwarding;
    Cost least{1000000, 0};
    // What a loop keeps for its turns grows with the first of them.
    for (int round = 0; round < 4; ++round) {
      cost = {};
      count([&] {
        forwarding = std::make_unique<Forwarding>(outlet, gate, head);
        forwarding->begin(head, loop.now());
        forwarding->receive(body);
      });
      until([&] { return connected(); });
      until([&] {
        site.receive();
        return site.received.ends_with(body.empty() ? "\r\n\r\n" : body);
      });
      site.received.clear();
      site.send(answer);
      until([&] { return !forwarding->holding(); });
      if (cost.allocations < least.allocations) least = cost;
    }
    CHECK(outlet.dones == 4);
    return least;
  }

  template <class Work>
  static void count(Work work) {
    counting = true;
    work();
    counting = false;
  }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) {
      bool more = true;
      count([&] { more = loop.turn(std::chrono::milliseconds{20}); });
      REQUIRE((more || ++idle < 500));
    }
  }
  bool connected() {
    if (const int descriptor = door.take(); descriptor >= 0) {
      site = SiteEnd(descriptor);
      accepted = true;
    }
    return accepted;
  }

  net::Clock clock;
  net::Loop loop{clock};
  push::Hub hub{clock.start()};
  follow::Counters held_counters;
  Settings settings;
  follow::Desk desk{0, loop, hub, held_counters, settings};
  Counters counters;
  SiteDoor door;
  SiteEnd site;
  Gate gate{desk, std::make_unique<client::UpstreamPool>(loop, client::Site::parse(door.url()).value(), nullptr, 10),
            counters, settings, ""};
  bool accepted = false;
  int idle = 0;
};

const std::string kHost = "Host: site.example\r\nUser-Agent: a browser of some length (like others)\r\nAccept: */*\r\n";
const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n";

}  // namespace

TEST_CASE_FIXTURE(CostTest, "forwarding: what a request allocates on its way has a bound") {
  Cost found;
  std::size_t most = 0;
  SUBCASE("without a body") {
    found = ask("GET /a HTTP/1.1\r\n" + kHost + "\r\n", {}, kAnswer + "\r\nhello");
    most = 4;
  }
  SUBCASE("with a body of a length") {
    found = ask("POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\n", "0123456789", kAnswer + "\r\nhello");
    most = 4;
  }
  SUBCASE("with a body in three chunks of a size that no string has in place") {
    const std::string chunk = "1e\r\n" + std::string(30, 'x') + "\r\n";
    found = ask("POST /a HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n",
                chunk + chunk + chunk + "0\r\n\r\n", kAnswer + "\r\nhello");
    most = 5;
  }
  SUBCASE("whose answer publishes") {
    found = ask("POST /a HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\n\r\n", {},
                kAnswer + "Martd-Publish: channel=news\r\nMartd-Payload: x\r\n\r\nhello");
    most = 9;
  }
  SUBCASE("whose answer is a page that gets the script tag") {
    settings.inject = true;
    found = ask("GET /a HTTP/1.1\r\n" + kHost + "\r\n", {},
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 48\r\n\r\n"
                "<!doctype html><html><head></head><body></body>\n");
    most = 32;
  }
  SUBCASE("that asks where channels stand") {
    found = ask("GET /a HTTP/1.1\r\n" + kHost + "Martd-Channels: news, weather\r\n\r\n", {},
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello");
    most = 17;
  }
  INFO(found.allocations << " allocations, " << found.bytes << " bytes, of them itself " << sizeof(Forwarding));
  CHECK(found.allocations <= most);
}

}  // namespace martd::forward
