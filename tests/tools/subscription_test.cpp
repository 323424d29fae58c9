#include "tools/subscription.h"

#include <doctest/doctest.h>

namespace martd::tools {
namespace {

using namespace std::chrono_literals;

Subscription follow(const std::string& cursor) { return {{"news"}, {cursor}, "me"}; }

/// What a line says, in a word or two.
std::string said(Subscription& subscription, std::string_view text) {
  const Line line = subscription.read(text);
  if (const auto* message = std::get_if<MessageLine>(&line))
    return "message " + message->channel + ' ' + message->payload;
  if (const auto* missed = std::get_if<MissedLine>(&line))
    return "missed " + missed->channel + ' ' + (missed->count ? std::to_string(*missed->count) : "some");
  if (const auto* closed = std::get_if<ClosedLine>(&line))
    return "closed " + closed->reason + ' ' + closed->channel + (closed->for_good ? " for good" : "");
  if (std::holds_alternative<HeartbeatLine>(line)) return "heartbeat";
  return std::holds_alternative<OtherLine>(line) ? "other" : "broken";
}

TEST_CASE("subscription: the query has every channel with its cursor, percent-encoded") {
  CHECK(follow("0").query() == "news=0&cid=me");
  CHECK(Subscription({"a b", "ö&"}, {"1", "now"}, "c=d").query() == "a%20b=1&%C3%B6%26=now&cid=c%3Dd");
}

TEST_CASE("subscription: a message moves its channel's cursor alone") {
  Subscription s({"a", "b"}, {"0", "0"}, "me");
  CHECK(said(s, R"({"channel":"b","etag":"7","payload":"x"})") == "message b x");
  CHECK(s.query() == "a=0&b=7&cid=me");
  CHECK(said(s, R"({"channel":"a","etag":"18446744073709551615","payload":"y"})") == "message a y");
  CHECK(s.query() == "a=18446744073709551615&b=7&cid=me");
}

// A stream from `now` that broke before its first message came back from `now`, and what came meanwhile was lost.
TEST_CASE("subscription: where the server says that each channel begins, it goes on from") {
  Subscription s({"a", "b"}, {"0", "now"}, "me");
  CHECK_FALSE(s.settled());
  CHECK(std::holds_alternative<SubLine>(s.read(R"({"sub":{"a":"6","b":"18446744073709551615"}})")));
  CHECK(s.settled());
  CHECK(s.query() == "a=6&b=18446744073709551615&cid=me");
  CHECK(said(s, R"({"sub":{"c":"6"}})") == "broken");
  CHECK(said(s, R"({"sub":{"a":6}})") == "broken");
  CHECK(said(s, R"({"sub":{"a":"now"}})") == "broken");
}

TEST_CASE("subscription: what is said of a message besides its payload") {
  Subscription s = follow("0");
  const Line line = s.read(R"({"channel":"news","etag":"7","payload":"x","event":"tick","type":"text/plain"})");
  const auto* message = std::get_if<MessageLine>(&line);
  REQUIRE(message != nullptr);
  CHECK(message->etag == "7");
  CHECK(message->event == "tick");
  CHECK(message->type == "text/plain");
  CHECK(s.query() == "news=7&cid=me");
}

TEST_CASE("subscription: payloads that are not UTF-8 come as base64") {
  Subscription s = follow("0");
  CHECK(said(s, R"({"channel":"news","etag":"1","payload":"aGVsbG8A/w==","base64":true})") ==
        std::string("message news hello\0\xFF", 20));
  CHECK(said(s, R"({"channel":"news","etag":"2","payload":"/w==","base64":true})") == "message news \xFF");
  CHECK(said(s, R"({"channel":"news","etag":"3","payload":"////","base64":true})") == "message news \xFF\xFF\xFF");
  CHECK(said(s, R"({"channel":"news","etag":"4","payload":"aGVsbG8A/w==","event":"e","type":"t"})") ==
        "message news aGVsbG8A/w==");
  CHECK(said(s, R"({"channel":"news","etag":"5","payload":"a","base64":true})") == "broken");
  CHECK(s.query() == "news=4&cid=me");
}

TEST_CASE("subscription: a loss moves the cursor past it, even back") {
  Subscription s = follow("9");
  CHECK(said(s, R"({"channel":"news","etag":"12","missed":3})") == "missed news 3");
  CHECK(s.query() == "news=12&cid=me");
  CHECK(said(s, R"({"channel":"news","etag":"5","missed":true})") == "missed news some");
  CHECK(s.query() == "news=5&cid=me");
}

TEST_CASE("subscription: what ends a stream, and whether for good") {
  Subscription s = follow("9");
  CHECK(said(s, R"({"closed":"stopping"})") == "closed stopping ");
  CHECK(said(s, R"({"closed":"one2one","channel":"news"})") == "closed one2one news for good");
  CHECK(said(s, R"({"closed":"replaced","channel":"news"})") == "closed replaced news for good");
  CHECK(said(s, R"({"closed":"something new"})") == "closed something new ");
  CHECK(said(s, R"({"heartbeat":true})") == "heartbeat");
  CHECK(said(s, R"({"something":"new"})") == "other");
  CHECK(s.query() == "news=9&cid=me");
}

TEST_CASE("subscription: what is no line of ours changes nothing") {
  Subscription s = follow("9");
  for (const char* line :
       {"", "x", "[]", "1", R"({"channel":"news","etag":"10")", R"({"channel":"x","etag":"10","payload":"a"})",
        R"({"channel":"news","etag":"x","payload":"a"})", R"({"channel":"news","payload":"a"})",
        R"({"channel":"news","etag":"10","payload":1})"}) {
    CAPTURE(line);
    CHECK(said(s, line) == "broken");
  }
  CHECK(s.query() == "news=9&cid=me");
}

TEST_CASE("subscription: now is settled by a poll before the first stream") {
  Subscription s({"a", "b"}, {"now", "now"}, "me");
  CHECK_FALSE(s.settled());
  CHECK_FALSE(s.settle(""));
  CHECK_FALSE(s.settle(R"({"channels":{"a":{"etag":"1"}}})"));
  CHECK(s.settle(R"({"channels":{"a":{"etag":"1","payload":[]},"b":{"etag":"2","payload":[]}}})"));
  CHECK(s.settled());
  CHECK(s.query() == "a=1&b=2&cid=me");
  CHECK(follow("0").settled());
}

TEST_CASE("since: 0 and now for all, else an etag for each channel") {
  using Cursors = std::vector<std::string>;
  CHECK(parse_since("0", 2) == Cursors{"0", "0"});
  CHECK(parse_since("now", 1) == Cursors{"now"});
  CHECK(parse_since("17", 1) == Cursors{"17"});
  CHECK(parse_since("17.18", 2) == Cursors{"17", "18"});
  for (const char* text : {"", "x", "-1", "17.18", "17.", ".17", "now.now", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(parse_since(text, 1) == std::nullopt);
  }
  CHECK(parse_since("17", 2) == std::nullopt);
}

TEST_CASE("lines: cut wherever the bytes were") {
  LineCutter cutter;
  std::string lines;
  for (const char c : std::string("one\n\nthree\nfo")) {
    REQUIRE(cutter.add({&c, 1}));
    while (const auto line = cutter.next()) lines += '[' + std::string(*line) + ']';
  }
  CHECK(lines == "[one][][three]");
  REQUIRE(cutter.add("ur\nfive\n"));
  CHECK(cutter.next() == "four");
  CHECK(cutter.next() == "five");
  CHECK(cutter.next() == std::nullopt);
}

TEST_CASE("back-off: doubles to ten seconds, spread, and begins again") {
  Backoff backoff;
  CHECK(backoff.next(0, {}) == 125ms);
  CHECK(backoff.next(0.5, {}) == 375ms);
  for (int i = 0; i < 20; ++i) CHECK(backoff.next(0.999, {}) <= 10s);
  CHECK(backoff.next(0, {}) == 5s);
  backoff.reset();
  CHECK(backoff.next(0, {}) == 125ms);
  CHECK(backoff.next(0, 2s) == 2s);
  CHECK(backoff.next(0.5, 2s) == 2250ms);
  CHECK(backoff.next(0, 100000s) == 60s);
}

TEST_CASE("patience: three heartbeats, as they were heard") {
  Patience patience;
  CHECK(patience.limit() == 45s);
  patience.heartbeat(2s);
  CHECK(patience.limit() == 6s);
  patience.heartbeat(5s);
  patience.heartbeat(1s);
  CHECK(patience.limit() == 15s);
  patience.heartbeat(100ms);
  CHECK(patience.limit() == 15s);
  patience.given_up();
  CHECK(patience.limit() == 30s);
  for (int i = 0; i < 20; ++i) patience.given_up();
  CHECK(patience.limit() == 6min);
  Patience fast;
  fast.heartbeat(100ms);
  CHECK(fast.limit() == 3s);
}

}  // namespace
}  // namespace martd::tools
