#include "follow/follower.h"

#include <boost/json.hpp>

#include "../http/worker_fixture.h"

using namespace martd;
using namespace martd::follow;
using namespace martd::http;
using namespace martd::http::test;

namespace json = boost::json;

namespace {

struct FollowerTest : WorkerTest {
  /// A stream, and the head of its answer.
  std::pair<Peer, std::string> stream(const std::string& query, const char* version = "1.1",
                                      const std::string& lines = "Accept: text/event-stream\r\n") {
    Peer peer = connect();
    send(peer, "GET /sub?" + query + " HTTP/" + version + "\r\nHost: a\r\n" + lines + "\r\n");
    const auto end = peer.received.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    std::string head = peer.received.substr(0, end + 4);
    peer.received.erase(0, end + 4);
    return {std::move(peer), std::move(head)};
  }
  /// What comes next of a body in chunks.
  std::string chunks(Peer& peer) {
    turn();
    peer.receive();
    std::string body = take_chunks(peer.received);
    CHECK(peer.received.empty());
    return body;
  }
  std::string etag_after(std::string_view name) { return push::to_string(info(std::string(name)).etag); }
  static std::string text(push::Etag etag) { return push::to_string(etag); }
};

const std::string kOpening = "retry: 2000\n: heartbeat 15000\n";
push::Attributes one() {
  push::Attributes attributes;
  attributes.size = 1;
  return attributes;
}

const std::string kLines = "Accept: application/x-ndjson\r\n";

}  // namespace

