// Contract section 3: what a cursor is told. Here the channel alone; with hub and memory in missed_test.cpp.

#include "push/channel.h"

#include "hub_fixture.h"
#include "push/ending.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

constexpr Etag kOrigin{1000};

struct ChannelTest {
  Channel channel{"news", kOrigin, {}, Etag{500}};
  Time now = kStart;

  ChannelTest() { set(5); }
  void set(std::uint32_t size, Duration life = 1h) {
    Attributes attributes;
    attributes.size = size;
    attributes.life = life;
    channel.set(attributes, {});
  }
  void publish(std::initializer_list<const char*> payloads) {
    for (const char* payload : payloads) channel.append(content(payload), now);
  }
  std::string since(std::uint64_t etag) const { return text(channel.since(after(Etag{etag}), SIZE_MAX)); }
};

}  // namespace

TEST_CASE_FIXTURE(ChannelTest, "channel: etags are its origin and the count of its messages, without holes") {
  CHECK(channel.newest() == Etag{1000});
  CHECK(channel.append(content("a"), now) == Etag{1001});
  CHECK(channel.append(content(""), now) == Etag{1002});
  CHECK(channel.append(content("b"), now) == Etag{1003});
  CHECK(channel.newest() == Etag{1003});
}

TEST_CASE_FIXTURE(ChannelTest, "cursor: 0 is everything kept, an etag what follows it, now only what comes") {
  publish({"a", "b", "c"});
  CHECK(since(0) == "a b c");
  CHECK(since(1000) == "a b c");
  CHECK(since(1002) == "c");
  CHECK(since(1003).empty());
  const Resume resume = channel.since(kNow, SIZE_MAX);
  CHECK(text(resume).empty());
  CHECK_FALSE(resume.news());
  CHECK(resume.cursor == Etag{1003});
}

TEST_CASE_FIXTURE(ChannelTest, "cursor: what is given back is always an etag") {
  CHECK(channel.since(kAll, SIZE_MAX).cursor == Etag{1000});
  CHECK(channel.since(kNow, SIZE_MAX).cursor == Etag{1000});
  publish({"a"});
  CHECK(channel.since(kAll, SIZE_MAX).cursor == Etag{1001});
  CHECK(channel.since(after(Etag{7}), SIZE_MAX).cursor == Etag{1001});
}

TEST_CASE_FIXTURE(ChannelTest, "missed: dropped by size, the count of those after the cursor") {
  set(2);
  publish({"a", "b", "c", "d"});
  CHECK(since(1000) == "missed 2: c d");
  CHECK(since(1001) == "missed 1: c d");
  CHECK(since(1002) == "c d");
  CHECK(since(0) == "c d");
}

TEST_CASE_FIXTURE(ChannelTest, "missed: over by life, told even when nothing is kept") {
  set(5, 10s);
  publish({"a", "b"});
  channel.refresh(now + 10s);
  CHECK(since(1000) == "missed 2");
  CHECK(since(1001) == "missed 1");
  CHECK(since(1002).empty());
  CHECK(since(0).empty());
  const Resume resume = channel.since(after(Etag{1000}), SIZE_MAX);
  CHECK(resume.news());
  // The cursor moves past it: told once.
  CHECK(resume.cursor == Etag{1002});
}

TEST_CASE_FIXTURE(ChannelTest, "missed: cleared") {
  publish({"a", "b", "c"});
  CHECK(channel.clear() == 3);
  CHECK(since(1001) == "missed 2");
  publish({"d"});
  CHECK(since(1001) == "missed 2: d");
  CHECK(since(1003) == "d");
}

TEST_CASE_FIXTURE(ChannelTest, "missed: an expired one in the middle is counted where it is after the cursor") {
  publish({"a"});
  channel.append(content("b", {}, 1s), now);
  publish({"c"});
  channel.refresh(now + 1s);
  CHECK(since(1000) == "missed 1: a c");
  CHECK(since(1001) == "missed 1: c");
  CHECK(since(1002) == "c");
  CHECK(since(0) == "a c");
}

