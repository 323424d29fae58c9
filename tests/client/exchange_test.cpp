// One request on its way: what is sent before there is a connection, what comes back and in which order, time-outs,
// tunnels, and being abandoned at every step.

#include "client/exchange.h"

#include <string>
#include <vector>

#include "client_test.h"

using namespace martd;
using namespace martd::client;
using namespace martd::client::test;

TEST_CASE_FIXTURE(PoolTest, "exchange: what is sent before there is a connection follows the head, in order") {
  SiteDoor door;
  before(door.url());
  Witness witness;
  const ExchangePtr exchange = pool->ask(post(), witness);
  exchange->send("a");
  exchange->send("bc");
  exchange->end_of_body();
  SiteEnd end = accept(door);
  await_request(end);
  until([&] {
    end.receive();
    return end.received.ends_with("\r\n\r\nabc");
  });
  CHECK(exchange->unsent() == 0);
  end.send(kAnswer);
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 abc end ");
  CHECK(pool->kept() == 1);
}

TEST_CASE_FIXTURE(PoolTest, "exchange: interim answers, then the answer, cut anywhere") {
  SiteDoor door;
  before(door.url());
  const std::string said =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
  for (std::size_t cut = 1; cut < said.size(); cut += 3) {
    CAPTURE(cut);
    Witness witness;
    const ExchangePtr exchange = pool->ask(get(), witness);
    static SiteEnd end;
    if (cut == 1) end = accept(door);
    await_request(end);
    end.received.clear();
    end.send(said.substr(0, cut));
    turn();
    end.send(said.substr(cut));
    until([&] { return witness.done(); });
    CHECK(witness.told == "100… 103… 200 a end ");
    if (cut + 3 >= said.size()) end = SiteEnd();
  }
}

TEST_CASE_FIXTURE(PoolTest, "exchange: an answer before the body is whole ends it, and the connection with it") {
  SiteDoor door;
  before(door.url());
  Witness witness;
  const ExchangePtr exchange = pool->ask(post(), witness);
  exchange->send("a");
  SiteEnd end = accept(door);
  await_request(end);
  end.send(kAnswer);
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 abc end ");
  exchange->send("b");  // nobody's any more
  exchange->end_of_body();
  CHECK(pool->open() == 0);
  CHECK(end.ended());
}

TEST_CASE_FIXTURE(PoolTest, "exchange: the site's silence is counted from when it has all it needs to answer") {
  SiteDoor door;
  before(door.url(), 10, {.answer = 60ms});
  Witness witness;
  const ExchangePtr exchange = pool->ask(post(), witness);
  exchange->send("a");
  SiteEnd end = accept(door);
  await_request(end);
  // The client is slow with the rest: that isn't the site's fault.
  const auto slow = std::chrono::steady_clock::now() + 250ms;
  until([&] { return std::chrono::steady_clock::now() > slow; });
  CHECK(witness.told == "");
  exchange->send("bc");
  exchange->end_of_body();
  until([&] { return witness.done(); });
  CHECK(witness.told == "timeout ");
  CHECK(end.ended());
}

TEST_CASE_FIXTURE(PoolTest, "exchange: no more of the answer is given while it is paused") {
  SiteDoor door;
  before(door.url());
  Witness witness;
  const ExchangePtr exchange = pool->ask(get(), witness);
  SiteEnd end = accept(door);
  await_request(end);
  end.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  until([&] { return witness.told == "200 abc "; });
  exchange->pause();
  end.send("d");  // one read is under way
  until([&] { return witness.told == "200 abc d "; });
  end.send("ef");
  for (int i = 0; i < 20; ++i) loop.turn(5ms);
  CHECK(witness.told == "200 abc d ");
  exchange->resume();
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 abc d ef end ");
}

TEST_CASE_FIXTURE(PoolTest, "exchange: a tunnel, its half-closes, and its end") {
  SiteDoor door;
  before(door.url());
  Witness witness;
  Order order = get();
  order.may_upgrade = true;
  const ExchangePtr exchange = pool->ask(order, witness);
  SiteEnd end = accept(door);
  await_request(end);
  end.received.clear();
  end.send("HTTP/1.1 101 Switching Protocols\r\n\r\nhello");
  until([&] { return witness.told == "101 tunnel hello "; });
  exchange->send("hi");
  exchange->end_of_tunnel();
  until([&] { return end.ended(); });
  CHECK(end.received == "hi");
  end.send("more");
  until([&] { return witness.told == "101 tunnel hello more "; });
  end.close();
  until([&] { return witness.done(); });
  CHECK(witness.told == "101 tunnel hello more end ");
  exchange->abandon();
  CHECK(pool->open() == 0);
}