// Python's requests and urllib3 waited for 512 bytes, or for 64 KiB, before they gave anything of a body without a
// length to whoever iterated over it: of a body in chunks they give each as it comes.
TEST_CASE_FIXTURE(FollowerTest, "follower: in HTTP/1.1 each piece is a chunk of its own, and the end is one") {
  std::string accept = "Accept: text/event-stream\r\n";
  SUBCASE("events") {}
  SUBCASE("lines") { accept = kLines; }
  auto [peer, head] = stream("a=now", "1.1", accept);
  CHECK(head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(head.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  chunks(peer);
  publish("a", "one");
  turn();
  peer.receive();
  CHECK(peer.received.ends_with("\r\n"));
  CHECK(std::stoul(peer.received, nullptr, 16) == peer.received.size() - peer.received.find('\n') - 3);
  CHECK(chunks(peer).find("one") != std::string::npos);
  publish("a", "two");
  publish("a", "three");
  CHECK(chunks(peer).find("three") != std::string::npos);
  worker.stop([] {});
  turn();
  peer.receive();
  CHECK(peer.received.ends_with("\r\n0\r\n\r\n"));
  CHECK(chunks(peer).find("stopping") != std::string::npos);
  CHECK(peer.ended());
}

TEST_CASE_FIXTURE(FollowerTest, "follower: a connection that breaks has no last chunk") {
  auto [peer, head] = stream("a=now");
  chunks(peer);
  publish("a", "one");
  turn();
  worker.abandon();
  turn();
  CHECK(peer.ended());
  CHECK(peer.received.find("one") != std::string::npos);
  CHECK_FALSE(peer.received.ends_with("0\r\n\r\n"));
}

TEST_CASE_FIXTURE(FollowerTest, "follower: in HTTP/1.0 the body is bare, up to the end of the connection") {
  publish("a", "kept");
  for (const std::string& lines : {std::string("Accept: text/event-stream\r\n"), kLines}) {
    for (const std::string query : {"a=0", "a=0&.format=json", "a=0&b=0"}) {
      auto [old, head] = stream(query, "1.0", lines);
      CHECK(head.find("Transfer-Encoding") == std::string::npos);
      auto [young, young_head] = stream(query, "1.1", lines);
      publish("a", "x");
      publish("b", "y");
      const std::string bare = more(old);
      const std::string same = chunks(young);
      CHECK(bare == same);
      CHECK(bare.find('\r') == std::string::npos);
    }
  }
}

TEST_CASE_FIXTURE(FollowerTest, "follower: subscribers of both versions share what is made once for each") {
  auto [old, old_head] = stream("a=now", "1.0");
  auto [young, young_head] = stream("a=now");
  std::string bare, same;
  for (const char* payload : {"one", "two"}) {
    publish("a", payload);
    bare += more(old);
    same += chunks(young);
  }
  CHECK(bare == same);
}

TEST_CASE_FIXTURE(FollowerTest, "follower: asked for right behind another request, and what is asked behind it") {
  publish("a", "kept");
  Peer peer = connect();
  const std::string look = "GET /sub?a=0&.wait=0 HTTP/1.1\r\nHost: a\r\n\r\n";
  send(peer, look + "GET /sub?a=0 HTTP/1.1\r\nHost: a\r\n" + kLines + "\r\n" + look);
  CHECK(take_reply(peer.received).body.find("\"payload\":[\"kept\"]") != std::string::npos);
  const Reply reply = take_reply(peer.received);
  CHECK(reply.header("Transfer-Encoding") == "chunked");
  CHECK(reply.body.starts_with("{\"sub\":"));
  publish("a", "more");
  CHECK(chunks(peer).find("more") != std::string::npos);
  CHECK(ask(peer, "GET", "/sub?a=0&.wait=0").status == 0);
  Peer head = connect();
  send(head, "HEAD /sub?a=0 HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
  CHECK(head.received.starts_with("HTTP/1.1 405 "));
}

TEST_CASE_FIXTURE(FollowerTest, "follower: one that can't be served now is a whole answer") {
  settings->max_connections = 0;
  auto [young, young_head] = stream("a=0");
  CHECK(young_head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(young.received.ends_with("\r\n0\r\n\r\n"));
  const std::string body = take_chunks(young.received);
  CHECK(body.starts_with("retry: "));
  CHECK(body.ends_with("event: martd.closed\ndata: {\"reason\":\"unavailable\"}\n\n"));
  CHECK(young.ended());
  auto [old, old_head] = stream("a=0", "1.0");
  CHECK(old_head.find("Transfer-Encoding") == std::string::npos);
  CHECK(old.received.starts_with("retry: "));
  CHECK(old.ended());
}

// EventSource('/sub?c=now') was cut off before the first message and came back with nothing: two that were pushed
// meanwhile were lost, and nobody was told. From c=0 of an empty channel ten of fifteen came, and no word of the rest.
TEST_CASE_FIXTURE(FollowerTest, "follower: where nothing follows at once, it says where it is") {
  const auto sub_event = [](const std::string& id, const std::string& data) {
    return "id: " + id + "\nevent: martd.sub\ndata: " + data + "\n\n";
  };
  SUBCASE("of a channel that isn't there: the server's clock") {
    for (const std::string query : {"a=now", "a=0", "a=now&.format=json"}) {
      auto [peer, head] = stream(query);
      const std::string etag = etag_after("a");
      CHECK(etag.size() == 19);
      CHECK(chunks(peer) == kOpening + sub_event(etag, "{\"a\":\"" + etag + "\"}"));
    }
  }
  SUBCASE("of one whose messages were seen: its newest") {
    const std::string etag = text(publish("a", "one").etag);
    for (const std::string& query : {std::string("a=now"), "a=" + etag}) {
      auto [peer, head] = stream(query);
      CHECK(chunks(peer) == kOpening + sub_event(etag, "{\"a\":\"" + etag + "\"}"));
    }
  }
  SUBCASE("of one that has only empty messages") {
    publish("a", "");
    const std::string etag = text(publish("a", "").etag);
    auto [peer, head] = stream("a=0");
    CHECK(chunks(peer) == kOpening + sub_event(etag, "{\"a\":\"" + etag + "\"}"));
  }
  SUBCASE("of several: the whole cursor, and each") {
    const std::string b = text(publish("b \"q\"", "one").etag);
    auto [peer, head] = stream("a=now&b+%22q%22=" + b);
    const std::string a = etag_after("a");
    CHECK(chunks(peer) == kOpening + sub_event(a + "." + b, R"({"a":")" + a + R"(","b \"q\"":")" + b + "\"}"));
  }
  SUBCASE("behind a cursor that only empty messages follow") {
    const push::Etag seen = publish("a", "one").etag;
    const std::string newest = text(publish("a", "").etag);
    auto [peer, head] = stream("a=" + text(seen));
    CHECK(chunks(peer) == kOpening + sub_event(newest, "{\"a\":\"" + newest + "\"}"));
  }
  SUBCASE("not where a message or a loss follows: that has an id") {
    const std::string seen = text(publish("a", "one", one()).etag);
    const std::string last = text(publish("a", "two", one()).etag);
    auto [peer, head] = stream("a=0");
    CHECK(chunks(peer) == kOpening + "id: " + last + "\ndata: two\n\n");
    publish("a", "three", one());
    auto [lost, lost_head] = stream("a=" + seen);
    CHECK(chunks(lost).starts_with(kOpening + "id: " + last + "\nevent: martd.missed\n"));
  }
}

TEST_CASE_FIXTURE(FollowerTest, "follower: the first line says where each channel begins") {
  std::vector<Peer> peers;
  const auto first_line = [&](const std::string& query) {
    peers.push_back(stream(query, "1.1", kLines).first);
    const std::string body = chunks(peers.back());
    return body.substr(0, body.find('\n'));
  };
  const std::string of_a = first_line("a=now");
  CHECK(of_a == "{\"sub\":{\"a\":\"" + etag_after("a") + "\"}}");
  publish("b", "");
  const push::Etag first = publish("b", "one").etag;
  const std::string newest = text(publish("b", "two").etag);
  // `0` is the etag before the first message that follows: coming back with it gives the same again.
  const std::string before = text(push::Etag{push::value(first) - 1});
  CHECK(first_line("b=0") == "{\"sub\":{\"b\":\"" + before + "\"}}");
  CHECK(first_line("b=now") == "{\"sub\":{\"b\":\"" + newest + "\"}}");
  CHECK(first_line("b=5") == "{\"sub\":{\"b\":\"5\"}}");
  CHECK(first_line("b=" + text(first) + "&d=now").starts_with("{\"sub\":{\"b\":\"" + text(first) + "\",\"d\":\""));
  auto [peer, head] = stream("b=" + before, "1.1", kLines);
  CHECK(chunks(peer).find("\"payload\":\"one\"") != std::string::npos);
}