TEST_CASE_FIXTURE(ChannelTest, "missed: an expired one at the end is told with nothing behind it") {
  publish({"a"});
  channel.append(content("b", {}, 1s), now);
  channel.refresh(now + 1s);
  CHECK(since(1000) == "missed 1: a");
  CHECK(since(1001) == "missed 1");
  CHECK(channel.since(after(Etag{1001}), SIZE_MAX).cursor == Etag{1002});
}

TEST_CASE_FIXTURE(ChannelTest, "missed: an empty message is no news while it is kept, and no loss when it is gone") {
  channel.append(content(""), now);
  const Resume kept = channel.since(after(Etag{1000}), SIZE_MAX);
  CHECK_FALSE(kept.news());
  CHECK(kept.cursor == Etag{1001});
  channel.clear();
  const Resume gone = channel.since(after(Etag{1000}), SIZE_MAX);
  CHECK_FALSE(gone.news());
  CHECK(gone.cursor == Etag{1001});
  // With a visible one among what is gone, the etags are counted.
  publish({"a", ""});
  channel.clear();
  CHECK(since(1000) == "missed 3");
  CHECK(since(1001) == "missed 2");
  CHECK(since(1002).empty());
}

TEST_CASE_FIXTURE(ChannelTest, "missed: a hole of empty messages behind the last visible one that is gone is none") {
  set(10);
  publish({"a"});
  channel.append(content("-", {}, 1s), now);
  publish({"c"});
  channel.append(content("", {}, 1s), now);
  publish({"e"});
  channel.refresh(now + 1s);
  CHECK(since(1001) == "missed 1: c e");
  CHECK(since(1002) == "c e");
  const Resume first = channel.since(after(Etag{1001}), 1);
  CHECK(text(first) == "missed 1: c");
  CHECK(text(channel.since(after(first.cursor), 1)) == "e");
}

TEST_CASE_FIXTURE(ChannelTest, "missed: a cursor later than everything gets all that is kept, and is told") {
  CHECK(since(1001) == "missed some");
  publish({"a", "b"});
  CHECK(since(1003) == "missed some: a b");
  CHECK(since(UINT64_MAX) == "missed some: a b");
  CHECK(channel.since(after(Etag{UINT64_MAX}), SIZE_MAX).cursor == Etag{1002});
}

TEST_CASE_FIXTURE(ChannelTest, "missed: an earlier cursor in doubt is told, one that is not has lost nothing") {
  CHECK(since(499) == "missed some");
  CHECK(since(500).empty());
  publish({"a", "b"});
  CHECK(since(499) == "missed some: a b");
  CHECK(since(500) == "a b");
  CHECK(since(999) == "a b");
}

TEST_CASE_FIXTURE(ChannelTest, "missed: an earlier cursor is told of what is lost in this life") {
  set(1);
  publish({"a", "b"});
  CHECK(since(900) == "missed some: b");
  channel.clear();
  CHECK(since(900) == "missed some");
}

TEST_CASE("missed: with the life before remembered, its last etag has lost nothing") {
  Channel channel("news", Etag{1000}, Channel::Life{Etag{700}, Etag{710}, Etag{708}}, Etag{900});
  const auto since = [&](std::uint64_t etag) { return text(channel.since(after(Etag{etag}), SIZE_MAX)); };
  CHECK(since(710).empty());
  CHECK(since(708).empty());  // what came after it was empty
  CHECK(since(805).empty());  // a clock that was given where there was no channel
  CHECK(since(707) == "missed 3");
  CHECK(since(699) == "missed some");
  channel.append(content("a"), kStart);
  CHECK(since(710) == "a");
  CHECK(since(708) == "a");
  CHECK(since(707) == "missed some: a");
  CHECK(since(699) == "missed some: a");
}

