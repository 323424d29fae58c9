#include "http/known_heads.h"

#include "worker_fixture.h"

using namespace martd::http;
using namespace martd::http::test;

TEST_CASE("known heads: the same lines are one copy") {
  KnownHeads heads;
  const KnownHeadPtr first = heads.remember("Host: a\r\n\r\n");
  REQUIRE(first);
  CHECK(first->lines == "Host: a\r\n\r\n");
  CHECK(heads.remember("Host: a\r\n\r\n") == first);
  CHECK(heads.remember("Host: b\r\n\r\n") != first);
}

TEST_CASE("known heads: more of them than there is room for cost no more, and who uses one keeps it") {
  KnownHeads heads;
  const KnownHeadPtr kept = heads.remember("kept");
  for (std::size_t i = 0; i < 3 * KnownHeads::kMost; ++i) REQUIRE(heads.remember("Host: " + std::to_string(i)));
  CHECK(kept->lines == "kept");
  CHECK(heads.remember("kept") != kept);
}

TEST_CASE("known heads: very long ones are not kept") {
  KnownHeads heads;
  CHECK_FALSE(heads.remember(std::string(KnownHeads::kLongest + 1, 'a')));
}

namespace {

class AskAgainTest : public WorkerTest {
 protected:
  AskAgainTest() { CHECK(ask("GET /sub?news=0&.wait=0 HTTP/1.1").status == 200); }

  /// The same connection and header lines each time; only the request line differs.
  Reply ask(const std::string& line, const std::string& lines = "Host: a\r\nAccept: */*\r\n") {
    send(client, line + "\r\n" + lines + "\r\n");
    return take_reply(client.received);
  }

  Peer client = connect();
};

}  // namespace

// A long-poll whose header lines are those of the one before isn't parsed again. What the short way must not do is to
// answer anything that the long way would answer otherwise.
TEST_CASE_FIXTURE(AskAgainTest, "asking again: another etag is answered like the first") {
  const Reply reply = ask("GET /sub?news=0&other=0&.wait=0 HTTP/1.1");
  CHECK(reply.status == 200);
  CHECK(reply.body.find("other") != std::string::npos);
  CHECK_FALSE(reply.header("ETag").empty());
}

TEST_CASE_FIXTURE(AskAgainTest, "asking again: what is wrong with the line is refused as ever") {
  CHECK(ask("GET /sub?news=abc HTTP/1.1").status == 400);
  CHECK(ask("GET /sub?news=0&.wait=0 HTTP/1.1").status == 200);
  CHECK(ask("GET /sub?news=0 &.wait=0 HTTP/1.1").status == 400);
  CHECK(client.ended());
}

TEST_CASE_FIXTURE(AskAgainTest, "asking again: another path, method or version is what it says") {
  CHECK(ask("GET /pub?channel=none HTTP/1.1").status == 404);
  CHECK(ask("PATCH /sub?news=0&.wait=0 HTTP/1.1").status == 405);
  CHECK(ask("GET /subs?news=0 HTTP/1.1").status == 404);
  const Reply old = ask("GET /sub?news=0&.wait=0 HTTP/1.0");
  CHECK(old.status == 200);
  CHECK(old.header("Connection") == "close");
}

TEST_CASE_FIXTURE(AskAgainTest, "asking again: a stream by its option is a stream") {
  const Reply reply = ask("GET /sub?news=0&.transport=sse HTTP/1.1");
  CHECK(reply.header("Content-Type") == "text/event-stream");
}

TEST_CASE_FIXTURE(AskAgainTest, "asking again: other header lines are read") {
  CHECK(ask("GET /sub?news=0&.wait=0 HTTP/1.1", "Host: a\r\nAccept: */*\r\nLast-Event-ID: abc\r\n").status == 400);
  CHECK(
      ask("GET /sub?news=0&.wait=0 HTTP/1.1", "Host: a\r\nAccept: */*\r\nConnection: close\r\n").header("Connection") ==
      "close");
}

TEST_CASE_FIXTURE(AskAgainTest, "asking again: a head that names a cursor is never taken for a plain one") {
  const std::string lines = "Host: a\r\nIf-None-Match: \"1\"\r\n";
  CHECK(ask("GET /sub?news=now&.wait=0 HTTP/1.1", lines).status == 200);
  const Reply again = ask("GET /sub?news=0&other=0&.wait=0 HTTP/1.1", lines);
  CHECK(again.status == 400);  // one etag for two channels
}
