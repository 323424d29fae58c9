// Section 3 of the contract, on a channel that stays: what follows a cursor, and what a subscriber is told that is
// gone.

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

std::string clock_etag(std::chrono::seconds from_now) {
  auto now = std::chrono::system_clock::now().time_since_epoch() + from_now;
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

/// A channel that a subscriber keeps alive whatever happens to its messages.
struct HeldChannel : DefaultServer {
  EventStream holder{server.endpoint(), "news=now"};

  /// Asks twice: the loss once, and from where that left the subscriber.
  void check_told_once(const std::string& cursor, const std::string& loss) {
    Look first = server.look("news", cursor);
    CHECK(first.text == loss);
    CHECK(server.told("news", first.cursor) == "");
  }
};

}  // namespace

TEST_SUITE_BEGIN("cursors");

TEST_CASE_FIXTURE(DefaultServer, "etags are dense and begin after the channel's birth") {
  std::string before = clock_etag(std::chrono::seconds{-1});
  std::string first = server.publish("news", "a");
  CHECK(distance(before, first) > 0);
  CHECK(distance(first, clock_etag(std::chrono::seconds{1})) > 0);
  CHECK(server.publish("news", "b") == plus(first, 1));
  CHECK(server.set("news", "size=10") == plus(first, 2));
  CHECK(server.publish("news", "c") == plus(first, 3));
}

TEST_CASE_FIXTURE(DefaultServer, "a cursor gets what is kept with a greater etag, once") {
  std::string a = server.publish("news", "a");
  std::string b = server.publish("news", "b");
  std::string c = server.publish("news", "c");
  CHECK(server.told("news", "0") == "a b c");
  CHECK(server.told("news", plus(a, -1)) == "a b c");
  CHECK(server.told("news", a) == "b c");
  CHECK(server.told("news", b) == "c");
  CHECK(server.told("news", c) == "");
  CHECK(server.told("news", "now") == "");
  CHECK(server.look("news", "0").cursor == c);
  CHECK(server.look("news", a).cursor == c);
  CHECK(server.look("news", c).cursor == c);
  CHECK(server.look("news", "now").cursor == c);
}

TEST_CASE_FIXTURE(DefaultServer, "the cursor of a channel that is not there is the server's clock") {
  for (std::string asked : {"0", "now"}) {
    CAPTURE(asked);
    std::string earliest = clock_etag(std::chrono::seconds{-60});
    Look look = server.look("nothing", asked);
    CHECK(look.text == "");
    CHECK(distance(earliest, look.cursor) > 0);
    CHECK(server.told("nothing", look.cursor) == "");
  }
}

TEST_CASE_FIXTURE(DefaultServer,
                  "what is published between two polls of a new channel is not lost and not called a loss") {
  std::string cursor = server.look("news", "now").cursor;
  server.publish("news", "a");
  Look look = server.look("news", cursor);
  CHECK(look.text == "a");
  server.publish("news", "b");
  CHECK(server.told("news", look.cursor) == "b");
}

TEST_CASE_FIXTURE(HeldChannel, "what size dropped is told exactly") {
  std::string a = server.publish("news", "a", "size=3");
  for (auto text : {"b", "c", "d", "e", "f"}) server.publish("news", text, "size=3");
  CHECK(server.told("news", plus(a, -1)) == "[missed 3] d e f");
  check_told_once(a, "[missed 2] d e f");
  CHECK(server.told("news", plus(a, 1)) == "[missed 1] d e f");
  CHECK(server.told("news", plus(a, 2)) == "d e f");
  CHECK(server.told("news", plus(a, 3)) == "e f");
}

TEST_CASE_FIXTURE(HeldChannel, "what outlived its life is told exactly, even when nothing is kept") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b");
  server.publish("news", "c", "life=1ms");
  server.await_messages("news", 0);
  check_told_once(a, "[missed 2]");
  CHECK(server.look("news", a).cursor == plus(a, 2));
  CHECK(server.told("news", plus(a, 2)) == "");
  server.publish("news", "d");
  CHECK(server.told("news", plus(a, 1)) == "[missed 1] d");
}

TEST_CASE_FIXTURE(HeldChannel, "messages that expired in the middle are told where others are kept around them") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b", "expire=1ms");
  server.publish("news", "c");
  server.publish("news", "d", "expire=1ms");
  server.publish("news", "e");
  server.await_messages("news", 3);
  CHECK(server.told("news", plus(a, -1)) == "[missed 2] a c e");
  check_told_once(a, "[missed 2] c e");
  CHECK(server.told("news", plus(a, 1)) == "[missed 1] c e");
  CHECK(server.told("news", plus(a, 2)) == "[missed 1] e");
  CHECK(server.told("news", plus(a, 3)) == "e");
  CHECK(server.told("news", "0") == "a c e");
}

TEST_CASE_FIXTURE(HeldChannel, "a message that expired at the end is told at once") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b", "expire=1ms");
  server.await_messages("news", 1);
  check_told_once(a, "[missed 1]");
  CHECK(server.look("news", a).cursor == plus(a, 1));
}

