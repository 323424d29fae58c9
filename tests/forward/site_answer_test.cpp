// The site's answer on its way to a client that is a string, as slow as the test says.

#include "forward/site_answer.h"

#include <doctest/doctest.h>

#include <chrono>

#include "../net/turns.h"
#include "../push/hub_calls.h"
#include "held_store.h"
#include "pages/content_coding.h"
#include "push/hub.h"
#include "recording_outlet.h"

using namespace martd;
using namespace martd::forward;
using namespace std::chrono_literals;
using Progress = SiteAnswer::Progress;

namespace {

struct Waiter final : follow::PushWaiter {
  void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time) override {
    progress = to->settled(ticket, answer);
  }
  SiteAnswer* to = nullptr;
  Progress progress = Progress::under_way;
};

struct SiteAnswerTest : test::StoreHolder {
  net::Clock clock;
  net::Loop loop{clock};
  push::Hub hub{clock.start()};
  follow::Counters held_counters;
  Settings settings;
  follow::Desk desk{0, loop, hub, held_counters, settings};
  Counters counters;
  Gate gate{desk, nullptr, counters, settings, ""};
  test::RecordingOutlet outlet{desk};
  SiteAnswer answer{outlet, gate};
  Waiter waiter;

  SiteAnswerTest() {
    net::test::begin(loop);
    waiter.to = &answer;
  }
  ~SiteAnswerTest() {
    answer.let_go();
    CHECK(gate.scratch().empty());
  }
  void begin(const std::string& lines, bool close = false) {
    const std::string bytes = "HTTP/1.1 200 OK\r\n" + lines + "\r\n";
    wire::AnswerHead head;
    REQUIRE_FALSE(wire::read_answer_head(bytes, head).has_value());
    answer.begin(head, close, waiter);
  }
  void interim(const std::string& lines) {
    const std::string bytes = "HTTP/1.1 103 Early Hints\r\n" + lines + "\r\n";
    wire::AnswerHead head;
    REQUIRE_FALSE(wire::read_answer_head(bytes, head).has_value());
    answer.interim(head);
  }
  /// The request was for a page.
  void expect_page() {
    settings.inject = true;
    const std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    wire::RequestHead head;
    REQUIRE_FALSE(wire::read_request_head(bytes, 100, head).has_value());
    answer.expect_page(head);
  }
  /// What came behind the head.
  std::string body() const {
    const auto end = outlet.text.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    return outlet.text.substr(end + 4);
  }
  /// Of a body in chunks, without them.
  std::string payload() const {
    std::string found;
    wire::BodyReader reader = wire::BodyReader::chunked();
    const std::string framed = body();
    for (std::string_view bytes = framed; !bytes.empty() && !reader.done();) found += reader.next(bytes);
    CHECK(reader.done());
    return found;
  }
};

constexpr const char* kHtml = "Content-Type: text/html\r\n";
const std::string kPage = "<!doctype html><html><head><title>a</title></head><body>b</body></html>";
const std::string kPageWithTag =
    "<!doctype html><html><head><script src=\"/client.js\"></script>" + kPage.substr(kPage.find("<title>"));