TEST_CASE_FIXTURE(ChannelTest, "resume: cut at a limit it has one message at least, and the rest follows its cursor") {
  publish({"aa", "bb", "cc"});
  const Resume first = channel.since(kAll, 1);
  CHECK(text(first) == "aa");
  CHECK(first.more);
  const Resume two = channel.since(after(Etag{1000}), 3);
  CHECK(text(two) == "aa bb");
  CHECK(two.cursor == Etag{1002});
  const Resume rest = channel.since(after(two.cursor), 3);
  CHECK(text(rest) == "cc");
  CHECK_FALSE(rest.more);
}

TEST_CASE_FIXTURE(ChannelTest, "resume: cut behind a hole it counts that hole only, the next one counts the next") {
  set(10);
  publish({"a"});
  channel.append(content("-", {}, 1s), now);
  publish({"c"});
  channel.append(content("-", {}, 1s), now);
  publish({"e"});
  channel.refresh(now + 1s);
  const Resume first = channel.since(after(Etag{1000}), 2);
  CHECK(text(first) == "missed 1: a c");
  const Resume second = channel.since(after(first.cursor), 2);
  CHECK(text(second) == "missed 1: e");
}

TEST_CASE_FIXTURE(ChannelTest, "staged: the newest visible message that will be gone, whoever takes it") {
  Attributes attributes;
  attributes.size = 2;
  set(2);
  CHECK(channel.next_lost() == Etag{500});
  channel.append(content("a", {}, 1s), now);
  channel.append(content(""), now);
  channel.stage_message(attributes, {}, true);
  CHECK(channel.next_lost() == Etag{1001});
  channel.stage_message(attributes, {}, false);
  CHECK(channel.next_lost() == Etag{1001});
  channel.stage_message(attributes, {}, false);
  CHECK(channel.next_lost() == Etag{1003});
  CHECK(channel.lost() == Etag{500});
  CHECK(channel.stage_clear() == Etag{1006});
  CHECK(channel.next_lost() == Etag{1003});
}

TEST_CASE_FIXTURE(ChannelTest, "staged: what expires between two pushes that are being written is lost to them, too") {
  Attributes attributes;
  attributes.size = 2;
  set(2);
  channel.append(content("a", {}, 1s), now);
  channel.stage_message(attributes, {}, false);
  channel.refresh(now + 1s);
  channel.stage_message(attributes, {}, false);
  channel.stage_message(attributes, {}, false);
  CHECK(channel.next_floor() == Etag{1003});
  CHECK(channel.next_lost() == Etag{1001});
}

TEST_CASE_FIXTURE(ChannelTest, "attributes: every push sets all again, but the key stays") {
  Attributes attributes;
  attributes.size = 3;
  channel.set(attributes, "k");
  channel.set(Attributes{}, {});
  CHECK(channel.attributes().key == "k");
  CHECK(channel.attributes().size == Attributes::kDefaultSize);
  channel.set(Attributes{}, "other");
  CHECK(channel.attributes().key == "k");
}

TEST_CASE_FIXTURE(ChannelTest, "due: at the first message's end, or when a kept place is free") {
  CHECK_FALSE(channel.next_due());
  set(5, 10s);
  publish({"a"});
  CHECK(channel.next_due() == now + 10s);
  channel.tenant = Channel::Tenant{"x", now + 3s};
  CHECK(channel.next_due() == now + 3s);
  channel.refresh(now + 3s);
  CHECK_FALSE(channel.tenant.has_value());
  CHECK(channel.next_due() == now + 10s);
}

TEST_CASE(
    "kick: of all others it hits who came before it and is not the one that stays, across the wrap of the count") {
  const Eviction one{7, 0, false, 0, Ending::replaced};
  CHECK(one.means(7));
  CHECK_FALSE(one.means(8));
  const Eviction others{7, 10, true, 0, Ending::one2one};
  CHECK_FALSE(others.means(7));
  CHECK(others.means(6));
  CHECK(others.means(9));
  CHECK_FALSE(others.means(10));
  CHECK_FALSE(others.means(11));
  const Eviction wrapped{UINT32_MAX - 1, 2, true, 0, Ending::one2one};
  CHECK(wrapped.means(UINT32_MAX));
  CHECK(wrapped.means(1));
  CHECK_FALSE(wrapped.means(2));
}
