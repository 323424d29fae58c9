// Section 4 of the contract: what a push is refused for. A refused push changes nothing.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/deadline.h"
#include "support/event_stream_parser.h"
#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

}  // namespace

TEST_SUITE_BEGIN("publishing");

TEST_CASE_FIXTURE(DefaultServer, "a parameter twice, or with both of its names, is refused and named") {
  for (std::string name : {"size", "life", "one2one", "key", "expire", "event", "id"}) {
    CAPTURE(name);
    for (std::string query :
         {name + "=1&" + name + "=1", name + "=1&." + name + "=1", "." + name + "=1&." + name + "=1"}) {
      Answer answer = server.push("channel=news&" + query, "a");
      CHECK(answer.status == 400);
      CHECK(contains(answer.error(), name));
    }
  }
  CHECK(server.inspection("news").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "a channel twice is refused") {
  Answer answer = server.push("channel=news&channel=b&channel=news", "a");
  CHECK(answer.status == 400);
  CHECK(contains(answer.error(), "channel"));
  CHECK(server.inspection("news").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "a push names a channel") {
  for (std::string target : {"/pub", "/pub?", "/pub?size=3", "/pub?channel=", "/pub?channel"}) {
    CAPTURE(target);
    Answer answer = server.send({"POST", target, {}, "a"});
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "channel"));
  }
  for (std::string method : {"GET", "DELETE"}) CHECK(server.send({method, "/pub"}).status == 400);
}

TEST_CASE_FIXTURE(DefaultServer, "an unknown parameter is refused, and the nearest known one named") {
  std::pair<const char*, const char*> slips[] = {
      {"siez=3", "size"},      {"lief=3", "life"},  {"one2on=1", "one2one"},   {"keys=k", "key"},
      {"expires=3", "expire"}, {"evnt=x", "event"}, {"chanel=news", "channel"}};
  for (auto& one : slips) {
    auto& slip = one.first;
    auto& meant = one.second;
    CAPTURE(slip);
    Answer answer = server.push(std::string("channel=news&") + slip, "a");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), std::string(slip, std::string(slip).find('='))));
    std::string without_slip = answer.error();
    CHECK(contains(without_slip, meant));
  }
  CHECK(server.inspection("news", "siez=1").status == 400);
  CHECK(server.clear("news", "siez=1").status == 400);
}

TEST_CASE_FIXTURE(DefaultServer, "malformed percent-encoding is refused") {
  for (std::string query : {"channel=%", "channel=%4", "channel=%zz", "channel=news&key=%G1"}) {
    CAPTURE(query);
    CHECK(server.push(query, "a").status == 400);
  }
}

TEST_CASE_FIXTURE(DefaultServer, "other methods are told which are taken") {
  Answer pub = server.send({"PATCH", "/pub?channel=news", {}, "a"});
  CHECK(pub.status == 405);
  for (auto method : {"GET", "POST", "PUT", "DELETE"}) CHECK(contains(pub.header("Allow"), method));
  pub.error();
  for (std::string method : {"HEAD", "DELETE", "PUT"}) {
    CAPTURE(method);
    Answer sub = server.send({method, "/sub?news=0"});
    CHECK(sub.status == 405);
    CHECK(contains(sub.header("Allow"), "GET"));
    CHECK(contains(sub.header("Allow"), "POST"));
    CHECK_FALSE(contains(sub.header("Allow"), "HEAD"));
  }
}

TEST_CASE_FIXTURE(DefaultServer, "a payload of a mebibyte is taken, one byte more is not") {
  CHECK(server.push("channel=news", std::string(kMiB, 'x')).status == 200);
  Answer answer = server.push("channel=news", std::string(kMiB + 1, 'x'));
  CHECK(answer.status == 413);
  answer.error();
  CHECK(server.inspect("news").at("messages").to_number<int>() == 1);
}

