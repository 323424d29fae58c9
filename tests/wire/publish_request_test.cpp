#include "wire/publish_request.h"

#include <doctest/doctest.h>

#include "base/utf8.h"

namespace martd::wire {
namespace {

using namespace std::chrono_literals;

PublishRequest accepted(std::string_view query, const PublishLimits& limits = {}) {
  CAPTURE(query);
  auto result = parse_publish_request(query, limits);
  if (!result) FAIL(result.error().message);
  return *result;
}

/// The message of a refusal with 400.
std::string refused(std::string_view query, const PublishLimits& limits = {}) {
  CAPTURE(query);
  const auto result = parse_publish_request(query, limits);
  REQUIRE(result.has_error());
  CHECK(result.error().status == 400);
  CHECK(is_utf8(result.error().message));
  CHECK(result.error().message.size() < 400);
  return result.error().message;
}

TEST_CASE("publish: a channel alone has every default") {
  const auto request = accepted("channel=news");
  CHECK(request.channels == push::ChannelNames{"news"});
  CHECK(request.attributes.size == 10);
  CHECK(request.attributes.life == 1h);
  CHECK_FALSE(request.attributes.one2one);
  CHECK(request.attributes.key.empty());
  CHECK_FALSE(request.expire);
  CHECK(request.event.empty());
  CHECK(request.id.empty());
}

TEST_CASE("publish: every parameter under its plain and its dotted name") {
  for (const char* query : {"channel=a&size=5&life=90s&one2one=true&key=k&expire=30&event=tick&id=m1",
                            "channel=a&.size=5&.life=90s&.one2one=true&.key=k&.expire=30&.event=tick&.id=m1"}) {
    const auto request = accepted(query);
    CHECK(request.attributes.size == 5);
    CHECK(request.attributes.life == 90s);
    CHECK(request.attributes.one2one);
    CHECK(request.attributes.key == "k");
    CHECK(request.expire == 30s);
    CHECK(request.event == "tick");
    CHECK(request.id == "m1");
  }
}

TEST_CASE("publish: a parameter given twice is refused, under one name or both") {
  for (const std::string name : {"size", "life", "one2one", "key", "expire", "event", "id"}) {
    CHECK(refused("channel=a&" + name + "=1&" + name + "=1") == name + ": given twice (taken: once)");
    CHECK(refused("channel=a&." + name + "=1&." + name + "=1") == "." + name + ": given twice (taken: once)");
    CHECK(refused("channel=a&" + name + "=1&." + name + "=1") ==
          name + ": given both as " + name + " and as ." + name + " (taken: one of them)");
    CHECK(refused("channel=a&." + name + "=&" + name + "=1").starts_with(name + ": given both"));
  }
}

TEST_CASE("publish: several channels, in their order, none of them twice") {
  CHECK(accepted("channel=b&channel=a&size=3&channel=c").channels == push::ChannelNames{"b", "a", "c"});
  CHECK(refused("channel=b&channel=a&channel=b") == "channel: b is given twice (taken: once each)");
  CHECK(refused("channel=a+b&channel=a%20b").starts_with("channel: a b is given twice"));
}

TEST_CASE("publish: no channel, an empty one, too many") {
  CHECK(refused("").starts_with("channel: none given"));
  CHECK(refused("size=3").starts_with("channel: none given"));
  CHECK(refused("channel=").starts_with("channel: not a channel name:  (taken: 1 to 255 bytes"));
  CHECK(refused("channel").starts_with("channel: not a channel name"));
  CHECK(refused("channel=a&channel=").starts_with("channel: not a channel name"));
  PublishLimits limits;
  limits.max_channels = 2;
  CHECK(accepted("channel=a&channel=b", limits).channels.size() == 2);
  CHECK(refused("channel=a&channel=b&channel=c", limits) == "channel: too many (taken: at most 2)");
}

TEST_CASE("publish: channel names") {
  CHECK(accepted("channel=Gr%C3%BC%C3%9Fe+an+alle").channels[0] == "Grüße an alle");
  CHECK(accepted("channel=a.b").channels[0] == "a.b");
  CHECK(accepted("channel=martd").channels[0] == "martd");
  CHECK(accepted("channel=" + std::string(255, 'a')).channels[0].size() == 255);
  for (const std::string& name :
       {std::string(256, 'a'), std::string("cid"), std::string("lastEventId"), std::string("last_event_id"),
        std::string(".a"), std::string("martd.a"), std::string("a%0A"), std::string("%00"), std::string("%7F"),
        std::string("%C2%85"), std::string("%FF"), std::string("%C0%AF")})
    CHECK(refused("channel=" + name).starts_with("channel: not a channel name: "));
}

TEST_CASE("publish: a channel that nobody could follow, by another spelling of what /sub takes, is refused") {
  CHECK(refused("channel=Cid") == "Cid: not a channel name, as it is another spelling of cid (taken: cid)");
  CHECK(refused("channel=a&channel=Last-Event-ID").find("another spelling of lastEventId") != std::string::npos);
  CHECK(refused("channel=_").starts_with("_: not a channel name, as libraries send it"));
}

TEST_CASE("publish: an unknown parameter is refused with the nearest known one") {
  CHECK(refused("channel=a&sise=3") == "unknown parameter: sise (nearest: size)");
  CHECK(refused("channel=a&.sise=3") == "unknown parameter: .sise (nearest: size)");
  CHECK(refused("chanel=a") == "unknown parameter: chanel (nearest: channel)");
  CHECK(refused("channel=a&Size=3") == "unknown parameter: Size (nearest: size)");
  CHECK(refused(".channel=a") == "unknown parameter: .channel (nearest: channel)");
  CHECK(refused("channel=a&..size=3").starts_with("unknown parameter: ..size"));
  CHECK(refused("channel=a&colour=red") ==
        "unknown parameter: colour (taken: channel, size, life, one2one, key, expire, event, id)");
  CHECK(refused("channel=a&=3").starts_with("unknown parameter: "));
  CHECK(refused("channel=a&" + std::string(100000, 'x')).starts_with("unknown parameter: xxx"));
}

TEST_CASE("publish: an empty value is as if left out") {
  const auto request = accepted("channel=a&size=&life=&one2one=&key=&expire=&event=&id=");
  CHECK(request.attributes.size == 10);
  CHECK(request.attributes.life == 1h);
  CHECK_FALSE(request.attributes.one2one);
  CHECK(request.attributes.key.empty());
  CHECK_FALSE(request.expire);
  CHECK(request.event.empty());
  CHECK(request.id.empty());
  CHECK(accepted("channel=a&size&.life").attributes.size == 10);
}

TEST_CASE("publish: empty pieces are skipped, a percent sign needs two digits") {
  CHECK(accepted("&&channel=a&&size=3&").attributes.size == 3);
  CHECK(accepted("channel=a=b").channels[0] == "a=b");
  CHECK(accepted("%63hannel=a").channels[0] == "a");
  CHECK(refused("channel=a%") == "channel: malformed percent-encoding (taken: % and two hex digits)");
  CHECK(refused("channel=a&size=%zz").starts_with("size: malformed percent-encoding"));
  CHECK(refused("channel=a&si%ze=1").starts_with("malformed percent-encoding in a name: si%ze"));
}

TEST_CASE("publish: size is a whole number in its range") {
  CHECK(accepted("channel=a&size=1").attributes.size == 1);
  CHECK(accepted("channel=a&size=10000").attributes.size == 10000);
  CHECK(accepted("channel=a&size=007").attributes.size == 7);
  for (const std::string size : {"0", "10001", "4294967296", "99999999999999999999999"})
    CHECK(refused("channel=a&size=" + size) == "size: " + size + " is out of range (taken: 1 to 10000)");
  for (const std::string size : {"-1", "abc", "1.5", "1e3", "0x10", "10K"})
    CHECK(refused("channel=a&size=" + size) == "size: not a whole number: " + size + " (taken: 1 to 10000)");
  CHECK(refused("channel=a&size=+5") == "size: not a whole number:  5 (taken: 1 to 10000)");
  CHECK(refused("channel=a&.size=0") == "size: 0 is out of range (taken: 1 to 10000)");
}

TEST_CASE("publish: life and expire are durations from 1 ms to the longest life") {
  for (const std::string name : {"life", "expire"}) {
    const auto duration = [&name](const std::string& value) {
      const auto request = accepted("channel=a&" + name + "=" + value);
      return name == "life" ? request.attributes.life : request.expire.value();
    };
    CHECK(duration("30") == 30s);
    CHECK(duration("250ms") == 250ms);
    CHECK(duration("0.5") == 500ms);
    CHECK(duration("1ms") == 1ms);
    CHECK(duration("30d") == 720h);
    CHECK(duration("3600000000000") == 1h);  // as publish.py sends it
    for (const std::string value : {"0", "0.0009", "0.99ms", "31d", "2592001"})
      CHECK(refused("channel=a&" + name + "=" + value) == name + ": " + value + " is out of range (taken: 1ms to 30d)");
    for (const std::string value : {"abc", "-1", "1w", "forever", "1h30m"})
      CHECK(refused("channel=a&" + name + "=" + value) ==
            name + ": not a duration: " + value +
                " (taken: a number of seconds, or a number with ms, s, m, h or d; 1ms to 30d)");
  }
}

TEST_CASE("publish: a default above the limit is lowered to it, what is asked for is refused") {
  PublishLimits limits;
  limits.max_size = 5;
  limits.max_life = 60s;
  const auto request = accepted("channel=a", limits);
  CHECK(request.attributes.size == 5);
  CHECK(request.attributes.life == 60s);
  CHECK(accepted("channel=a&size=&life=", limits).attributes.life == 60s);
  CHECK(refused("channel=a&size=6", limits) == "size: 6 is out of range (taken: 1 to 5)");
  CHECK(refused("channel=a&life=61", limits) == "life: 61 is out of range (taken: 1ms to 1m)");
  CHECK(refused("channel=a&expire=61", limits) == "expire: 61 is out of range (taken: 1ms to 1m)");
}

TEST_CASE("publish: one2one is one of four words") {
  CHECK(accepted("channel=a&one2one=true").attributes.one2one);
  CHECK(accepted("channel=a&one2one=1").attributes.one2one);
  CHECK_FALSE(accepted("channel=a&one2one=false").attributes.one2one);
  CHECK_FALSE(accepted("channel=a&one2one=0").attributes.one2one);
  for (const std::string value : {"yes", "TRUE", "2", "on", "null"})
    CHECK(refused("channel=a&one2one=" + value) ==
          "one2one: not a truth value: " + value + " (taken: true, false, 1 or 0)");
}

TEST_CASE("publish: a key is any 1 to 256 bytes, and no message shows one") {
  CHECK(accepted("channel=a&key=" + std::string(256, 'k')).attributes.key.size() == 256);
  CHECK(accepted("channel=a&key=%00%FF%0A").attributes.key == std::string("\0\xFF\n", 3));
  CHECK(refused("channel=a&key=" + std::string(257, 'k')) == "key: 257 bytes is too long (taken: 1 to 256 bytes)");
  for (const std::string query : {"key=geheim%", "key=geheim&key=geheim", "key=geheim&.key=geheim",
                                  "key=geheim&channel=", "key=geheim&sise=1", ".key=geheim%2"})
    CHECK(refused(query).find("geheim") == std::string::npos);
}

TEST_CASE("publish: an event name can't forge a line of an event stream, nor one of our events") {
  CHECK(accepted("channel=a&event=Gr%C3%BC%C3%9Fe+%09x").event == "Grüße \tx");
  CHECK(accepted("channel=a&event=martd").event == "martd");
  for (const std::string value : {"a%0Adata:x", "a%0D", "%00", "martd.closed", "martd.", "%FF"})
    CHECK(refused("channel=a&event=" + value).starts_with("event: not an event name: "));
}

// A page's `onerror` ran with every message of a publisher who called its events `error`, and closed the stream.
TEST_CASE("publish: an event that a browser's EventSource has for itself is refused") {
  CHECK(refused("channel=a&event=error").starts_with("event: error is what a browser tells a page"));
  CHECK(refused("channel=a&event=open").starts_with("event: open is what a browser tells a page"));
  for (const std::string name : {"Error", "OPEN", "errors", "message", "opened"})
    CHECK(accepted("channel=a&event=" + name).event == name);
}

TEST_CASE("publish: an id is up to 128 bytes of UTF-8 without controls") {
  CHECK(accepted("channel=a&id=" + std::string(128, 'i')).id.size() == 128);
  CHECK(accepted("channel=a&id=%E4%B8%96").id == "世");
  CHECK(refused("channel=a&id=" + std::string(129, 'i')) == "id: 129 bytes is too long (taken: 1 to 128 bytes)");
  for (const std::string value : {"%00", "a%0A", "%7F", "%C2%80", "%FF", "%E4%B8"})
    CHECK(refused("channel=a&id=" + value).starts_with("id: not a message id: "));
}

TEST_CASE("publish: a long value is cut in the message") {
  CHECK(refused("channel=a&size=" + std::string(10000, 'x')) ==
        "size: not a whole number: " + std::string(64, 'x') + "… (taken: 1 to 10000)");
}

/// `etags` of an If-Match, or of an If-None-Match: their numbers joined by spaces, or `*`.
std::string conditions(std::string_view if_match, std::string_view if_none_match = {}, std::size_t channels = 1) {
  CAPTURE(if_match);
  CAPTURE(if_none_match);
  const auto read = parse_conditions(if_match, if_none_match, channels);
  if (!read) {
    CHECK(read.error().status == 400);
    return read.error().message;
  }
  if (!*read) return "none";
  std::string out;
  for (const auto& named : {(*read)->match, (*read)->none_match}) {
    if (!named) continue;
    if (!out.empty()) out += " | ";
    if (named->any) out += '*';
    for (const push::Etag etag : named->etags) {
      if (!out.empty() && !out.ends_with(' ')) out += ' ';
      out += push::to_string(etag);
    }
  }
  return out;
}

TEST_CASE("publish: If-Match is a list of strong etags, or any") {
  CHECK(conditions("\"17\"") == "17");
  CHECK(conditions("17") == "17");
  CHECK(conditions(" \"1763600000000000001\"\t") == "1763600000000000001");
  CHECK(conditions("\"17\", W/\"18\",\"19\"") == "17 19");
  CHECK(conditions("*") == "*");
  CHECK(conditions("") == "none");
  // None of ours, so like none of ours.
  for (const char* header : {"W/\"17\"", "\"\"", "\"now\"", "\"99999999999999999999\"", "\"17.18\"", "\"abc,17\"", ","})
    CHECK(conditions(header).empty());
  for (const char* header :
       {"\"17", "17\"", "\"", "now", "-1", "\" 17\"", "99999999999999999999", "17.18", "*, \"17\"", "\"17\", x"})
    CHECK(conditions(header).starts_with("If-Match: not an entity tag: "));
}

TEST_CASE("publish: If-None-Match compares weakly, too") {
  CHECK(conditions({}, "*") == "*");
  CHECK(conditions({}, "W/\"17\", \"18\"") == "17 18");
  CHECK(conditions("\"17\"", "\"18\"") == "17 | 18");
  CHECK(conditions({}, "x").starts_with("If-None-Match: not an entity tag: x"));
}

TEST_CASE("publish: what a front put behind an etag is taken off") {
  for (const char* header : {"\"17-gzip\"", "\"17-br\"", "\"17;br\"", "17-gzip"}) CHECK(conditions(header) == "17");
  CHECK(conditions({}, "W/\"17-gzip\"") == "17");
  CHECK(conditions("\"17--gzip\"").empty());
}

TEST_CASE("publish: a condition is for one channel only, but for none at all") {
  CHECK(conditions("\"17\"", {}, 2) == "If-Match: for one channel only");
  CHECK(conditions("*", {}, 2) == "If-Match: for one channel only");
  CHECK(conditions({}, "\"17\"", 2) == "If-None-Match: for one channel only (taken: * for several)");
  CHECK(conditions({}, "*", 2) == "*");
}

}  // namespace
}  // namespace martd::wire
