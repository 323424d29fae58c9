// What a site without any client library gets by headers alone: its pages are told where channels stood, and it
// publishes with its answers.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>

#include "proxy.h"
#include "support/temp_file.h"

using namespace martd::test;

TEST_SUITE_BEGIN("pages");

namespace {

/// A site that the test plays, with these options before it.
struct Site {
  explicit Site(TestServer::Options options = {}) : server(with(options)), client(server.endpoint()) {}

  TestServer::Options with(TestServer::Options options) const {
    options.insert(options.end(), {site.url(), "--threads", "1"});
    return options;
  }
  /// Asks for a page, and returns what the site was asked.
  Asked ask(const Headers& headers = {}) {
    client.ask("GET", "/page", headers);
    if (!behind) behind = std::make_unique<Connection>(site.accept());
    return read_request(*behind);
  }
  /// The site answers; what the client gets.
  Answer answer(const std::string& headers, const std::string& body) {
    behind->send(answer_with(body, headers));
    return client.read_answer();
  }

  Upstream site;
  TestServer server;
  Connection client;
  std::unique_ptr<Connection> behind;
};

const std::string kHtml = "Content-Type: text/html; charset=utf-8\r\n";

}  // namespace

// --- where the page stood ---

TEST_CASE("a page that asks is told where its channels stand, and can read it") {
  Site page;
  std::string news = page.server.publish("news", "before");
  Asked asked = page.ask({{"Martd-Channels", "news, gr%C3%BCn"}});
  CHECK_FALSE(asked.has("Martd-Channels"));
  Answer answer = page.answer(kHtml, "<p>hello");
  std::string cursor = answer.header("Martd-Cursor");
  CHECK(cursor.starts_with("news=" + news + "&gr%C3%BCn="));
  CHECK(answer.header("Server-Timing") == "martd;desc=\"" + cursor + "\"");
  CHECK(answer.body == "<p>hello");
}

TEST_CASE("what is published while a page is made is not lost") {
  Site page;
  page.server.publish("news", "before");
  page.ask({{"Martd-Channels", "news,later"}});
  // The site has read its database, and is still at work on the page.
  page.server.publish("news", "meanwhile");
  page.server.publish("later", "the first of all");
  std::string cursor = page.answer(kHtml, "<p>without it").header("Martd-Cursor");
  Answer told = page.server.poll(cursor + "&.wait=0");
  CHECK(told_in(told, "news") == "meanwhile");
  CHECK(told_in(told, "later") == "the first of all");
}

TEST_CASE("--snapshot tells every page, and nothing but pages") {
  Site page({"--snapshot", "a,b%2Cc"});
  std::string a = page.server.publish("a", "x");
  page.ask();
  CHECK(page.answer("Content-Type: TEXT/HTML\r\n", "<p>").header("Martd-Cursor").starts_with("a=" + a + "&b%2Cc="));
  page.ask();
  CHECK_FALSE(page.answer("Content-Type: application/json\r\n", "{}").has("Martd-Cursor"));
  page.ask();
  CHECK_FALSE(page.answer("", "?").has("Server-Timing"));
  // What the page names comes first; a name is told once.
  page.ask({{"Martd-Channels", "z, a"}});
  std::string cursor = page.answer(kHtml, "<p>").header("Martd-Cursor");
  CHECK(cursor.starts_with("z="));
  CHECK(cursor.find("&a=" + a + "&b%2Cc=") != std::string::npos);
}

