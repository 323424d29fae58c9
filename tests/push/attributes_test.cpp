#include "push/attributes.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace martd::push;
using namespace std::string_literals;

TEST_CASE("channel name: 1 to 255 bytes of text") {
  for (const std::string& name : {"a"s, "news"s, "a b"s, "a.b"s, "x."s, "martd"s, "Cid"s, "now"s, "\xC3\xA9"s,
                                  "\xF0\x9F\x98\x80"s, std::string(255, 'x'), "\xC2\xA0"s})
    CHECK_MESSAGE(valid_channel_name(name), name);
  CHECK_FALSE(valid_channel_name(""));
  CHECK_FALSE(valid_channel_name(std::string(256, 'x')));
}

TEST_CASE("channel name: what /sub takes for something else is none") {
  for (const char* name : {"cid", "lastEventId", "last_event_id", ".wait", ".", ".anything", "martd.closed", "martd."})
    CHECK_FALSE_MESSAGE(valid_channel_name(name), name);
}

// A client sent `?news=0&Last-Event-ID=17`, as its library called it, and followed a channel of that name beside its
// own, from an etag that was none of that channel's. It was never told, and what it had missed of its own channel
// neither.
TEST_CASE("channel name: another spelling of a reserved one is known by the one that is meant") {
  for (const char* name : {"CID", "Cid", "c-id", "c_i_d", "evs_cid", "EVS_C-ID"})
    CHECK_MESSAGE(misspelt_name(name) == "cid", name);
  for (const char* name : {"lastEventID", "Last-Event-ID", "last-event-id", "LAST_EVENT_ID", "lasteventid",
                           "evs_last_event_id", "evs_lastEventId", "_lastEventId", "last--event__id-"})
    CHECK_MESSAGE(misspelt_name(name) == "lastEventId", name);
  for (const char* name : {"_", "__", "-", "_-_", "evs_", "evs__"}) CHECK_MESSAGE(misspelt_name(name) == "_", name);
  for (const char* name : {"a", "cida", "ci", "acid", "cid.", "lastEventIds", "last.event.id", "evs", "evscid", "_a",
                           "events", "c id", "last", "e", "cidcid", "evs_news"})
    CHECK_MESSAGE(misspelt_name(name).empty(), name);
}

TEST_CASE("channel name: no control characters, nothing that is not UTF-8") {
  CHECK_FALSE(valid_channel_name("a\0b"s));
  for (int byte = 0; byte < 0x20; ++byte) CHECK_FALSE(valid_channel_name("a"s + static_cast<char>(byte)));
  CHECK_FALSE(valid_channel_name("a\x7F"));
  for (int byte = 0x80; byte < 0xA0; ++byte) CHECK_FALSE(valid_channel_name("a\xC2"s + static_cast<char>(byte)));
  // Those continuation bytes behind another first byte are letters.
  CHECK(valid_channel_name("\xC3\x80"));
  CHECK_FALSE(valid_channel_name("\xFF"));
  CHECK_FALSE(valid_channel_name("caf\xE9"));
  CHECK_FALSE(valid_channel_name("\xED\xA0\x80"));
}

TEST_CASE("secret: only the same one is the same") {
  CHECK(same_secret("open", "open"));
  for (const char* given : {"", "o", "ope", "opem", "Open", "openopen", "openn", " open"})
    CHECK_FALSE_MESSAGE(same_secret(given, "open"), given);
  CHECK(same_secret("", ""));
  CHECK_FALSE(same_secret("x", ""));
  CHECK_FALSE(same_secret("open\0"s, "open"));
}
