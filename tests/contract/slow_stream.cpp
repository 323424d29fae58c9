// Contract section 3, the end: one that falls behind. Streams only; a long-poll is answered once.

#include <map>
#include <sstream>

#include "client.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

constexpr Kind kStreams[] = {Kind::events, Kind::json_events, Kind::lines};

push::Attributes sized(std::uint32_t size) {
  push::Attributes attributes;
  attributes.size = size;
  return attributes;
}

template <class Test>
void for_each_stream(Test test) {
  for (const Kind kind : kStreams) {
    const std::string subscriber = name_of(kind);
    CAPTURE(subscriber);
    WorkerTest server;
    test(server, kind);
  }
}

std::string payload(int number, std::size_t size) { return std::to_string(number) + std::string(size, 'x'); }

/// The numbers of the payloads, and how many were said to be missed, checked to be in order.
struct Read {
  int last = 0;
  int messages = 0;
  int missed = 0;
  int notices = 0;

  void add(const std::string& told) {
    std::istringstream words(told);
    for (std::string word; words >> word;) {
      if (word == "[missed") {
        words >> word;
        missed += std::stoi(word);
        last += std::stoi(word);
        ++notices;
        continue;
      }
      CHECK(std::stoi(word) == last + 1);
      last = std::stoi(word);
      ++messages;
    }
  }
};

}  // namespace

TEST_CASE("slow stream: costs no more than --max-behind, and gets the rest from the backlog") {
  for_each_stream([](WorkerTest& server, Kind kind) {
    server.settings->max_behind = 100000;
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    constexpr int kCount = 2000;
    for (int i = 1; i <= kCount; ++i) {
      server.publish("news", payload(i, 1000), sized(10000));
      server.turn();
      REQUIRE(server.loop.outbox_bytes() <= 100000);
    }
    CHECK(server.worker.counters().fell_behind.value() == 1);
    Read read;
    for (std::string told = client.told(); !told.empty(); told = client.told()) read.add(told);
    CHECK(read.messages == kCount);
    CHECK(read.missed == 0);
    server.publish("news", payload(kCount + 1, 10));
    read.add(client.told());
    CHECK(read.last == kCount + 1);
  });
}

TEST_CASE("slow stream: what the backlog has moved on from is counted, once, where it happened") {
  for_each_stream([](WorkerTest& server, Kind kind) {
    server.settings->max_behind = 100000;
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    constexpr int kCount = 3000;
    for (int i = 1; i <= kCount; ++i) {
      server.publish("news", payload(i, 1000), sized(5));
      server.turn();
    }
    Read read;
    for (std::string told = client.told(); !told.empty(); told = client.told()) read.add(told);
    CHECK(read.notices == 1);
    CHECK(read.messages + read.missed == kCount);
    CHECK(read.last == kCount);
  });
}

TEST_CASE("slow stream: bursts in one turn that are larger than what may wait are cut where the socket stops") {
  for_each_stream([](WorkerTest& server, Kind kind) {
    server.settings->max_behind = 100000;
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    int published = 0;
    Read read;
    for (int burst = 0; burst < 5; ++burst) {
      for (int i = 0; i < 700; ++i) server.publish("news", payload(++published, 1000), sized(10000));
      server.turn();
      REQUIRE(server.loop.outbox_bytes() <= 100000 + 2 * 64 * 1024);
      for (std::string told = client.told(); !told.empty(); told = client.told()) read.add(told);
    }
    CHECK(read.messages == published);
    CHECK(read.missed == 0);
  });
}

TEST_CASE("slow stream: of two channels, each is in order, and none is lost") {
  for_each_stream([](WorkerTest& server, Kind kind) {
    server.settings->max_behind = 50000;
    Client client(server, kind, "a=now&b=now");
    CHECK(client.told().empty());
    int published = 0;
    std::map<char, Read> read;
    const auto take = [&] {
      for (std::string told = client.told(); !told.empty(); told = client.told()) {
        std::istringstream words(told);
        for (std::string word; words >> word;) read[word[0]].add(word.substr(2));
      }
    };
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 400; ++i) {
        ++published;
        server.publish("a", payload(published, 1000), sized(10000));
        server.publish("b", payload(published, 1000), sized(10000));
        if (i % 7 == 0) server.turn();
      }
      take();
    }
    CHECK(read['a'].messages == published);
    CHECK(read['b'].messages == published);
  });
}

// A channel of twelve megabytes was asked for beside one that keeps a single message and gets many: of those, 27 of 30
// were lost until all of the first had been sent.
TEST_CASE("slow stream: a channel that is caught up takes nothing from its neighbour that keeps one message") {
  std::size_t most = 256 * 1024;
  std::size_t size = 1000;
  SUBCASE("messages that are small beside --max-behind") {}
  SUBCASE("messages that are larger than --max-behind") {
    most = 64 * 1024;
    size = 1000 * 1000;
  }
  for_each_stream([&](WorkerTest& server, Kind kind) {
    server.settings->max_behind = most;
    const int kept = static_cast<int>(12'000'000 / size);
    for (int i = 1; i <= kept; ++i) server.publish("large", payload(i, size), sized(20000));
    Client client(server, kind, "large=0&fast=now");
    std::map<char, Read> read;
    const auto take = [&](const std::string& told) {
      std::istringstream words(told);
      for (std::string word, count; words >> word;) {
        std::string piece = word.substr(word.find(':') + 1);
        if (piece == "[missed" && words >> count) piece += " " + count;
        read[word[0]].add(piece);
      }
    };
    server.turn();
    int published = 0;
    // The client reads a piece, and two are published meanwhile: of two in one turn the channel keeps the second.
    while (read['l'].messages < kept && published < 100000) {
      for (int i = 0; i < 2; ++i) server.publish("fast", payload(++published, 100), sized(1));
      server.turn();
      take(client.told(200000));
    }
    for (std::string told = client.told(); !told.empty(); told = client.told()) take(told);
    CHECK(read['l'].messages == kept);
    CHECK(read['f'].missed == 0);
    CHECK(read['f'].messages == published);
    CHECK(published > 20);
  });
}

TEST_CASE("slow stream: one that goes while it is behind leaves nothing behind") {
  for_each_stream([](WorkerTest& server, Kind kind) {
    server.settings->max_behind = 10000;
    for (const bool kicked : {false, true}) {
      std::unique_ptr<Client> first;
      if (kicked) first = std::make_unique<Client>(server, kind, "news=now");
      Client client(server, kind, "news=now");
      CHECK(client.told().empty());
      for (int i = 0; i < 1000; ++i) server.publish("news", payload(i, 1000));
      server.turn();
      CHECK(server.loop.outbox_bytes() > 0);
      if (kicked) {
        push::Attributes one2one;
        one2one.one2one = true;
        server.publish("news", "x", one2one);
        server.turn();
        CHECK(server.subscribers("news") == 1);
        first.reset();
      }
      client.hang_up();
      server.turn();
      CHECK(server.subscribers("news") == 0);
      CHECK(server.loop.outbox_bytes() == 0);
    }
  });
}

TEST_CASE("slow stream: told that the server stops behind all that waits for it") {
  for_each_stream([](WorkerTest& server, Kind kind) {
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    for (int i = 1; i <= 300; ++i) server.publish("news", payload(i, 1000), sized(1000));
    server.turn();
    server.worker.stop({});
    std::string all;
    for (std::string told = client.told(); !told.empty(); told = client.told()) all += " " + told;
    CHECK(all.ends_with("[closed stopping]"));
    CHECK(client.ended());
  });
}
