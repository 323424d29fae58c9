// Who gets which connection: reuse, the limit and who waits for it, dead ones, and that every place is given back.

#include <netinet/in.h>
#include <sys/resource.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "client/upstream_pool.h"
#include "client_test.h"

using namespace martd;
using namespace martd::client;
using namespace martd::client::test;

TEST_CASE_FIXTURE(PoolTest, "pool: a connection is used again, the newest first") {
  SiteDoor door;
  before(door.url());
  Witness a;
  Witness b;
  const ExchangePtr first = pool->ask(get("/a"), a);
  const ExchangePtr second = pool->ask(get("/b"), b);
  SiteEnd one = accept(door);
  SiteEnd two = accept(door);
  await_request(one);
  await_request(two);
  CHECK(pool->open() == 2);
  one.send(kAnswer);
  until([&] { return a.done(); });
  CHECK(a.told == "200 abc end ");
  CHECK(pool->kept() == 1);
  two.send(kAnswer);
  until([&] { return b.done(); });
  CHECK(pool->kept() == 2);
  Witness c;
  const ExchangePtr third = pool->ask(get("/c"), c);
  CHECK(pool->kept() == 1);
  two.received.clear();
  await_request(two);
  CHECK(two.received.starts_with("GET /c "));
  two.send(kAnswer);
  until([&] { return c.done(); });
  CHECK(pool->open() == 2);
}

