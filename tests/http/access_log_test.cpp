// One entry for each request that is over, however it was answered and however it ended.

#include "http/access_log.h"

#include "../forward/forwarding_test.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

struct LogTest : WorkerTest {
  LogTest() {
    settings->access_log = [this](const AccessEntry& entry) {
      entries.push_back(std::string(entry.method) + ' ' + std::string(entry.path) + ' ' + std::to_string(entry.status));
      bytes.push_back(entry.bytes);
      CHECK(entry.took >= Duration{0});
    };
  }
  ~LogTest() { settings->access_log = nullptr; }  // what is still open is closed after the entries are gone
  /// The entries since the last look.
  std::vector<std::string> told() { return std::exchange(entries, {}); }

  std::vector<std::string> entries;
  std::vector<std::uint64_t> bytes;
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(LogTest, "access log: an entry for each answer, without its query") {
  Peer peer = connect();
  const Reply pushed = ask(peer, "POST", "/pub?channel=news&key=hunter2", {}, "x");
  CHECK(told() == Told{"POST /pub 200"});
  CHECK(bytes.back() == pushed.head.size() + pushed.body.size());
  ask(peer, "GET", "/nothing?here");
  ask(peer, "PATCH", "/sub?news=0");
  CHECK(told() == Told{"GET /nothing 404", "PATCH /sub 405"});
}

TEST_CASE_FIXTURE(LogTest, "access log: requests that came together have an entry each, with its own bytes") {
  Peer peer = connect();
  send(peer,
       "GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
       "GET /sub?news=now HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(told() == Told{"GET /a 404", "POST /pub 200"});
  CHECK(bytes[0] + bytes[1] == peer.received.size());
  peer.received.clear();
  // The poll was held behind answers that were still to go out: these are not its own.
  publish("news", "y");
  const std::string answer = more(peer);
  CHECK(told() == Told{"GET /sub 200"});
  CHECK(bytes[2] == answer.size());
}

TEST_CASE_FIXTURE(LogTest, "access log: a held poll has its entry when it is answered, asked again, too") {
  Peer peer = connect();
  for (int i = 0; i < 3; ++i) {
    ask(peer, "GET", "/sub?news=now&.wait=30");
    CHECK(told().empty());
    publish("news", "x");
    const Reply answer = reply(peer);
    CHECK(told() == Told{"GET /sub 200"});
    CHECK(bytes.back() == answer.head.size() + answer.body.size());
  }
  ask(peer, "GET", "/sub?news=0");
  CHECK(told() == Told{"GET /sub 200"});
}

TEST_CASE_FIXTURE(LogTest, "access log: a stream has one entry, when it is over, with all its bytes") {
  Peer peer = connect();
  send(peer, "GET /sub?news=0 HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
  publish("news", "x");
  publish("news", "y");
  turn();
  peer.receive();
  CHECK(told().empty());
  const std::size_t all = peer.received.size();
  peer.hang_up();
  turn();
  CHECK(told() == Told{"GET /sub 200"});
  CHECK(bytes.back() == all);
}

TEST_CASE_FIXTURE(LogTest, "access log: who left before an answer has no status") {
  Peer peer = connect();
  ask(peer, "GET", "/sub?news=now");
  peer.hang_up();
  turn();
  CHECK(told() == Told{"GET /sub 0"});
  Peer other = connect();
  send(other, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx");
  other.hang_up();
  turn();
  CHECK(told() == Told{"POST /pub 0"});
}

TEST_CASE_FIXTURE(LogTest, "access log: what can't be read is in it, and what is too large by its name") {
  Peer malformed = connect();
  send(malformed, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  CHECK(told() == Told{"- - 400"});
  settings->max_payload = 10;
  Peer large = connect();
  send(large, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  CHECK(told() == Told{"POST /pub 413"});
}

TEST_CASE("access log: interim answers are not the status") {
  AccessRecord record("GET", "/");
  record.begin_answer(3);
  record.sent("abcHTTP/1.1 103 Early Hints\r\n\r\n");
  record.sent("HTTP/1.1 204 No Content\r\n\r\n");
  record.sent("HTTP/1.1 500 as a body may have it");
  const wire::Address peer = address("127.0.0.1");
  record.tell(
      [](const AccessEntry& entry) {
        CHECK(entry.status == 204);
        CHECK(entry.bytes == 28 + 27 + 34);
      },
      peer);
}

namespace {

/// Where each request went.
struct UpstreamLogTest : ForwardingTest {
  UpstreamLogTest() {
    settings->access_log = [this](const AccessEntry& entry) {
      entries.push_back(std::string(entry.path) + ' ' + std::to_string(entry.status) + ' ' +
                        std::string(entry.upstream));
    };
  }
  ~UpstreamLogTest() { settings->access_log = nullptr; }
  std::vector<std::string> told() { return std::exchange(entries, {}); }
  std::string route() const { return "127.0.0.1:" + std::to_string(door.port()); }

  std::vector<std::string> entries;
};

}  // namespace

TEST_CASE_FIXTURE(UpstreamLogTest, "access log: the address that was asked, on a new connection and on a kept one") {
  Peer peer = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  site.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\na");
  await(peer, "\r\n\r\na");
  CHECK(told() == Told{"/a 404 " + route()});
  ask(peer, "GET", "/client.js");
  CHECK(told() == Told{"/client.js 200 "});
  send(peer, kGet);
  await(site, "GET /a HTTP/1.1\r\n");
  site.close();  // it may be asked once more, and is not there
  site = asked();
  peer.hang_up();
  until([&] { return !entries.empty(); });
  CHECK(told() == Told{"/a 0 " + route()});
}

TEST_CASE_FIXTURE(UpstreamLogTest, "access log: a site that fails is named, one that wasn't asked is not") {
  door.go_away();
  Peer peer = connect();
  send(peer, kGet);
  await(peer, "}");
  CHECK(told() == Told{"/a 502 " + route()});
  ask(peer, "GET", "/b", "Martd-Channels: .hidden\r\n");
  CHECK(told() == Told{"/b 400 "});
}

TEST_CASE_FIXTURE(UpstreamLogTest, "access log: a name without an address is named as it was given") {
  worker.put_before(
      std::make_unique<client::UpstreamPool>(loop, client::Site::parse("http://no.invalid:81").value(), nullptr, 10));
  Peer peer = connect();
  send(peer, kGet);
  await(peer, "}");
  CHECK(told() == Told{"/a 502 no.invalid:81"});
}
