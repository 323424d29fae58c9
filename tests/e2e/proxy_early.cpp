// An answer of the site before the request's body is whole: what the client still sends of it is never lost sight of.
// Its next request used to be lost in the end of the connection, of which nobody had told it.

#include <doctest/doctest.h>

#include <string>

#include "proxy.h"

using namespace martd::test;

namespace {

const std::string kRefused = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig";

/// A client that has sent a part of a body, and the site that has answered already.
struct Early {
  Connection client;
  Connection behind;
  Answer answer;
};
Early answered_early(ProxyTest& test, const Headers& headers, const std::string& part) {
  Connection client = test.client();
  client.ask("POST", "/", headers).send(part);
  Connection behind = test.site.accept();
  read_request_head(behind);
  behind.send(kRefused);
  Answer answer = client.read_answer();
  CHECK(answer.status == 413);
  CHECK(answer.body == "big");
  return {std::move(client), std::move(behind), std::move(answer)};
}

void serve_next(ProxyTest& test, Connection& client) {
  Connection behind = test.site.accept();
  CHECK(read_request(behind).line == "GET /next HTTP/1.1");
  behind.send(answer_with("next"));
  CHECK(client.read_answer().body == "next");
}

}  // namespace

TEST_SUITE_BEGIN("proxy early answers");

TEST_CASE_FIXTURE(ProxyTest, "a rest within bounds is read away, and the connection goes on") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{256} * 1024}) {
    CAPTURE(size);
    Early early = answered_early(*this, {{"Content-Length", std::to_string(5 + size)}}, "begun");
    CHECK(early.answer.header("Connection").empty());
    CHECK(early.behind.read_to_end().size() <= 5);  // the site gets no more of it
    early.client.send(std::string(size, 'x'));
    early.client.ask("GET", "/next");
    serve_next(*this, early.client);
  }
}

TEST_CASE_FIXTURE(ProxyTest, "the next request may come in one piece with the end of the rest, or in many") {
  const std::string all = "the rest of it" + std::string("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const std::size_t cut : {std::size_t{0}, std::size_t{5}, std::size_t{14}, std::size_t{20}, all.size()}) {
    CAPTURE(cut);
    Early early = answered_early(*this, {{"Content-Length", "19"}}, "begun");
    early.client.send(all.substr(0, cut));
    early.behind.read_to_end();
    early.client.send(all.substr(cut));
    serve_next(*this, early.client);
  }
}

TEST_CASE_FIXTURE(ProxyTest,
                  "a rest that is too long, or whose length nobody knows: the answer says that the connection ends") {
  {
    Early early = answered_early(*this, {{"Content-Length", std::to_string(6 + 256 * 1024)}}, "begun");
    CHECK(early.answer.header("Connection") == "close");
    // What is under way doesn't reset the answer away.
    early.client.try_send(std::string(1 << 20, 'x'));
    early.client.finish_sending();
    early.client.read_to_end();
  }
  Early early = answered_early(*this, {{"Transfer-Encoding", "chunked"}}, "5\r\nbegun\r\n");
  CHECK(early.answer.header("Connection") == "close");
  CHECK(early.client.ends());
}

TEST_CASE_FIXTURE(
    ProxyTest, "a client that was to be asked for its body may not send it: the answer says that the connection ends") {
  Early early = answered_early(*this, {{"Content-Length", "3"}, {"Expect", "100-continue"}}, "");
  CHECK(early.answer.header("Connection") == "close");
  CHECK(early.client.ends());
  // One that was asked goes on.
  Connection client = this->client();
  client.ask("POST", "/", {{"Content-Length", "6"}, {"Expect", "100-continue"}});
  Connection behind = site.accept();
  read_request_head(behind);
  behind.send("HTTP/1.1 100 Continue\r\n\r\n" + kRefused);
  const Answer answer = client.read_answer();
  CHECK(answer.status == 413);
  CHECK(answer.header("Connection").empty());
  client.send("wanted").ask("GET", "/next");
  serve_next(*this, client);
}

TEST_CASE_FIXTURE(ProxyTest, "a client that leaves the rest out is let go of after a while") {
  Early early = answered_early(*this, {{"Content-Length", "19"}}, "begun");
  CHECK(early.answer.header("Connection").empty());
  CHECK(early.client.ends());
}

TEST_CASE_FIXTURE(ProxyTest, "a client that ends its side within the rest has its answer whole") {
  Early early = answered_early(*this, {{"Content-Length", "19"}}, "begun");
  early.client.finish_sending();
  CHECK(early.client.ends());
}

TEST_CASE_FIXTURE(ProxyTest, "a site that answers at once and reads on gets all of the body") {
  Connection client = this->client();
  client.ask("POST", "/", {{"Content-Length", "10"}}).send("first");
  Connection behind = site.accept();
  read_request_head(behind);
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  CHECK(client.read_head().header("Connection").empty());
  CHECK(behind.read_exactly(5) == "first");
  behind.send("first");
  client.send("later");
  CHECK(behind.read_exactly(5) == "later");
  behind.send("later");
  CHECK(client.read_exactly(10) == "firstlater");
  client.ask("GET", "/next");
  CHECK(read_request(behind).line == "GET /next HTTP/1.1");  // and its connection serves on, too
}

TEST_CASE_FIXTURE(ProxyTest, "stopping while a rest is read away ends it") {
  Early early = answered_early(*this, {{"Content-Length", "19"}}, "begun");
  server.begin_to_stop();
  CHECK(early.client.ends());
  CHECK(server.stop() == 0);
}

TEST_SUITE_END();