std::string gzipped(std::string_view text) {
  pages::Encoder encoder(pages::Coding::gzip);
  std::string out;
  encoder.write(text, out);
  encoder.finish(out);
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("site answer");

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: what came in one turn is one write, and its end with it") {
  begin("Content-Length: 5\r\n");
  CHECK(answer.add("he") == Progress::under_way);
  CHECK(answer.add("llo") == Progress::under_way);
  CHECK(outlet.puts == 0);
  CHECK(answer.end(waiter) == Progress::whole);
  CHECK(outlet.puts == 1);
  CHECK(body() == "hello");
  CHECK_FALSE(answer.closes());
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: a body of a length that nobody knows goes in chunks") {
  begin({});
  answer.add("hello");
  CHECK(answer.end(waiter) == Progress::whole);
  CHECK(outlet.text.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(body() == "5\r\nhello\r\n0\r\n\r\n");
  CHECK_FALSE(answer.ends_with_connection());
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: for HTTP/1.0 it goes bare, and the end of the connection is its own") {
  outlet.asked.http_1_0 = true;
  interim("Link: x\r\n");
  begin({});
  answer.add("hello");
  CHECK(answer.end(waiter) == Progress::whole);
  CHECK(outlet.text.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(outlet.text.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(body() == "hello");
  CHECK(answer.closes());
  CHECK(answer.ends_with_connection());
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: of a HEAD the head is all of it") {
  outlet.asked.head = true;
  begin("Transfer-Encoding: chunked\r\n");
  CHECK(answer.end(waiter) == Progress::whole);
  CHECK(outlet.text.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(body().empty());
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: what is said before it goes out before it") {
  interim("Link: x\r\n");
  CHECK_FALSE(answer.begun());
  answer.flush();
  CHECK(outlet.text.starts_with("HTTP/1.1 103 Early Hints\r\nLink: x\r\n"));
  begin("Content-Length: 0\r\n", true);
  CHECK(answer.begun());
  CHECK(answer.end(waiter) == Progress::whole);
  CHECK(outlet.text.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
  CHECK(answer.closes());
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: while anything of it waits, there is no room for the next piece") {
  outlet.slow = true;
  begin("Content-Length: 100000\r\n");
  CHECK(answer.has_room());
  answer.add(std::string(50000, 'x'));
  answer.flush();
  CHECK_FALSE(answer.has_room());
  CHECK(outlet.most_waiting < 51000);
  outlet.waiting = 0;
  answer.all_taken();
  CHECK(answer.has_room());
  CHECK(answer.go_on() == Progress::under_way);
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: a client that takes nothing for long is cut off, a byte is enough") {
  outlet.slow = true;
  begin("Content-Length: 1000\r\n");
  CHECK(answer.due() == Time::max());
  answer.add("hello");
  answer.flush();
  CHECK(answer.due() == loop.now() + 60s);
  CHECK(outlet.reader_wait == 60s + settings.peer_silence());
  --outlet.waiting;
  CHECK(answer.on_deadline(loop.now() + 60s) == Progress::under_way);
  CHECK(answer.on_deadline(loop.now() + 119s) == Progress::under_way);
  CHECK(answer.on_deadline(loop.now() + 120s) == Progress::cut);
  outlet.waiting = 0;
  answer.all_taken();
  CHECK(answer.due() == Time::max());
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: where channels stand is told with a page, and with nothing else") {
  bool html = false;
  SUBCASE("a page") { html = true; }
  SUBCASE("data") {}
  const std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\nMartd-Channels: news\r\n\r\n";
  wire::RequestHead head;
  REQUIRE_FALSE(wire::read_request_head(bytes, 100, head).has_value());
  answer.tell(*Positions::look_up(head, settings, hub, loop.now()));
  begin(std::string("Content-Length: 0\r\nContent-Type: ") + (html ? "text/html\r\n" : "text/plain\r\n"));
  CHECK(answer.end(waiter) == Progress::whole);
  CHECK((outlet.text.find("\r\nMartd-Cursor: news=") != std::string::npos) == html);
  CHECK((outlet.text.find("\r\nServer-Timing: martd;desc=\"news=") != std::string::npos) == html);
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: an event stream has no end to wait for") {
  begin("Content-Type: text/event-stream; charset=utf-8\r\n");
  CHECK(answer.endless());
  answer.flush();
}

// --- pages ---

TEST_CASE("site answer: wherever a page is cut, it gets its tag once") {
  for (const bool packed : {false, true}) {
    const std::string whole = packed ? gzipped(kPage) : kPage;
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      CAPTURE(packed);
      CAPTURE(cut);
      SiteAnswerTest test;
      test.expect_page();
      test.begin(kHtml + std::string(packed ? "Content-Encoding: gzip\r\n" : "") +
                 "Content-Length: " + std::to_string(whole.size()) + "\r\n");
      CHECK_FALSE(test.answer.begun());
      REQUIRE(test.answer.add(std::string_view(whole).substr(0, cut)) == Progress::under_way);
      test.answer.flush();
      REQUIRE(test.answer.add(std::string_view(whole).substr(cut)) == Progress::under_way);
      REQUIRE(test.answer.end(test.waiter) == Progress::whole);
      std::string page = test.payload();
      if (packed) {
        pages::Decoder decoder(pages::Coding::gzip);
        std::string plain;
        for (std::string_view bytes = page; !bytes.empty();) decoder.step(bytes, plain);
        CHECK(decoder.whole());
        page = plain;
      }
      CHECK(page == kPageWithTag);
    }
  }
}

TEST_CASE_FIXTURE(SiteAnswerTest, "site answer: a page that ends in the midst of its coding is cut, not whole") {
  expect_page();
  // Of some length, so that it isn't all in what is left out.
  std::string text = kPage;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * 7919);
  const std::string whole = gzipped(text);
  begin(std::string(kHtml) + "Content-Encoding: gzip\r\n");
  CHECK(answer.add(std::string_view(whole).substr(0, whole.size() / 2)) == Progress::under_way);
  answer.flush();
  CHECK(answer.begun());
  CHECK(answer.end(waiter) == Progress::cut);
  answer.flush();
  CHECK_FALSE(outlet.text.ends_with("\r\n0\r\n\r\n"));
}

TEST_CASE_FIXTURE(SiteAnswerTest,
                  "site answer: a page that grows as it is unpacked is made in parts, and not while much waits") {
  expect_page();
  outlet.slow = true;
  outlet.waiting = 64 * 1024 + 1;
  const std::string text = kPage + std::string(10'000'000, ' ');
  begin(std::string(kHtml) + "Content-Encoding: gzip\r\n");
  CHECK(answer.add(gzipped(text)) == Progress::under_way);
  CHECK_FALSE(answer.has_room());
  CHECK(outlet.puts == 0);
  CHECK(outlet.later == 0);  // on_writable() comes
  outlet.waiting = 0;
  CHECK(answer.go_on() == Progress::under_way);
  CHECK(outlet.later == 1);  // others have their turn
  CHECK(answer.begun());
  Progress progress = answer.end(waiter);
  int rounds = 0;
  for (; progress == Progress::under_way; ++rounds) {
    REQUIRE(rounds < 1000);
    CHECK_FALSE(answer.has_room());
    outlet.waiting = 0;
    progress = answer.go_on();
  }
  CHECK(progress == Progress::whole);
  CHECK(rounds > 10);
  CHECK(outlet.most_waiting < 100'000);
}

// --- answers that publish ---

struct PublishingTest : SiteAnswerTest {
  PublishingTest() {
    settings.upstream_publishes = true;
    hub.keep_in(store, push::Durability::always);
  }
};

TEST_CASE_FIXTURE(PublishingTest, "site answer: of one that publishes one piece is kept, however many come") {
  begin("Martd-Publish: channel=news\r\nMartd-Payload: x\r\n");
  for (int i = 0; i < 100; ++i) {
    CHECK(answer.add("piece") == Progress::under_way);
    answer.flush();
  }
  std::string sent;
  for (int i = 0; i < 99; ++i) sent += "5\r\npiece\r\n";
  CHECK(body() == sent);
  CHECK(answer.end(waiter) == Progress::under_way);
  CHECK(answer.due() == loop.now() + settings.upstream_timeouts.answer);
  CHECK(body() == sent);
  SUBCASE("until it is on disk") {
    store.settle(true);
    net::test::turn(loop);
    CHECK(waiter.progress == Progress::whole);
  }
  SUBCASE("until the store has had its time") {
    CHECK(answer.on_deadline(loop.now() + settings.upstream_timeouts.answer) == Progress::whole);
  }
  CHECK(body() == sent + "5\r\npiece\r\n0\r\n\r\n");
  CHECK(answer.due() == Time::max());
}

TEST_CASE_FIXTURE(PublishingTest, "site answer: without a body its head is kept until the store has answered") {
  begin("Martd-Publish: channel=news\r\nMartd-Payload: x\r\nContent-Length: 0\r\n");
  CHECK(answer.end(waiter) == Progress::under_way);
  CHECK(outlet.text.empty());
  store.settle(false);
  net::test::turn(loop);
  CHECK(waiter.progress == Progress::whole);
  CHECK(outlet.text.starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_SUITE_END();