TEST_CASE_FIXTURE(PoolTest, "exchange: a tunnel's reset is no end") {
  SiteDoor door;
  before(door.url());
  Witness witness;
  Order order = get();
  order.may_upgrade = true;
  const ExchangePtr exchange = pool->ask(order, witness);
  SiteEnd end = accept(door);
  await_request(end);
  end.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  until([&] { return witness.told == "101 tunnel "; });
  end.reset();
  until([&] { return witness.done(); });
  CHECK(witness.told == "101 tunnel broken ");
}

TEST_CASE_FIXTURE(PoolTest, "exchange: rubbish is told at once, before its line is whole") {
  SiteDoor door;
  before(door.url());
  for (const char* said :
       {"S", "HTTP/2", "HTTP/1.1 200 OK\r\nA B: c\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    CAPTURE(said);
    Witness witness;
    const ExchangePtr exchange = pool->ask(get(), witness);
    SiteEnd end = accept(door);
    await_request(end);
    end.send(said);
    until([&] { return witness.done(); });
    CHECK(witness.told == "rubbish ");
    CHECK(end.ended());
  }
}

TEST_CASE_FIXTURE(
    PoolTest,
    "exchange: what ends with its head is taken whatever it says of a body, and not trusted with another request") {
  SiteDoor door;
  before(door.url());
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  struct Said {
    std::string bytes;
    const char* told;
    std::size_t kept;
  };
  for (const auto& [bytes, told, kept] : std::vector<Said>{
           {"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" + ok, "100… 200 abc end ", 0},
           {"HTTP/1.1 103 Hints\r\nTransfer-Encoding: chunked\r\n\r\n" + ok, "103… 200 abc end ", 0},
           {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", "204 end ", 0},
           {"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "204 end ", 0},
           {"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", "304 end ", 0},
           {"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", "204 end ", 1},
       }) {
    const std::string answer = bytes;
    CAPTURE(answer);
    Witness witness;
    const ExchangePtr exchange = pool->ask(get(), witness);
    SiteEnd end = accept(door);
    await_request(end);
    end.send(bytes);
    until([&] { return witness.done(); });
    CHECK(witness.told == told);
    CHECK(pool->kept() == kept);
  }
}

TEST_CASE_FIXTURE(PoolTest, "exchange: what is rubbish is told after the turn in which it came is over") {
  // Once there was no end of a turn where the answer broke in it. Who puts pieces together to write them at the end of
  // a turn then kept them, in what all of its loop share, and they went out with the next answer: to another client.
  SiteDoor door;
  before(door.url());
  Witness witness;
  const ExchangePtr exchange = pool->ask(get(), witness);
  SiteEnd end = accept(door);
  await_request(end);
  const int turns = witness.turns;
  end.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nrubbish");
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 a rubbish ");
  CHECK(witness.turns == turns + 1);
}

TEST_CASE_FIXTURE(PoolTest, "exchange: abandoned at every step, it tells nothing more and gives its place back") {
  SiteDoor door;
  before(door.url(), 1);
  for (int step = 0; step < 6; ++step) {
    CAPTURE(step);
    Witness witness;
    Order order = step == 5 ? get() : post();
    order.may_upgrade = step == 5;
    const ExchangePtr exchange = pool->ask(order, witness);
    if (step >= 1) exchange->send("a");
    SiteEnd end;
    if (step >= 2) {
      end = accept(door);
      await_request(end);
    }
    if (step == 3) end.send("HTTP/1.1 200 O");
    if (step == 4) end.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na");
    if (step == 5) end.send("HTTP/1.1 101 Switching Protocols\r\n\r\na");
    if (step >= 3) {
      const int before = witness.turns;
      until([&] { return witness.turns > before; });
    }
    const std::string told = witness.told;
    exchange->abandon();
    exchange->send("b");
    CHECK(exchange->unsent() == 0);
    if (step >= 2) until([&] { return end.ended(); });
    turn();
    CHECK(witness.told == told);
    CHECK(pool->open() == 0);
    if (const int left = door.take(); left >= 0) ::close(left);
  }
  warm(door);  // the one place is free
}