// A shared cache kept a page with the cursors of whoever had asked for it first, and gave it to all others.
TEST_CASE("every page tells caches that it is another one for other channels, also where none were asked for") {
  Site page;
  const auto vary = [&](const std::string& headers, const Headers& asked = {}) {
    page.ask(asked);
    return page.answer(headers, "<p>").all("Vary");
  };
  CHECK(vary(kHtml) == "Martd-Channels");
  CHECK(vary(kHtml, {{"Martd-Channels", "a"}}) == "Martd-Channels");
  CHECK(vary(kHtml + "Vary: Accept-Encoding\r\n") == "Accept-Encoding, Martd-Channels");
  CHECK(vary(kHtml + "Vary: Cookie\r\nVary: martd-channels\r\n") == "Cookie, martd-channels");
  CHECK(vary(kHtml + "Vary: *\r\n") == "*");
  CHECK(vary("Content-Type: text/css\r\nVary: Cookie\r\n") == "Cookie");
  CHECK(vary("Content-Type: application/json\r\n") == "");
  // What a cache has of a page is replaced by what a revalidation says.
  page.ask();
  page.behind->send("HTTP/1.1 304 Not Modified\r\nVary: Cookie\r\n\r\n");
  CHECK(page.client.read_answer().all("Vary") == "Cookie, Martd-Channels");
  page.ask();
  page.behind->send("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
  CHECK_FALSE(page.client.read_answer().has("Vary"));
}

// Anybody could have a page answered with a header of 60 KiB, by naming a thousand channels: 502 at an nginx before the
// server, and in a cache behind it for everyone.
TEST_CASE("the header of a page never grows past 8 KiB by the channels that are asked for") {
  for (const bool inject : {false, true}) {
    CAPTURE(inject);
    Site page(inject ? TestServer::Options{"--inject"} : TestServer::Options{});
    std::string channels;
    for (int n = 0; n < 3000; ++n) channels += (n > 0 ? "," : "") + std::string("channel") + std::to_string(n);
    for (const std::size_t own : {0, 3000, 8000, 20000}) {
      CAPTURE(own);
      page.ask({{"Martd-Channels", channels}});
      const std::string lines = kHtml + (own > 0 ? "X-Own: " + std::string(own, 'x') + "\r\n" : "");
      page.behind->send(answer_with("<!doctype html><title>a</title>", lines));
      const Answer answer = page.client.read_answer();
      std::size_t size = 2 + answer.version.size() + answer.reason.size() + 7;
      for (const auto& [name, value] : answer.headers) size += name.size() + value.size() + 4;
      CHECK(answer.status == 200);
      const std::string cursor = answer.header("Martd-Cursor");
      CHECK(answer.header("Vary") == "Martd-Channels");
      if (own >= 8000) {
        CHECK(cursor == "");
        CHECK_FALSE(answer.has("Server-Timing"));
        CHECK_FALSE(contains(answer.body, "data-cursor"));
        continue;
      }
      CHECK(size <= 8192);
      CHECK(size > 8192 - 200);  // as many as fit
      CHECK(cursor.starts_with("channel0="));
      CHECK(answer.header("Server-Timing") == "martd;desc=\"" + cursor + "\"");
      if (!inject) continue;
      std::string escaped;
      for (const char c : cursor) escaped += c == '&' ? "&amp;" : std::string(1, c);
      CHECK(contains(answer.body, " data-cursor=\"" + escaped + "\""));
    }
  }
}

TEST_CASE("without either, pages are as the site sent them, and what it says of cursors is not believed") {
  Site page;
  page.ask();
  Answer answer = page.answer(kHtml + "Martd-Cursor: a=1\r\n", "<p>");
  CHECK_FALSE(answer.has("Martd-Cursor"));
  CHECK_FALSE(answer.has("Server-Timing"));
}

TEST_CASE("a malformed Martd-Channels is refused, and the site isn't asked") {
  Site page;
  page.client.ask("GET", "/page", {{"Martd-Channels", "a, .hidden"}});
  Answer answer = page.client.read_answer();
  CHECK(answer.status == 400);
  CHECK(answer.error().find("Martd-Channels") != std::string::npos);
  CHECK_FALSE(page.site.pending());
  CHECK(page.ask().line == "GET /page HTTP/1.1");
  CHECK(page.answer(kHtml, "<p>").status == 200);
}

// --- publishing with an answer ---

TEST_CASE("the site publishes with a header, before the last byte of its answer") {
  Site page({"--upstream-publishes"});
  page.ask();
  Answer answer =
      page.answer("Martd-Publish: channel=news&size=3&id=7\r\nMartd-Payload: something happened\r\n", "done");
  CHECK(answer.body == "done");
  CHECK_FALSE(answer.has("Martd-Publish"));
  CHECK_FALSE(answer.has("Martd-Payload"));
  CHECK(page.server.kept("news") == "something happened");
  CHECK(page.server.inspect("news").at("size") == 3);
}

TEST_CASE("with body=1 the answer itself is published, however it is framed") {
  Site page({"--upstream-publishes"});
  page.ask();
  CHECK(page.answer("Martd-Publish: channel=a&body=1\r\nContent-Type: text/x\r\n", "the whole body").body ==
        "the whole body");
  CHECK(page.server.kept("a") == "the whole body");

  page.ask();
  page.behind->send(
      "HTTP/1.1 200 OK\r\nMartd-Publish: channel=b&body=1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  CHECK(page.client.read_head().status == 200);
  page.behind->send("4\r\n two\r\n");
  CHECK(page.client.read_until("one\r\n") == "3\r\none\r\n");
  CHECK(page.server.inspection("b").status == 404);  // it isn't whole yet
  page.behind->send("0\r\n\r\n");
  CHECK(page.client.read_until("0\r\n\r\n") == "4\r\n two\r\n0\r\n\r\n");
  CHECK(page.server.kept("b") == "one two");
}

TEST_CASE("a body that breaks off is not published") {
  Site page({"--upstream-publishes"});
  page.ask();
  page.behind->send("HTTP/1.1 200 OK\r\nMartd-Publish: channel=a&body=1\r\nContent-Length: 10\r\n\r\nhalf");
  page.behind->close();
  page.client.read_to_end();
  CHECK(page.server.inspection("a").status == 404);
}

TEST_CASE("several headers publish several messages, each with its own payload or all with one") {
  Site page({"--upstream-publishes"});
  page.ask();
  page.answer("Martd-Publish: channel=a\r\nMartd-Payload: one\r\nMartd-Publish: channel=b\r\nMartd-Payload: two\r\n",
              "");
  CHECK(page.server.kept("a") == "one");
  CHECK(page.server.kept("b") == "two");
  page.ask();
  page.answer("Martd-Publish: channel=c&channel=d\r\nMartd-Publish: channel=e\r\nMartd-Payload: same\r\n", "");
  for (const char* channel : {"c", "d", "e"}) CHECK(page.server.kept(channel) == "same");
}

TEST_CASE("what can't be published is told to the log, and the answer goes its way") {
  Site page({"--upstream-publishes", "--max-payload", "8"});
  page.server.publish("keyed", "x", "key=secret-of-it");
  for (std::string headers :
       {"Martd-Publish: channel=.a\r\nMartd-Payload: x\r\n", "Martd-Publish: nonsense\r\n",
        "Martd-Publish: channel=a&body=perhaps\r\n", "Martd-Publish: channel=a\r\nMartd-Payload: far too long\r\n",
        "Martd-Publish: channel=a&body=1\r\n", "Martd-Publish: channel=keyed&key=another\r\nMartd-Payload: x\r\n"}) {
    CAPTURE(headers);
    page.ask();
    CHECK(page.answer(headers, "an answer of some length").body == "an answer of some length");
  }
  CHECK(page.server.inspection("a").status == 404);
  CHECK(page.server.inspect("keyed", "key=secret-of-it").at("messages") == 1);
  page.server.program().await_errors(
      [](const std::string& said) { return said.find("channel keyed has a key") != std::string::npos; });
  CHECK(page.server.program().errors().find("another") == std::string::npos);
  CHECK(page.server.program().errors().find("secret-of-it") == std::string::npos);
}

TEST_CASE("with a store, what the site has published is on disk when its answer ends") {
  TempFile file;
  std::filesystem::remove(file.path());
  for (int round = 0; round < 3; ++round) {
    const std::string told = "message " + std::to_string(round);
    Site page({"--upstream-publishes", "--store", file.path()});
    page.ask();
    CHECK(page.answer("Martd-Publish: channel=news\r\nMartd-Payload: " + told + "\r\n", "done").body == "done");
    // Killed the moment after: nothing of it was still on its way.
    page.server.begin_to_stop(SIGKILL);
    CHECK(page.server.stop() == 128 + SIGKILL);
    TestServer again({"--store", file.path()});
    CHECK(contains(again.kept("news"), told));
  }
  for (const char* more : {"-wal", "-shm", ".lock", ".reserve"}) std::filesystem::remove(file.path() + more);
}

TEST_CASE("without --upstream-publishes the headers are taken off, and nothing is published") {
  Site page;
  page.ask();
  Answer answer = page.answer("Martd-Publish: channel=a\r\nMartd-Payload: x\r\n", "done");
  CHECK_FALSE(answer.has("Martd-Publish"));
  CHECK_FALSE(answer.has("Martd-Payload"));
  CHECK(page.server.inspection("a").status == 404);
}

TEST_SUITE_END();