TEST_CASE_FIXTURE(PoolTest, "pool: what can't be used again is closed") {
  SiteDoor door;
  before(door.url());
  for (const char* said :
       {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nsurplus"}) {
    CAPTURE(said);
    Witness witness;
    const ExchangePtr exchange = pool->ask(get(), witness);
    SiteEnd end = accept(door);
    await_request(end);
    end.send(said);
    until([&] { return witness.done(); });
    CHECK(witness.told == "200 end ");
    CHECK(pool->kept() == 0);
    CHECK(pool->open() == 0);
    CHECK(end.ended());
  }
}

TEST_CASE_FIXTURE(PoolTest, "pool: at most so many connections; who waits gets the first that is free, in order") {
  SiteDoor door;
  before(door.url(), 1);
  Witness a;
  Witness b;
  Witness c;
  const ExchangePtr first = pool->ask(get("/a"), a);
  const ExchangePtr second = pool->ask(get("/b"), b);
  const ExchangePtr third = pool->ask(get("/c"), c);
  SiteEnd end = accept(door);
  await_request(end);
  CHECK(door.take() < 0);
  end.received.clear();
  end.send(kAnswer);
  until([&] { return a.done(); });
  await_request(end);  // the same connection
  CHECK(end.received.starts_with("GET /b "));
  // It closes: its place is the next one's.
  end.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  until([&] { return b.done(); });
  SiteEnd another = accept(door);
  await_request(another);
  CHECK(another.received.starts_with("GET /c "));
  another.send(kAnswer);
  until([&] { return c.done(); });
  CHECK(pool->open() == 1);
}

TEST_CASE_FIXTURE(PoolTest, "pool: who waits in vain for a place is told that it is crowded, and leaves no trace") {
  SiteDoor door;
  before(door.url(), 1, {.connect = 60ms});
  Witness a;
  Witness b;
  const ExchangePtr first = pool->ask(get("/a"), a);
  SiteEnd end = accept(door);
  await_request(end);
  const ExchangePtr second = pool->ask(get("/b"), b);
  until([&] { return b.done(); });
  CHECK(b.told == "crowded ");
  CHECK_FALSE(a.done());
  end.send(kAnswer);
  until([&] { return a.done(); });
  CHECK(pool->kept() == 1);
}

TEST_CASE_FIXTURE(PoolTest, "pool: a body that waited for a place is sent with it, and more is asked for") {
  // Nobody used to ask for more where all of it was written at once: a long body stood still.
  SiteDoor door;
  before(door.url(), 1);
  Witness a;
  Witness b;
  const ExchangePtr first = pool->ask(get("/a"), a);
  SiteEnd end = accept(door);
  await_request(end);
  const ExchangePtr second = pool->ask(post(), b);
  second->send("ab");
  CHECK(second->unsent() == 2);
  end.received.clear();
  end.send(kAnswer);
  until([&] {
    end.receive();
    return end.received.ends_with("\r\n\r\nab");
  });
  until([&] { return b.rooms == 1; });
  CHECK(second->unsent() == 0);
  second->send("c");
  second->end_of_body();
  until([&] {
    end.receive();
    return end.received.ends_with("abc");
  });
  end.send(kAnswer);
  until([&] { return b.done(); });
  CHECK(pool->kept() == 1);
}

TEST_CASE_FIXTURE(PoolTest, "pool: one that waits and is abandoned is passed over") {
  SiteDoor door;
  before(door.url(), 1);
  Witness a;
  Witness b;
  Witness c;
  const ExchangePtr first = pool->ask(get("/a"), a);
  const ExchangePtr second = pool->ask(get("/b"), b);
  const ExchangePtr third = pool->ask(get("/c"), c);
  SiteEnd end = accept(door);
  await_request(end);
  second->abandon();
  first->abandon();
  until([&] { return end.ended(); });
  SiteEnd another = accept(door);
  await_request(another);
  CHECK(another.received.starts_with("GET /c "));
  another.send(kAnswer);
  until([&] { return c.done(); });
  CHECK(a.told + b.told == "");
}

TEST_CASE_FIXTURE(PoolTest, "pool: a kept connection that the site closes is gone from the pool") {
  SiteDoor door;
  before(door.url());
  SiteEnd end = warm(door);
  CHECK(pool->kept() == 1);
  end.close();
  until([&] { return pool->open() == 0; });
  CHECK(pool->kept() == 0);
  // What it says unasked isn't taken for an answer.
  SiteEnd other = warm(door);
  other.send(kAnswer);
  until([&] { return pool->open() == 0; });
}

TEST_CASE_FIXTURE(PoolTest, "pool: what has come on a kept connection is never the next answer") {
  // The site said more than its answer, and the loop hadn't come round to see it: the next client got that.
  SiteDoor door;
  before(door.url());
  for (const bool again : {true, false}) {
    SiteEnd end = warm(door);
    end.send(again ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison" : "x");
    Witness witness;
    const ExchangePtr exchange = pool->ask(get("/next"), witness);
    CHECK(pool->kept() == 0);
    SiteEnd another = accept(door);
    await_request(another);
    CHECK(another.received.starts_with("GET /next "));
    another.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    until([&] { return witness.done(); });
    CHECK(witness.told == "200 abc end ");
    end.receive();
    CHECK(end.received.empty());
    CHECK(end.ended());
  }
  // Its end is seen, too: a request that can't be repeated isn't lost in it.
  SiteEnd end = warm(door);
  end.close();
  Witness witness;
  const ExchangePtr exchange = pool->ask(post(), witness);
  exchange->send("abc");
  exchange->end_of_body();
  SiteEnd another = accept(door);
  await_request(another);
  another.send(kAnswer);
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 abc end ");
}

TEST_CASE_FIXTURE(PoolTest, "pool: rubbish first on a kept connection: asked once more, and only what is safe") {
  // It belongs to the answer before it, and came too late to be seen with that.
  SiteDoor door;
  before(door.url());
  {
    SiteEnd end = warm(door);
    Witness witness;
    const ExchangePtr exchange = pool->ask(get("/again"), witness);
    await_request(end);
    end.send("\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    SiteEnd another = accept(door);
    await_request(another);
    CHECK(another.received.starts_with("GET /again "));
    another.send("stray");  // of a new connection it is the answer
    until([&] { return witness.done(); });
    CHECK(witness.told == "rubbish ");
  }
  for (const bool interim : {false, true}) {
    SiteEnd end = warm(door);
    Witness witness;
    const ExchangePtr exchange = pool->ask(interim ? get() : post(), witness);
    exchange->send(interim ? "" : "abc");
    await_request(end);
    if (interim) end.send("HTTP/1.1 103 Hints\r\n\r\n");
    end.send("stray");
    until([&] { return witness.done(); });
    CHECK(witness.told == (interim ? "103… rubbish " : "rubbish "));
  }
  CHECK(door.take() < 0);
}

TEST_CASE_FIXTURE(PoolTest, "pool: a kept connection that dies after a long silence: the new one has its whole time") {
  // The time for connecting was counted from the beginning: a site that fell after six seconds was never asked again.
  SiteDoor door;
  before(door.url(), 10, {.connect = 50ms});
  SiteEnd end = warm(door);
  Witness witness;
  const ExchangePtr exchange = pool->ask(get("/again"), witness);
  await_request(end);
  const Time then = loop.now() + 100ms;
  until([&] { return loop.now() > then; });
  end.close();
  SiteEnd another = accept(door);
  await_request(another);
  another.send(kAnswer);
  until([&] { return witness.done(); });
  CHECK(witness.told == "200 abc end ");
}

TEST_CASE_FIXTURE(PoolTest, "pool: after a HEAD without a length nothing is kept") {
  // Some send the body all the same, and it came as the answer to the next request.
  SiteDoor door;
  before(door.url());
  struct Said {
    const char* fields;
    std::size_t kept;
  };
  for (const auto& [fields, kept] :
       {Said{"", 0}, Said{"Transfer-Encoding: chunked\r\n", 0}, Said{"Content-Length: 5\r\n", 1}}) {
    const std::string named = fields;
    CAPTURE(named);
    Witness witness;
    Order order = get();
    order.head_only = true;
    const ExchangePtr exchange = pool->ask(order, witness);
    SiteEnd end = accept(door);
    await_request(end);
    end.send(std::string("HTTP/1.1 200 OK\r\n") + fields + "\r\n");
    until([&] { return witness.done(); });
    CHECK(witness.told == "200 end ");
    CHECK(pool->kept() == kept);
  }
}

TEST_CASE_FIXTURE(PoolTest, "pool: what can't be repeated takes no connection that was idle for more than a second") {
  // Some servers close after two, and a form that was just then on its way was lost.
  SiteDoor door;
  before(door.url());
  SiteEnd end = warm(door);
  const Time then = loop.now() + 1100ms;
  until([&] { return loop.now() > then; });
  Witness witness;
  const ExchangePtr exchange = pool->ask(post(), witness);
  exchange->send("abc");
  exchange->end_of_body();
  SiteEnd another = accept(door);
  await_request(another);
  another.send(kAnswer);
  until([&] { return witness.done(); });
  CHECK(pool->kept() == 2);
}

TEST_CASE_FIXTURE(PoolTest, "pool: a kept connection waits so long for another request, then it is closed") {
  SiteDoor door;
  before(door.url(), 10, {.idle = 50ms});
  SiteEnd end = warm(door);
  CHECK(pool->kept() == 1);
  until([&] { return pool->kept() == 0; });
  CHECK(end.ended());
}

TEST_CASE_FIXTURE(PoolTest, "pool: a kept connection that was dead: asked once more, and only what is safe") {
  SiteDoor door;
  before(door.url());
  SiteEnd end = warm(door);
  {
    Witness witness;
    const ExchangePtr exchange = pool->ask(get("/again"), witness);
    await_request(end);
    end.close();
    SiteEnd another = accept(door);
    await_request(another);
    CHECK(another.received.starts_with("GET /again "));
    another.close();  // this one was new: it is no dead one
    until([&] { return witness.done(); });
    CHECK(witness.told == "broken ");
  }
  {
    SiteEnd kept = warm(door);
    Witness witness;
    const ExchangePtr exchange = pool->ask(post(), witness);
    exchange->send("abc");
    exchange->end_of_body();
    await_request(kept);
    kept.close();
    until([&] { return witness.done(); });
    CHECK(witness.told == "broken ");
  }
  {
    SiteEnd kept = warm(door);
    Witness witness;
    const ExchangePtr exchange = pool->ask(get(), witness);
    await_request(kept);
    kept.send("HTTP/1.1 2");  // its answer had begun
    turn();
    kept.close();
    until([&] { return witness.done(); });
    CHECK(witness.told == "broken ");
  }
  CHECK(door.take() < 0);
}

TEST_CASE_FIXTURE(PoolTest, "pool: several dead connections are no reason to ask more than twice") {
  // Each of them used to be tried in turn, and a site that closes what it has just been asked saw a request many times.
  SiteDoor door;
  before(door.url());
  std::vector<SiteEnd> ends;
  std::vector<std::unique_ptr<Witness>> witnesses;
  std::vector<ExchangePtr> exchanges;
  for (int i = 0; i < 4; ++i) {
    witnesses.push_back(std::make_unique<Witness>());
    exchanges.push_back(pool->ask(get(), *witnesses.back()));
    ends.push_back(accept(door));
    await_request(ends.back());
    ends.back().received.clear();
  }
  for (SiteEnd& end : ends) end.send(kAnswer);
  until([&] { return pool->kept() == 4; });
  Witness witness;
  const ExchangePtr exchange = pool->ask(get("/twice"), witness);
  int asked = 0;
  until([&] {
    for (SiteEnd& end : ends) {
      end.receive();
      if (end.received.empty()) continue;
      ++asked;
      end = SiteEnd();
    }
    return asked == 1;
  });
  SiteEnd fresh = accept(door);
  await_request(fresh);
  fresh.close();
  until([&] { return witness.done(); });
  for (SiteEnd& end : ends) end.receive();
  for (SiteEnd& end : ends) CHECK(end.received.empty());
}

TEST_CASE_FIXTURE(PoolTest,
                  "pool: of several addresses the first refuses; the next is taken, and comes first from then on") {
  SiteDoor door;
  // The one place there is must be enough for all of them.
  before("http://site.invalid:" + std::to_string(door.port()), 1);
  const auto endpoint = [&](std::uint32_t address) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(address);
    place.sin_port = htons(door.port());
    Endpoint made;
    std::memcpy(&made.address, &place, sizeof place);
    made.size = sizeof place;
    return made;
  };
  // 127.0.0.2 and 127.0.0.3 are this machine, too, and nobody listens there.
  const Endpoint good = endpoint(INADDR_LOOPBACK);
  pool->endpoints().know({endpoint(INADDR_LOOPBACK + 1), endpoint(INADDR_LOOPBACK + 2), good});
  SiteEnd end = warm(door);
  CHECK(pool->open() == 1);
  Endpoint first;
  pool->endpoints().get([&](std::span<const Endpoint> known) { first = known.front(); });
  CHECK(first == good);
  end.close();
  until([&] { return pool->open() == 0; });
  end = warm(door);

  // Another waits for the place while the addresses are tried: it gets its turn, and the first doesn't lose its own.
  pool->endpoints().know({endpoint(INADDR_LOOPBACK + 1), endpoint(INADDR_LOOPBACK + 2), good});
  end.close();
  until([&] { return pool->open() == 0; });
  Witness a;
  Witness b;
  const ExchangePtr one = pool->ask(get("/1"), a);
  const ExchangePtr other = pool->ask(get("/2"), b);
  int answered = 0;
  while (answered < 2) {
    SiteEnd site = accept(door);
    await_request(site);
    site.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    ++answered;
    until([&] { return static_cast<int>(a.done()) + static_cast<int>(b.done()) == answered; });
  }
  CHECK(a.told == "204 end ");
  CHECK(b.told == "204 end ");
}

TEST_CASE_FIXTURE(PoolTest, "pool: nobody listens: refused, and looked for again the next time") {
  SiteDoor door;
  const std::uint16_t port = door.port();
  before("http://localhost:" + std::to_string(port));
  door.go_away();
  for (int i = 0; i < 3; ++i) {
    Witness witness;
    const ExchangePtr exchange = pool->ask(get(), witness);
    until([&] { return witness.done(); });
    CHECK(witness.told == "refused ");
    CHECK(pool->open() == 0);
  }
  SiteDoor again(INADDR_LOOPBACK, port);
  warm(again);
}

TEST_CASE_FIXTURE(PoolTest, "pool: a name that has no address") {
  before("http://does-not-exist.invalid", 1, {.connect = 5s});
  Witness witness;
  const ExchangePtr exchange = pool->ask(get(), witness);
  until([&] { return witness.done(); });
  CHECK((witness.told == "unresolved " || witness.told == "connect_timeout "));
}

TEST_CASE_FIXTURE(PoolTest, "pool: a site whose queue is full takes no connection: the time-out of connecting") {
  SiteDoor door(INADDR_LOOPBACK, 0, 0);
  before(door.url(), 10, {.connect = 300ms});
  // One more than the queue holds is enough; how many that are is the kernel's.
  std::vector<std::unique_ptr<Witness>> witnesses;
  std::vector<ExchangePtr> exchanges;
  for (int i = 0; i < 8; ++i) {
    witnesses.push_back(std::make_unique<Witness>());
    exchanges.push_back(pool->ask(get(), *witnesses.back()));
  }
  until([&] { return witnesses.back()->done(); });
  CHECK(witnesses.back()->told == "connect_timeout ");
  for (const ExchangePtr& exchange : exchanges) exchange->abandon();
  turn();
}

TEST_CASE_FIXTURE(PoolTest, "pool: no descriptor for a connection: crowded, not refused") {
  SiteDoor door;
  before(door.url());
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const rlimit none{3, usual.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  Witness witness;
  const ExchangePtr exchange = pool->ask(get(), witness);
  turn();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  until([&] { return witness.done(); });
  CHECK(witness.told == "crowded ");
  warm(door);
}

TEST_CASE_FIXTURE(PoolTest, "pool: stopping closes what waits, keeps nothing more, and lets what is under way finish") {
  SiteDoor door;
  before(door.url());
  SiteEnd idle = warm(door);
  Witness busy;
  Order order = get();
  order.repeatable = false;
  const ExchangePtr exchange = pool->ask(order, busy);
  await_request(idle);
  pool->stop();
  idle.send(kAnswer);
  until([&] { return busy.done(); });
  CHECK(busy.told == "200 abc end ");
  CHECK(pool->open() == 0);
  CHECK(idle.ended());
}

namespace {

std::mutex stuck;

Found wait_for_stuck(const std::string&, std::uint16_t) {
  const std::lock_guard lock(stuck);
  return std::vector<Endpoint>(1);
}

}  // namespace

TEST_CASE("endpoints: who goes doesn't wait for a look-up that is stuck, and nobody is told of it") {
  // Once the program's end waited for it: for as long as a name server that is gone doesn't answer.
  const Site site = Site::parse("http://name.example").value();
  net::Clock clock;
  auto loop = std::make_unique<net::Loop>(clock);
  net::test::begin(*loop);
  int told = 0;
  const auto tell = [&](std::span<const Endpoint> found) { told += static_cast<int>(found.size()); };
  std::unique_lock answered(stuck);
  {
    Endpoints endpoints(*loop, site, wait_for_stuck);
    endpoints.get(tell);
  }
  {
    // The same, and it is there when the answer comes.
    Endpoints endpoints(*loop, site, wait_for_stuck);
    endpoints.get(tell);
    endpoints.get(tell);
    answered.unlock();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (told == 0 && std::chrono::steady_clock::now() < deadline) loop->turn(20ms);
    CHECK(told == 2);
  }
  loop.reset();
}

TEST_CASE("endpoint: as people read it") {
  const auto shown = [](const std::string& url) {
    net::Clock clock;
    net::Loop loop{clock};
    const Site site = Site::parse(url).value();
    Endpoints endpoints(loop, site);
    std::string text;
    endpoints.get([&](std::span<const Endpoint> found) { text = to_string(found.front()); });
    return text;
  };
  CHECK(shown("http://127.0.0.1") == "127.0.0.1:80");
  CHECK(shown("http://[2001:db8::1]:3000") == "[2001:db8::1]:3000");
  CHECK(shown("unix:/run/app.sock") == "unix:/run/app.sock");
}
