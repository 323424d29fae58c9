// Bytes of another protocol, both ways: a client that is a string, and a site that the test plays by hand.

#include "forward/tunnel.h"

#include <chrono>

#include "../client/client_test.h"
#include "../push/hub_calls.h"
#include "push/hub.h"
#include "recording_outlet.h"

using namespace martd;
using namespace martd::client::test;
using forward::Tunnel;

namespace {

struct TunnelTest : PoolTest {
  SiteDoor door;
  push::Hub hub{clock.start()};
  follow::Counters counters;
  follow::Settings settings;
  follow::Desk desk{0, loop, hub, counters, settings};
  forward::test::RecordingOutlet outlet{desk};
  Witness witness;
  client::ExchangePtr exchange;
  SiteEnd site;

  TunnelTest() {
    before(door.url());
    client::Order order = get();
    order.may_upgrade = true;
    exchange = pool->ask(std::move(order), witness);
    site = accept(door);
    await_request(site);
    site.received.clear();
    site.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    until([&] { return witness.told == "101 tunnel "; });
  }
  ~TunnelTest() { exchange->abandon(); }
  void await(const std::string& text) {
    until([&] {
      site.receive();
      return site.received == text;
    });
  }
};

}  // namespace

TEST_CASE_FIXTURE(TunnelTest,
                  "tunnel: what the client sent behind its request goes first, and nothing is due any more") {
  outlet.due = loop.now();
  outlet.ahead = "early ";
  Tunnel tunnel(outlet, *exchange);
  tunnel.begin();
  CHECK_FALSE(outlet.due.has_value());
  CHECK(outlet.reader_wait == Duration{});
  CHECK(outlet.reads == 1);
  tunnel.from_client("and late");
  await("early and late");
  tunnel.from_site("\0\r\n\r\n");
  CHECK(outlet.text == std::string_view("\0\r\n\r\n"));
}

TEST_CASE_FIXTURE(TunnelTest, "tunnel: a site that doesn't read stops the client, until it does") {
  Tunnel tunnel(outlet, *exchange);
  tunnel.begin();
  const std::string piece(60000, 'x');
  std::size_t sent = 0;
  while (tunnel.wants_input()) {
    tunnel.from_client(piece);
    sent += piece.size();
  }
  CHECK(exchange->unsent() <= piece.size());
  until([&] {
    site.receive();
    return site.received.size() == sent;
  });
  CHECK(tunnel.wants_input());
}

TEST_CASE_FIXTURE(TunnelTest, "tunnel: a client that has ended its side is still written to, and then it is over") {
  Tunnel tunnel(outlet, *exchange);
  tunnel.begin();
  tunnel.from_client("bye");
  tunnel.client_ended();
  CHECK_FALSE(tunnel.wants_input());
  CHECK_FALSE(tunnel.over());
  until([&] { return site.ended(); });
  CHECK(site.received == "bye");
  site.send("not yet");
  until([&] { return witness.told.find("not yet") != std::string::npos; });
  tunnel.from_site("not yet");
  CHECK(outlet.text == "not yet");
  CHECK(outlet.half_closes == 0);
  site.close();
  until([&] { return witness.done(); });
  tunnel.site_ended();
  CHECK(outlet.half_closes == 1);
  CHECK(tunnel.over());
}

TEST_CASE_FIXTURE(TunnelTest, "tunnel: a site that has ended its side still gets all that the client says") {
  Tunnel tunnel(outlet, *exchange);
  tunnel.begin();
  tunnel.site_ended();
  CHECK(outlet.half_closes == 1);
  CHECK(tunnel.wants_input());
  // More than the sockets between hold: it is on its way still when both sides have ended.
  const std::string piece(60000, 'x');
  std::size_t sent = 0;
  while (tunnel.wants_input()) {
    tunnel.from_client(piece);
    sent += piece.size();
  }
  tunnel.client_ended();
  CHECK(tunnel.over());
  exchange->abandon();
  until([&] { return site.ended(); });
  CHECK(site.received.size() == sent);
}

TEST_CASE_FIXTURE(TunnelTest, "tunnel: a client that turns out to be gone is told to its outlet") {
  Tunnel tunnel(outlet, *exchange);
  tunnel.begin();
  outlet.gone = true;
  tunnel.from_site("hello");
  CHECK(outlet.breaks == 1);
  CHECK(outlet.text.empty());
}