TEST_CASE("a payload limit of the operator's holds by length and in chunks") {
  TestServer server({"--max-payload", "1K"});
  CHECK(server.push("channel=news", std::string(1024, 'x')).status == 200);
  CHECK(server.push("channel=news", std::string(1025, 'x')).status == 413);
  Headers chunked{{"Transfer-Encoding", "chunked"}};
  Connection fits(server.endpoint());
  fits.ask("POST", "/pub?channel=news", chunked);
  fits.send("200\r\n" + std::string(512, 'y') + "\r\n200\r\n" + std::string(512, 'y') + "\r\n0\r\n\r\n");
  CHECK(fits.read_answer().status == 200);
  Connection over(server.endpoint());
  over.ask("POST", "/pub?channel=news", chunked);
  over.try_send("200\r\n" + std::string(512, 'z') + "\r\n201\r\n" + std::string(513, 'z') + "\r\n0\r\n\r\n");
  CHECK(over.read_answer().status == 413);
  CHECK(server.inspect("news").at("messages").to_number<int>() == 2);
}

TEST_CASE_FIXTURE(DefaultServer, "a payload that is too long is refused before it is sent") {
  Connection publisher(server.endpoint());
  publisher.ask("POST", "/pub?channel=news", {{"Content-Length", "100000000000"}});
  CHECK(publisher.read_answer().status == 413);
}

TEST_CASE("a push over the memory limit is refused and changes nothing, until there is room again") {
  TestServer server({"--max-memory", "1M"});
  const std::string payload(64 * 1024, 'x');
  int accepted = 0;
  Answer answer;
  while (accepted < 20) {
    answer = server.push("channel=news&size=1000", payload);
    if (answer.status != 200) break;
    ++accepted;
  }
  CHECK(answer.status == 507);
  answer.error();
  CHECK(accepted >= 8);
  CHECK(server.inspect("news").at("messages").to_number<int>() == accepted);
  CHECK(server.push("channel=other&channel=news&size=1000", payload).status == 507);
  CHECK(server.inspection("other").status == 404);
  CHECK(server.clear("news").status == 200);
  CHECK(server.push("channel=news&size=1000", payload).status == 200);
}

// Some connections that only followed, each a thousand channels with long names, used up all of --max-memory: nobody
// could publish any more.
TEST_CASE("who only follows can't use up the memory of those who publish, and is told to come back") {
  TestServer server({"--max-memory", "1M"});
  const auto sixty = [](const std::string& of) {
    std::string query;
    for (int i = 0; i < 60; ++i) {
      std::string name = of + "-" + std::to_string(i) + "-";
      query += (i > 0 ? "&" : "") + name + std::string(200 - name.size(), 'x') + "=now";
    }
    return query;
  };
  std::vector<EventStream> held;
  for (int i = 0; i < 11; ++i) held.emplace_back(server.endpoint(), sixty(std::to_string(i)));

  const Answer stream = server.get("/sub?" + sixty("more"), {{"Accept", "text/event-stream"}});
  CHECK(stream.status == 200);
  EventStreamParser parser;
  parser.feed(stream.body);
  REQUIRE(parser.events.size() == 1);
  CHECK(parser.events[0].type == "martd.closed");
  CHECK(json::parse(parser.events[0].data) == json::value{{"reason", "unavailable"}});
  REQUIRE(parser.retry.has_value());
  CHECK(*parser.retry >= 1000);
  for (auto& headers : {Headers{}, Headers{{"Accept", "application/x-ndjson"}}}) {
    const Answer answer = server.get("/sub?" + sixty("more"), headers);
    CHECK(answer.status == 503);
    CHECK(std::stoi(answer.header("Retry-After")) > 0);
    answer.error();
  }

  for (int i = 0; i < 12; ++i)
    REQUIRE(server.push("channel=news&size=1000", std::string(64 * 1024, 'x')).status == 200);
  EventStream news(server.endpoint(), "news=now");
  server.publish("news", "a", "size=1000");
  CHECK(news.next().data == "a");
  held.clear();
  await("room", [&] { return server.poll(sixty("more") + "&.wait=0").status == 200; });
}

TEST_CASE("messages that make way for the new one are not counted against it") {
  TestServer server({"--max-memory", "1M"});
  for (int i = 0; i < 40; ++i) {
    REQUIRE(server.push("channel=news&size=4", std::string(64 * 1024, 'x')).status == 200);
  }
}

TEST_SUITE_END();
