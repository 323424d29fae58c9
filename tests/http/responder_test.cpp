// What becomes of a request for a path of ours, without a connection.

#include "http/responder.h"

#include "../forward/recording_outlet.h"
#include "../wire/request_test.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;
using namespace martd::wire::test;

namespace {

struct ResponderTest : WorkerTest {
  forward::test::RecordingOutlet outlet{worker.desk()};
  access::Asker asker;
  std::string out;

  ResponderTest() { asker.may_push = true; }

  Response respond(const Asked& asked) {
    out.clear();
    const Route route = route_of(asked->path, settings->prefix, settings->has_upstream);
    return Responder(outlet, hub, *settings, out).respond(*asked, route, asker, {}, loop.now());
  }
  /// The answer that was appended, which is whole, and the only thing that came of it.
  Reply answered(const Asked& asked) {
    const Response response = respond(asked);
    CHECK_FALSE(response.holder);
    CHECK_FALSE(response.wanted.has_value());
    Reply reply = take_reply(out);
    CHECK(out.empty());
    CHECK(reply.status == response.status);
    return reply;
  }
};

}  // namespace

TEST_CASE_FIXTURE(ResponderTest, "responder: what is answered at once is appended, and its status told") {
  CHECK(answered(post("/pub?channel=news", "x")).status == 200);
  CHECK(answered(get("/pub?channel=news")).status == 200);
  CHECK(answered(get("/pub?channel=none")).status == 404);
  CHECK(answered(get("/pub")).status == 400);
  const Reply script = answered(get("/client.js"));
  CHECK(script.status == 200);
  CHECK(answered(get("/client.js", "If-None-Match: " + script.header("ETag") + "\r\n")).status == 304);
  CHECK(answered(get("/")).header("Content-Type").starts_with("text/html"));
  CHECK(outlet.text.empty());
}

TEST_CASE_FIXTURE(ResponderTest, "responder: with a prefix the page is beside its script") {
  settings->prefix = "/push";
  CHECK(answered(get("/")).status == 302);
  CHECK(answered(get("/push/")).status == 200);
}

TEST_CASE_FIXTURE(ResponderTest, "responder: who follows is only told what is wrong; else what it wants is returned") {
  CHECK(answered(get("/sub?a=rubbish")).status == 400);
  CHECK(answered(get("/sub?a=0", "Connection: upgrade\r\nUpgrade: websocket\r\n")).status == 501);
  const Response response = respond(get("/sub?a=0&b=now", "Accept: text/event-stream\r\n"));
  CHECK(response.status == 0);
  CHECK(out.empty());
  CHECK_FALSE(response.holder);
  REQUIRE(response.wanted.has_value());
  CHECK(response.wanted->transport == wire::Transport::event_stream);
  CHECK(response.wanted->wants.size() == 2);
  // A form continues the query.
  const Response form = respond(post("/sub?a=0", "b=0"));
  REQUIRE(form.wanted.has_value());
  CHECK(form.wanted->wants.size() == 2);
}

TEST_CASE_FIXTURE(ResponderTest, "responder: OPTIONS names what a path takes, and a page of an allowed origin more") {
  const auto options = [](const std::string& target) {
    return Asked("OPTIONS " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  const Reply plain = answered(options("/pub"));
  CHECK(plain.status == 204);
  CHECK(plain.header("Allow") == allowed_methods(Route::publish));
  CHECK(plain.header("Access-Control-Allow-Methods").empty());
  asker.cors = "Access-Control-Allow-Origin: https://app.example\r\n";
  CHECK_FALSE(answered(options("/sub")).header("Access-Control-Allow-Methods").empty());
  asker.foreign = true;
  CHECK(answered(options("/pub")).status == 403);
  CHECK(answered(options("/sub")).status == 204);
}
