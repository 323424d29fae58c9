#include "wire/subscribe_request.h"

#include <doctest/doctest.h>

#include "base/utf8.h"

namespace martd::wire {
namespace {

using namespace std::chrono_literals;
using push::Cursor;
using push::Etag;

Cursor after(std::uint64_t etag) { return {Cursor::Kind::after, Etag{etag}}; }
const Cursor kNow{Cursor::Kind::now, Etag{}};

SubscribeRequest accepted(std::string_view query, const SubscribeHeaders& headers = {}, std::string_view form = {},
                          const SubscribeLimits& limits = {}) {
  CAPTURE(query);
  auto result = parse_subscribe_request(query, form, headers, limits);
  if (!result) FAIL(result.error().message);
  return *result;
}

/// The message of a refusal with 400.
std::string refused(std::string_view query, const SubscribeHeaders& headers = {}, std::string_view form = {},
                    const SubscribeLimits& limits = {}) {
  CAPTURE(query);
  const auto result = parse_subscribe_request(query, form, headers, limits);
  REQUIRE(result.has_error());
  CHECK(result.error().status == 400);
  CHECK(is_utf8(result.error().message));
  CHECK(result.error().message.size() < 400);
  return result.error().message;
}

SubscribeHeaders accept(std::string_view value) {
  SubscribeHeaders headers;
  headers.accept = value;
  return headers;
}
SubscribeHeaders last_event_id(std::string_view value) {
  SubscribeHeaders headers;
  headers.last_event_id = value;
  return headers;
}
SubscribeHeaders if_none_match(std::string_view value) {
  SubscribeHeaders headers;
  headers.if_none_match = value;
  return headers;
}

/// `a=1 b=now …` of the channels in their order.
std::string wants(const SubscribeRequest& request) {
  std::string out;
  for (const auto& want : request.wants) {
    if (!out.empty()) out += ' ';
    out += want.channel + "=" + (want.cursor.kind == Cursor::Kind::now ? "now" : push::to_string(want.cursor.etag));
  }
  return out;
}

TEST_CASE("subscribe: channels with their cursors, in the order of the query") {
  const auto request = accepted("b=17&a=0&c=now");
  REQUIRE(request.wants.size() == 3);
  CHECK(request.wants[0].cursor == after(17));
  CHECK(request.wants[1].cursor == after(0));
  CHECK(request.wants[2].cursor == kNow);
  CHECK(wants(request) == "b=17 a=0 c=now");
  CHECK(request.transport == Transport::poll);
  CHECK(request.wait == 25s);
  CHECK(request.cid.empty());
  CHECK_FALSE(request.json);
  CHECK_FALSE(request.if_none_match);
}

TEST_CASE("subscribe: an empty or malformed etag is refused with the channel's name") {
  CHECK(refused("news=") == "news: not a cursor:  (taken: an etag, 0 or now)");
  CHECK(refused("news") == "news: not a cursor:  (taken: an etag, 0 or now)");
  for (const std::string etag : {"abc", "-1", "1.5", "NOW", "0x1", "18446744073709551616", "%221%22", "1+"})
    CHECK(refused("news=" + etag).starts_with("news: not a cursor: "));
  CHECK(accepted("news=18446744073709551615").wants[0].cursor == after(18446744073709551615U));
}

TEST_CASE("subscribe: channel names") {
  CHECK(accepted("Gr%C3%BC%C3%9Fe+an+alle=0").wants[0].channel == "Grüße an alle");
  CHECK(accepted("channel=0").wants[0].channel == "channel");
  CHECK(accepted("size=0").wants[0].channel == "size");
  CHECK(accepted("a.b=0").wants[0].channel == "a.b");
}

TEST_CASE("subscribe: what is not a channel name is refused") {
  for (const std::string name : {"", "martd.x", "%00", "a%0A", "%C2%9F", "%FF"})
    CHECK(refused(name + "=0").starts_with("channel: not a channel name: "));
  CHECK(refused(std::string(256, 'a') + "=0").starts_with("channel: not a channel name: aaa"));
  CHECK(refused("a=%4").starts_with("a: malformed percent-encoding"));
  CHECK(refused("a%4=0").starts_with("malformed percent-encoding in a name: a%4"));
}

TEST_CASE("subscribe: a name that is another spelling of a reserved one is no channel") {
  CHECK(refused("a=1&lastEventID=7") ==
        "lastEventID: not a channel name, as it is another spelling of lastEventId (taken: lastEventId)");
  CHECK(refused("a=1&Last-Event-ID=7").find("(taken: lastEventId)") != std::string::npos);
  CHECK(refused("a=1&evs_last_event_id=7").find("(taken: lastEventId)") != std::string::npos);
  CHECK(refused("a=1&CID=me").find("(taken: cid)") != std::string::npos);
  // jQuery's `cache: false` adds a number of its own.
  CHECK(refused("a=1&_=1763600000000") ==
        "_: not a channel name, as libraries send it to get by caches (taken: none of it, leave it out)");
}

TEST_CASE("subscribe: a channel, the cid or an option twice is refused") {
  CHECK(refused("a=1&b=2&a=1") == "a: the channel is given twice (taken: once)");
  CHECK(refused("a+b=1&a%20b=2") == "a b: the channel is given twice (taken: once)");
  CHECK(refused("a=1&cid=x&cid=x") == "cid: given twice (taken: once)");
  CHECK(refused("a=1&cid=&cid=x") == "cid: given twice (taken: once)");
  CHECK(refused("a=1&.wait=1&.wait=1") == ".wait: given twice (taken: once)");
  CHECK(refused("a=1&.transport=poll&.transport=poll") == ".transport: given twice (taken: once)");
  CHECK(refused("a=1&.format=json&.format=json") == ".format: given twice (taken: once)");
  CHECK(refused("a=1&.cursor=1&.cursor=1") == ".cursor: given twice (taken: once)");
}

TEST_CASE("subscribe: a form continues the query") {
  CHECK(wants(accepted("b=2&cid=me", {}, "a=1&&c=now")) == "b=2 a=1 c=now");
  CHECK(accepted("", {}, "a=1&cid=me").cid == "me");
  CHECK(wants(accepted("a=1&b=2", {}, ".cursor=7.8")) == "a=7 b=8");
  CHECK(refused("a=1", {}, "a=1") == "a: the channel is given twice (taken: once)");
  CHECK(refused("a=1&cid=x", {}, "cid=x") == "cid: given twice (taken: once)");
  CHECK(refused("lastEventId=1&a=1", {}, ".cursor=1").starts_with(".cursor: a second cursor beside lastEventId"));
}

TEST_CASE("subscribe: more channels than the limit are refused") {
  SubscribeLimits limits;
  limits.max_channels = 2;
  CHECK(accepted("a=0&b=0", {}, {}, limits).wants.size() == 2);
  CHECK(refused("a=0&b=0&c=0", {}, {}, limits) == "channels: too many (taken: at most 2)");
  CHECK(refused("a=0&b=0", {}, "c=0", limits) == "channels: too many (taken: at most 2)");
}

TEST_CASE("subscribe: a thousand channels by form") {
  std::string form;
  std::string cursor;
  for (int i = 0; i < 1000; ++i) {
    form += "channel-" + std::to_string(i) + "=0&";
    cursor += (i ? "." : "") + std::to_string(i + 1);
  }
  const auto request = accepted(".cursor=" + cursor, {}, form);
  CHECK(request.wants.size() == 1000);
  CHECK(request.wants.back().cursor == after(1000));
}

TEST_CASE("subscribe: the cid") {
  CHECK(accepted("a=0&cid=client+1").cid == "client 1");
  CHECK(accepted("a=0&cid=").cid.empty());
}

TEST_CASE("subscribe: an unknown option is refused with the nearest known one") {
  CHECK(refused("a=0&.wiat=3") == "unknown option: .wiat (nearest: .wait)");
  CHECK(refused("a=0&.transprot=sse") == "unknown option: .transprot (nearest: .transport)");
  CHECK(refused("a=0&.formt=json") == "unknown option: .formt (nearest: .format)");
  CHECK(refused("a=0&.life=3") == "unknown option: .life (taken: .transport, .format, .wait, .cursor)");
  CHECK(refused("a=0&.=3").starts_with("unknown option: . (taken"));
}

TEST_CASE("subscribe: .transport, .format and .wait take what they say") {
  CHECK(accepted("a=0&.transport=poll").transport == Transport::poll);
  CHECK(accepted("a=0&.transport=sse").transport == Transport::event_stream);
  CHECK(accepted("a=0&.transport=lines").transport == Transport::line_stream);
  for (const std::string value : {"", "SSE", "websocket", "event-stream"})
    CHECK(refused("a=0&.transport=" + value) ==
          ".transport: not a transport: " + value + " (taken: poll, sse or lines)");
  CHECK(accepted("a=0&.format=json").json);
  CHECK_FALSE(accepted("a=0&.format=text").json);
  CHECK(refused("a=0&.format=xml") == ".format: not a format: xml (taken: text or json)");
  CHECK(accepted("a=0&.wait=0").wait == 0s);
  CHECK(accepted("a=0&.wait=1.5").wait == 1500ms);
  CHECK(accepted("a=0&.wait=250ms").wait == 250ms);
  CHECK(accepted("a=0&.wait=300").wait == 300s);
  CHECK(refused("a=0&.wait=301") == ".wait: 301 is out of range (taken: 0 to 5m)");
  CHECK(refused("a=0&.wait=-1").starts_with(".wait: not a duration: -1 (taken: a number of seconds"));
  CHECK(refused("a=0&.wait=").starts_with(".wait: not a duration: "));
}

TEST_CASE("subscribe: options without a meaning for the transport are taken") {
  CHECK(accepted("a=0&.transport=poll&.format=json").json);
  CHECK(accepted("a=0&.transport=sse&.wait=3").transport == Transport::event_stream);
}

TEST_CASE("subscribe: the default wait is lowered to the limit") {
  SubscribeLimits limits;
  limits.max_wait = 10s;
  CHECK(accepted("a=0", {}, {}, limits).wait == 10s);
  CHECK(refused("a=0&.wait=11", {}, {}, limits) == ".wait: 11 is out of range (taken: 0 to 10s)");
}

TEST_CASE("subscribe: the Accept header chooses a stream only by its name") {
  for (const char* header : {"", "*/*", "application/json", "text/html", "text/*", "text/event", "text/event-streams",
                             "text/event-stream;q=0", "text/event-stream; q=0.000", "text/event-stream;q=abc",
                             "application/*", ",,", "\"text/event-stream\""}) {
    CAPTURE(header);
    CHECK(accepted("a=0", accept(header)).transport == Transport::poll);
  }
  for (const char* header :
       {"text/event-stream", "Text/Event-Stream", "text/event-stream;charset=utf-8", "text/event-stream ; q=0.001",
        "application/json, text/event-stream", "text/html, */*;q=0.1 , text/event-stream;q=0.2",
        "text/event-stream, application/x-ndjson", "application/x-ndjson;q=0.5, text/event-stream;q=0.9",
        "application/x-ndjson;q=0, text/event-stream;q=0.1", "text/event-stream;Q=1.000", ",text/event-stream,",
        "text/plain;x=\"a,b;q=0\", text/event-stream",
        "application/x-ndjson;x=\";q=1\";q=0.1, text/event-stream;q=.5,"
        "text/event-stream;q=0.2"}) {
    CAPTURE(header);
    CHECK(accepted("a=0", accept(header)).transport == Transport::event_stream);
  }
  for (const char* header : {"application/x-ndjson", "application/x-ndjson, text/event-stream",
                             "text/event-stream;q=0.5, application/x-ndjson;q=0.6",
                             "text/event-stream;q=1.001, application/x-ndjson;q=0.1"}) {
    CAPTURE(header);
    CHECK(accepted("a=0", accept(header)).transport == Transport::line_stream);
  }
}

TEST_CASE("subscribe: .transport outranks Upgrade, which outranks Accept") {
  CHECK(accepted("a=0&.transport=poll", accept("text/event-stream")).transport == Transport::poll);
  CHECK(accepted("a=0&.transport=lines", accept("text/event-stream")).transport == Transport::line_stream);
  SubscribeHeaders headers = accept("text/event-stream");
  headers.web_socket = true;
  CHECK(accepted("a=0", headers).transport == Transport::web_socket);
  CHECK(accepted("a=0&.transport=sse", headers).transport == Transport::event_stream);
}

TEST_CASE("subscribe: a stream needs a channel, a long-poll does not") {
  CHECK(accepted("").wants.empty());
  CHECK(accepted("&cid=me").wants.empty());
  CHECK(refused("", accept("text/event-stream")).starts_with("no channel: a stream follows at least one"));
  CHECK(refused(".transport=lines").starts_with("no channel"));
  SubscribeHeaders headers;
  headers.web_socket = true;
  CHECK(refused("", headers).starts_with("no channel"));
}

TEST_CASE("subscribe: a whole cursor in the query outranks the etags, under each of its names") {
  for (const std::string name : {".cursor", "lastEventId", "last_event_id"}) {
    CHECK(wants(accepted("a=1&b=2&" + name + "=7.8")) == "a=7 b=8");
    CHECK(wants(accepted(name + "=7.8&a=1&b=2")) == "a=7 b=8");
    CHECK(wants(accepted("a=1&b=2&" + name + "=now.0")) == "a=now b=0");
    CHECK(wants(accepted("a=1&" + name + "=7")) == "a=7");
    CHECK(refused("a=1&b=2&" + name + "=7") ==
          name + ": wrong number of etags in 7: 1 (taken: one for each channel, 2, joined by .)");
    CHECK(refused("a=1&" + name + "=7.8").starts_with(name + ": wrong number of etags in 7.8: 2 (taken"));
    CHECK(refused(name + "=7").starts_with(name + ": wrong number of etags in 7: 1 (taken"));
    for (const std::string cursor : {"x.8", "7.", ".8", ".", "7.-8", "7.%208", "7.8x"})
      CHECK(refused("a=1&b=2&" + name + "=" + cursor).starts_with(name + ": not a cursor: "));
  }
}

TEST_CASE("subscribe: the values in the query must be well-formed even when a whole cursor outranks them") {
  CHECK(refused("a=x&.cursor=7").starts_with("a: not a cursor: x"));
  CHECK(refused("a=&lastEventId=7").starts_with("a: not a cursor: "));
  CHECK(refused("a=x", last_event_id("7")).starts_with("a: not a cursor: x"));
  CHECK(refused("a=1&.cursor=x", last_event_id("7")).starts_with(".cursor: not a cursor: x"));
  CHECK(refused("a=1&.cursor=1.2", last_event_id("7")).starts_with(".cursor: wrong number of etags in 1.2: 2 (taken"));
}

TEST_CASE("subscribe: two cursors in the query are refused, an empty one of a polyfill is none") {
  CHECK(refused("a=1&lastEventId=7&last_event_id=7") ==
        "last_event_id: a second cursor beside lastEventId (taken: one of them)");
  CHECK(refused("a=1&.cursor=7&lastEventId=7").starts_with("lastEventId: a second cursor beside .cursor"));
  CHECK(wants(accepted("a=1&lastEventId=")) == "a=1");
  CHECK(wants(accepted("a=1&last_event_id=&lastEventId=")) == "a=1");
  CHECK(wants(accepted("a=1&last_event_id=&.cursor=7")) == "a=7");
  CHECK(refused("a=1&.cursor=").starts_with(".cursor: not a cursor: "));
  CHECK(refused("a=1&lastEventId=&lastEventId=7") == "lastEventId: given twice (taken: once)");
}

TEST_CASE("subscribe: Last-Event-ID outranks the query, for every transport") {
  for (const char* transport : {"poll", "sse", "lines"}) {
    const std::string query = std::string("a=1&b=2&.cursor=3.4&.transport=") + transport;
    CHECK(wants(accepted(query, last_event_id("7.8"))) == "a=7 b=8");
    CHECK(wants(accepted(query, last_event_id(" 7.8\t"))) == "a=7 b=8");
    CHECK(wants(accepted(query, last_event_id("now.0"))) == "a=now b=0");
    CHECK(wants(accepted(query, last_event_id(""))) == "a=3 b=4");
    CHECK(refused(query, last_event_id("7")).starts_with("Last-Event-ID: wrong number of etags in 7: 1 (taken"));
    CHECK(refused(query, last_event_id("7.x")).starts_with("Last-Event-ID: not a cursor: 7.x"));
    CHECK(refused(query, last_event_id("\"7.8\"")).starts_with("Last-Event-ID: not a cursor: "));
  }
}

TEST_CASE("subscribe: If-None-Match is a long-poll's whole cursor, weak, quoted or bare") {
  for (const char* header : {"\"7.8\"", "W/\"7.8\"", "7.8", " \"7.8\" "}) {
    const auto request = accepted("a=1&b=2&.cursor=3.4", if_none_match(header));
    CHECK(wants(request) == "a=7 b=8");
    CHECK(request.if_none_match);
  }
  CHECK_FALSE(accepted("a=1", if_none_match("")).if_none_match);
  CHECK_FALSE(accepted("a=1", if_none_match(" ")).if_none_match);
  for (const char* header : {"*", "x", "\"x\"", "\"7", "7\"", "w/\"7\"", "W/7", "\" 7\"", "\"x\", \"y\""}) {
    CAPTURE(header);
    CHECK(refused("a=1", if_none_match(header)).starts_with("If-None-Match: not a cursor: "));
  }
  CHECK(refused("a=1", if_none_match("\"7.8\"")).starts_with("If-None-Match: wrong number of etags in 7.8: 2 (taken"));
}

TEST_CASE("subscribe: of the tags in an If-None-Match the cursor is the one that is one") {
  CHECK(wants(accepted("a=1", if_none_match("\"x\", W/\"7\", \"y,z\""))) == "a=7");
  CHECK(wants(accepted("a=1", if_none_match("\"7\", W/\"7\""))) == "a=7");
  CHECK(wants(accepted("a=1&b=2", if_none_match("\"7\", \"7.8\", \"7.x\""))) == "a=7 b=8");
  CHECK(wants(accepted("a=1", if_none_match(",, \"7\" ,"))) == "a=7");
  CHECK(refused("a=1", if_none_match("\"7\", \"8\"")) == "If-None-Match: several cursors (taken: one)");
  CHECK_FALSE(accepted("a=1", if_none_match(" , ,")).if_none_match);
}

TEST_CASE("subscribe: what a front put behind the tag is taken off") {
  for (const char* header : {"\"7.8-gzip\"", "W/\"7.8-gzip\"", "\"7.8;br\"", "7.8-zstd", "\"x\", \"7.8-br\""})
    CHECK(wants(accepted("a=1&b=2", if_none_match(header))) == "a=7 b=8");
  CHECK(refused("a=1", if_none_match("\"7--gzip\"")).starts_with("If-None-Match: not a cursor: 7-"));
}

TEST_CASE("subscribe: the ETag of an answer without channels comes back as it was given") {
  CHECK(accepted("", if_none_match("\"\"")).if_none_match);
  CHECK(accepted("", if_none_match("\"\"")).wants.empty());
}

TEST_CASE("subscribe: If-None-Match means nothing to a stream") {
  for (const char* header : {"\"7\"", "*"}) {
    const auto request = accepted("a=1&.transport=sse", if_none_match(header));
    CHECK(wants(request) == "a=1");
    CHECK_FALSE(request.if_none_match);
  }
}

TEST_CASE("subscribe: Last-Event-ID outranks If-None-Match, which must be well-formed all the same") {
  SubscribeHeaders headers = last_event_id("9");
  headers.if_none_match = "\"7\"";
  CHECK(wants(accepted("a=1", headers)) == "a=9");
  CHECK(accepted("a=1", headers).if_none_match);
  headers.if_none_match = "*";
  CHECK(refused("a=1", headers).starts_with("If-None-Match: not a cursor: *"));
}

TEST_CASE("subscribe: the cursor that a subscriber is given is read back") {
  const push::Etag etags[] = {Etag{7}, Etag{0}, Etag{18446744073709551615U}};
  std::string cursor = "id ";
  append_cursor(cursor, etags, etags + 3);
  CHECK(cursor == "id 7.0.18446744073709551615");
  CHECK(wants(accepted("a=1&b=1&c=1", last_event_id(cursor.substr(3)))) == "a=7 b=0 c=18446744073709551615");
  std::string none;
  append_cursor(none, etags, etags);
  CHECK(none.empty());
}

}  // namespace
}  // namespace martd::wire
