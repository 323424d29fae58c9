#pragma once

#include <string>
#include <string_view>

#include "../client/client_test.h"
#include "../http/worker_fixture.h"

/// A worker before a site that the test plays by hand.
namespace martd::http::test {

using client::test::SiteDoor;
using client::test::SiteEnd;

struct ForwardingTest : WorkerTest {
  SiteDoor door;

  ForwardingTest() {
    settings->has_upstream = true;
    worker.put_before(
        std::make_unique<client::UpstreamPool>(loop, client::Site::parse(door.url()).value(), nullptr, 10));
  }
  template <class Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.turn(20ms);
    }
    turn();
  }
  /// The site's end of the connection on which `peer` has just asked something.
  SiteEnd asked() {
    int descriptor = -1;
    until([&] { return (descriptor = door.take()) >= 0; });
    SiteEnd end(descriptor);
    await(end, "\r\n\r\n");
    return end;
  }
  void await(SiteEnd& end, std::string_view text) {
    until([&] {
      end.receive();
      return end.received.find(text) != std::string::npos;
    });
  }
  void await(Peer& peer, std::string_view text) {
    until([&] {
      peer.receive();
      return peer.received.find(text) != std::string::npos;
    });
  }
  std::uint64_t proxied(std::size_t first_digit) { return worker.counters().proxied_by_class[first_digit].value(); }
  std::uint64_t failed(client::Failure failure) {
    return worker.counters().proxy_failures[static_cast<std::size_t>(failure)].value();
  }
};

inline constexpr const char* kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace martd::http::test
