// Contract section 4, as HTTP: the answers of /pub, made by a real hub.

#include "http/publisher.h"

#include <doctest/doctest.h>

#include "../wire/request_test.h"
#include "push/hub.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::wire::test;
using namespace martd::http::test;

namespace {

constexpr Time kStart{std::chrono::seconds{1763600000}};

struct PublisherTest {
  push::Hub hub{kStart};
  Time now = kStart + 1s;
  Settings settings;
  access::Asker asker;

  PublisherTest() { asker.may_push = true; }

  Reply serve(const Asked& request) {
    std::string out;
    const int status = serve_publisher(*request, asker, settings, hub, now, {}, out, push::test::no_tickets());
    Reply reply = take_reply(out);
    CHECK(reply.status == status);
    CHECK(out.empty());
    return reply;
  }
  Reply publish(const std::string& query, const std::string& body, const std::string& headers = {}) {
    return serve(post("/pub?" + query, body, headers));
  }
  Reply inspect(const std::string& query) { return serve(get("/pub?" + query)); }
  Reply clear(const std::string& query) {
    return serve(Asked("DELETE /pub?" + query + " HTTP/1.1\r\nHost: site.example\r\n\r\n"));
  }
};

}  // namespace

TEST_CASE_FIXTURE(PublisherTest, "pub: a push is answered with its etag and who is there") {
  const Reply reply = publish("channel=news", "hello");
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == "application/json");
  CHECK(reply.body == "{\"etag\":\"1763600001000000001\",\"subscribers\":0}\n");
}

TEST_CASE_FIXTURE(PublisherTest, "pub: PUT is a push, too") {
  CHECK(serve(Asked("PUT /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")).status == 200);
  CHECK(inspect("channel=news").status == 200);
}

TEST_CASE_FIXTURE(PublisherTest, "pub: several channels are answered by name") {
  const Reply reply = publish("channel=b&channel=%22a%22", "x");
  CHECK(reply.body ==
        "{\"channels\":{\"b\":{\"etag\":\"1763600001000000001\",\"subscribers\":0},"
        "\"\\\"a\\\"\":{\"etag\":\"1763600001000000001\",\"subscribers\":0}}}\n");
}

TEST_CASE_FIXTURE(PublisherTest, "pub: a duplicate is said to be one") {
  const Reply first = publish("channel=news&id=1", "x");
  Reply again = publish("channel=news&id=1", "x", "If-Match: \"1\"\r\n");
  CHECK(again.status == 200);
  CHECK(again.body == first.body.substr(0, first.body.size() - 2) + ",\"duplicate\":true}\n");
}

TEST_CASE_FIXTURE(PublisherTest, "pub: what is refused, with its status and the name of what is wrong") {
  publish("channel=keyed&key=k", "x");
  publish("channel=news", "x");
  const auto says = [](const Reply& reply, int status, std::string_view word) {
    CHECK_MESSAGE(reply.status == status, reply.body);
    CHECK_MESSAGE(reply.body.starts_with("{\"error\":\""), reply.body);
    CHECK_MESSAGE(reply.body.find(word) != std::string::npos, reply.body);
  };
  says(publish("channel=keyed", "x"), 403, "key");
  says(publish("channel=news", "x", "If-Match: \"17\"\r\n"), 412, "If-Match");
  says(publish("channel=news", "x", "If-Match: rubbish\r\n"), 400, "If-Match");
  says(publish("channel=news&channel=b", "x", "If-Match: \"17\"\r\n"), 400, "If-Match");
  says(publish("", "x"), 400, "channel");
  says(publish("channel=news&sise=3", "x"), 400, "size");
  says(publish("channel=news&channel=news", "x"), 400, "channel");
  says(publish("channel=news&size=1&.size=1", "x"), 400, "size");
  says(inspect("channel=none"), 404, "none");
  says(clear("channel=none"), 404, "none");
  says(inspect("channel=a&channel=b"), 400, "channel");
  says(inspect("channel=keyed"), 403, "key");
  hub.limit_memory(1);
  says(publish("channel=big", std::string(1000, 'x')), 507, "max-memory");
  asker.may_push = false;
  says(publish("channel=news", "x"), 403, "news");
  says(inspect("channel=none"), 403, "none");
  asker.foreign = true;
  says(publish("channel=news", "x"), 403, "Origin");
  says(inspect("channel=news"), 403, "Origin");
}

TEST_CASE_FIXTURE(PublisherTest, "pub: a refused push changes nothing") {
  publish("channel=keyed&key=k", "x");
  publish("channel=news&size=5", "x");
  const std::string before = inspect("channel=news").body;
  CHECK(publish("channel=news&channel=keyed&size=1", "y").status == 403);
  CHECK(inspect("channel=news").body == before);
}

TEST_CASE_FIXTURE(PublisherTest, "pub: a channel as it is, without its key") {
  publish("channel=news&size=3&life=1500ms&one2one=true&key=k", "hello");
  const Reply reply = inspect("channel=news&key=k");
  CHECK(reply.status == 200);
  CHECK(reply.body ==
        "{\"channel\":\"news\",\"size\":3,\"life\":1.5,\"one2one\":true,\"messages\":1,\"bytes\":5,\"subscribers\":0,"
        "\"etag\":\"1763600001000000001\"}\n");
  publish("channel=plain", "");
  CHECK(inspect("channel=plain").body.find("\"size\":10,\"life\":3600,\"one2one\":false,\"messages\":1,\"bytes\":0") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(PublisherTest, "pub: cleared, with what was dropped") {
  publish("channel=news", "a");
  publish("channel=news", "b");
  CHECK(clear("channel=news").body == "{\"etag\":\"1763600001000000002\",\"dropped\":2}\n");
  CHECK(clear("channel=news").status == 404);
}

TEST_CASE_FIXTURE(PublisherTest, "pub: the payload is kept byte for byte, with its type, event and id") {
  const std::string bytes("\0\xFF\r\n\r\nx", 7);
  publish("channel=news&event=greeting&id=17&expire=30", bytes, "Content-Type: text/x-odd; charset=none\r\n");
  bool seen = false;
  hub.registry().each_in_pieces([&](const push::Channel& channel) {
    const push::Content& content = *channel.backlog()[0].content;
    CHECK(content.payload == bytes);
    CHECK(content.content_type == "text/x-odd; charset=none");
    CHECK(content.event == "greeting");
    CHECK(content.id == "17");
    CHECK(content.expire == Duration(30s));
    seen = true;
  });
  CHECK(seen);
}