TEST_CASE_FIXTURE(HeldChannel, "what was cleared is told exactly") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b");
  server.publish("news", "c");
  server.clear("news");
  check_told_once(a, "[missed 2]");
  CHECK(server.look("news", a).cursor == plus(a, 2));
  server.publish("news", "d");
  CHECK(server.told("news", a) == "[missed 2] d");
}

TEST_CASE_FIXTURE(HeldChannel, "an empty message that is gone is no loss, but counts among what is one") {
  std::string a = server.publish("news", "a");
  server.set("news", "size=2");
  server.publish("news", "b", "size=2");
  server.publish("news", "c", "size=2");
  CHECK(server.told("news", a) == "b c");
  server.publish("news", "d", "size=2");
  CHECK(server.told("news", a) == "[missed 2] c d");
}

// A site set its channel's attributes every minute. Who came back with the last message was told of fifteen lost ones.
TEST_CASE_FIXTURE(HeldChannel, "who has read the last message has missed nothing by the empty ones behind it") {
  std::string a = server.publish("news", "a");
  std::string b = server.publish("news", "b");
  for (int i = 0; i < 25; ++i) server.set("news", "size=10");
  CHECK(server.told("news", b) == "");
  CHECK(server.look("news", b).cursor == plus(b, 25));
  check_told_once(a, "[missed 16]");
  EventStream stream(server.endpoint(), "news=0", {{"Last-Event-ID", b}});
  LineStream lines(server.endpoint(), "news=" + b);
  server.await_subscribers("news", 3);
  server.publish("news", "c");
  CHECK(stream.next().data == "c");
  json::object line = lines.next();
  if (line.contains("sub")) line = lines.next();
  CHECK(line.at("payload") == "c");
  server.clear("news");
  CHECK(server.told("news", plus(b, 26)) == "");
}

TEST_CASE_FIXTURE(HeldChannel, "an empty message is no news, and what follows it comes once") {
  std::string a = server.publish("news", "a");
  server.set("news", "size=10");
  Look look = server.look("news", a);
  CHECK(look.text == "");
  server.publish("news", "b");
  CHECK(server.told("news", look.cursor) == "b");
  CHECK(server.told("news", a) == "b");
}

TEST_CASE_FIXTURE(HeldChannel, "the cursors 0 and now miss nothing") {
  for (auto text : {"a", "b", "c"}) server.publish("news", text, "size=1");
  CHECK(server.told("news", "0") == "c");
  CHECK(server.told("news", "now") == "");
  server.clear("news");
  CHECK(server.told("news", "0") == "");
  CHECK(server.told("news", "now") == "");
}

TEST_CASE_FIXTURE(DefaultServer, "a cursor beyond the newest etag gets everything kept and is told of a loss") {
  server.publish("news", "a");
  std::string b = server.publish("news", "b");
  for (std::string beyond : {plus(b, 1), plus(b, 1000), std::string("18446744073709551615")}) {
    CAPTURE(beyond);
    Look look = server.look("news", beyond);
    CHECK(look.text == "[missed] a b");
    CHECK(look.cursor == b);
  }
}

TEST_CASE_FIXTURE(DefaultServer, "a cursor from the future of a channel that is not there does not wait until then") {
  std::string future = clock_etag(std::chrono::hours{1});
  Answer answer = HeldPoll(server.endpoint(), "news=" + future + "&.wait=60").answer();
  CHECK(told_in(answer, "news") == "[missed]");
  CHECK(distance(cursor_in(answer), future) > 0);
  CHECK(server.told("news", cursor_in(answer)) == "");
}

TEST_CASE_FIXTURE(DefaultServer, "a loss is told to a poll at once, though it would wait") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b", "expire=1ms");
  server.await_messages("news", 1);
  HeldPoll poll(server.endpoint(), "news=" + a + "&.wait=60");
  CHECK(told_in(poll.answer(), "news") == "[missed 1]");
}

TEST_CASE_FIXTURE(DefaultServer, "of several channels only those that lost something say so") {
  std::string a = server.publish("one", "a", "size=1");
  server.publish("one", "b", "size=1");
  server.publish("one", "c", "size=1");
  std::string x = server.publish("two", "x");
  server.publish("two", "y");
  Answer answer = server.poll("one=" + a + "&two=" + x + "&.wait=0");
  CHECK(told_in(answer, "one") == "[missed 1] c");
  CHECK(told_in(answer, "two") == "y");
  CHECK(cursor_in(answer) == plus(a, 2) + "." + plus(x, 1));
}

TEST_CASE_FIXTURE(HeldChannel, "a subscriber that keeps up gets every message, whatever the size") {
  for (int i = 0; i < 50; ++i) {
    std::string etag = server.publish("news", std::to_string(i), "size=1");
    CHECK(holder.next() == Event{"message", std::to_string(i), etag});
  }
}

TEST_SUITE_END();
