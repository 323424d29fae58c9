// Sections 4 and 5 of the contract: what header fields mean, on several lines, in lists, with what fronts put behind
// them; conditions of a push; what a preflight gives back.

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "admin_server.h"

using namespace martd::test;

namespace {

std::string request(const std::string& method, const std::string& target, const std::string& headers,
                    const std::string& body = {}) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
  if (method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

Answer answered(const Client& server, const std::string& method, const std::string& target, const std::string& headers,
                const std::string& body = {}) {
  Connection client(server.endpoint());
  client.send(request(method, target, headers, body));
  return client.read_answer(method == "HEAD");
}

/// Goes with all that is put into it.
class TempFolder {
 public:
  TempFolder() { path_ = ::mkdtemp(pattern_.data()); }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string pattern_ = (std::filesystem::temp_directory_path() / "martd-test-XXXXXX").string();
  std::string path_;
};

std::string tag_of(const std::string& etag) { return "\"" + etag + "\""; }

/// `name=0&…` of so many channels.
std::string follow(int channels, const std::string& cursor) {
  std::string query;
  for (int i = 0; i < channels; ++i) query += "c" + std::to_string(i) + "=" + cursor + "&";
  return query;
}

}  // namespace

TEST_SUITE_BEGIN("publishing");

// Java's HttpURLConnection sends its own Accept beside the caller's, on a line of its own: it got a long-poll's answer
// where it had asked for a stream.
TEST_CASE_FIXTURE(DefaultServer, "an Accept on several lines asks for what any of them names") {
  server.publish("news", "a");
  Connection client(server.endpoint());
  client.send(request("GET", "/sub?news=0", "Accept: text/html, image/gif\r\nX: y\r\nAccept: text/event-stream\r\n"));
  CHECK(contains(client.read_head().header("Content-Type"), "text/event-stream"));
}

TEST_CASE_FIXTURE(DefaultServer, "an Expect on several lines is seen, and its body asked for") {
  Connection client(server.endpoint());
  client.send(
      "POST /pub?channel=news HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: x=y\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  CHECK(client.read_answer().status == 200);
}

TEST_CASE_FIXTURE(DefaultServer, "a field that may stand once is refused where it stands there twice, and differs") {
  std::string etag = server.publish("news", "a");
  std::pair<const char*, const char*> once[] = {{"Last-Event-ID", "/sub?news=0&.wait=0"},
                                                {"Origin", "/sub?news=0&.wait=0"},
                                                {"Authorization", "/pub?channel=news"},
                                                {"Content-Type", "/pub?channel=news"}};
  for (auto& one : once) {
    auto& name = one.first;
    auto& target = one.second;
    CAPTURE(name);
    std::string method = contains(target, "/pub") ? "POST" : "GET";
    std::string line = std::string(name) + ": ";
    Answer two = answered(server, method, target, line + "1\r\n" + line + "2\r\n", "x");
    CHECK(two.status == 400);
    CHECK(contains(two.error(), name));
    std::string value = contains(name, "Last") ? etag : server.endpoint().url();
    CHECK(answered(server, method, target, line + value + "\r\n" + line + value + "\r\n", "x").status == 200);
  }
}

TEST_CASE_FIXTURE(DefaultServer,
                  "the conditions of a push may be lists, on several lines, weak, and marked by a front") {
  std::string etag = server.publish("news", "a");
  CHECK(answered(server, "POST", "/pub?channel=news", "If-Match: W/" + tag_of(etag) + "\r\n", "x").status == 412);
  CHECK(answered(server, "POST", "/pub?channel=news", "If-Match: \"abc\"\r\n", "x").status == 412);
  CHECK(answered(server, "POST", "/pub?channel=news", "If-None-Match: W/" + tag_of(etag) + "\r\n", "x").status == 412);
  CHECK(server.kept("news") == "a");
  Answer listed = answered(server, "POST", "/pub?channel=news",
                           "If-Match: \"1\", \"2\"\r\nIf-Match: \"3\", " + tag_of(etag) + "\r\n", "b");
  CHECK(listed.status == 200);
  etag = text_at(listed.object(), "etag");
  for (std::string behind : {"-gzip", "-br", ";br", "-zstd"}) {
    Answer marked = answered(server, "POST", "/pub?channel=news", "If-Match: " + tag_of(etag + behind) + "\r\n", "c");
    CHECK(marked.status == 200);
    etag = text_at(marked.object(), "etag");
    // Nothing is newer, so there is nothing to wait for.
    CHECK(server.poll("news=0&.wait=0", {{"If-None-Match", "W/" + tag_of(etag + behind)}}).status == 304);
  }
  CHECK(server.push("channel=news", "d", {{"If-Match", "*"}}).status == 200);
  CHECK(server.push("channel=nothing", "d", {{"If-Match", "*"}}).status == 412);
  CHECK(server.push("channel=news", "d", {{"If-Match", "abc"}}).status == 400);
}

TEST_CASE_FIXTURE(DefaultServer, "If-None-Match: * lets only the first push through") {
  Headers first{{"If-None-Match", "*"}};
  CHECK(server.push("channel=lock", "mine", first).status == 200);
  Answer second = server.push("channel=lock&size=1", "mine, too", first);
  CHECK(second.status == 412);
  CHECK(contains(second.error(), "If-None-Match"));
  CHECK(server.kept("lock") == "mine");
  server.clear("lock");
  CHECK(server.push("channel=lock&id=1", "again", first).status == 200);
  CHECK(server.push("channel=lock&id=1", "again", first).object().at("duplicate").as_bool());
  server.set("empties", "size=5");
  CHECK(server.push("channel=empties", "x", first).status == 412);
  CHECK(server.push("channel=a&channel=b", "x", first).status == 200);
  CHECK(server.push("channel=a&channel=c", "x", first).status == 400);
  CHECK(server.inspection("c").status == 404);
}

TEST_CASE("If-None-Match: * lets only one of many pushes through that wait for the disk together") {
  TempFolder folder;
  TestServer server({"--store", folder.path() + "/store", "--durability", "always"});
  std::vector<Connection> clients;
  for (int i = 0; i < 16; ++i) clients.emplace_back(server.endpoint());
  for (Connection& client : clients) client.send(request("POST", "/pub?channel=lock", "If-None-Match: *\r\n", "mine"));
  int taken = 0;
  for (Connection& client : clients) {
    int status = client.read_answer().status;
    taken += status == 200;
    CHECK((status == 200 || status == 412));
  }
  CHECK(taken == 1);
  CHECK(server.kept("lock") == "mine");
}

// A publisher's library packed what it sent, and every subscriber got bytes that it could make nothing of.
TEST_CASE("a packed payload, or a part of one, is refused on both doors, and what is taken named") {
  AdminServer server;
  for (const Client& door : {Client(server.endpoint()), server.desk}) {
    std::string path = door.endpoint().port == server.desk.endpoint().port ? "/publish" : "/pub";
    CAPTURE(path);
    for (std::string coding : {"gzip", "br", "identity, gzip"}) {
      Answer refused = door.send({"POST", path + "?channel=news", {{"Content-Encoding", coding}}, "x"});
      CHECK(refused.status == 415);
      CHECK(refused.header("Accept-Encoding") == "identity");
      CHECK(contains(refused.error(), "identity"));
    }
    CHECK(door.send({"POST", path + "?channel=news", {{"Content-Range", "bytes 0-1/2"}}, "x"}).status == 400);
    CHECK(server.inspection("news").status == 404);
    CHECK(door.send({"POST", path + "?channel=news", {{"Content-Encoding", "identity"}}, "x"}).status == 200);
    CHECK(door.send({"POST", path + "?channel=news", {{"If-None-Match", "*"}}, "x"}).status == 412);
    CHECK(answered(door, "POST", path + "?channel=news", "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "x")
              .status == 400);
    server.clear("news");
  }
  Answer form = server.send({"POST", "/sub?news=0&.wait=0", {{"Content-Encoding", "gzip"}}, "x"});
  CHECK(form.status == 415);
  CHECK(form.header("Accept-Encoding") == "identity");
}

TEST_CASE_FIXTURE(DefaultServer, "what the head says against a body is answered before it is sent") {
  std::pair<std::string, int> against[] = {{"Content-Encoding: gzip", 415},
                                           {"Content-Range: bytes 0-1/2", 400},
                                           {"Content-Type: a/b\r\nContent-Type: c/d", 400}};
  for (auto& one : against) {
    auto& field = one.first;
    auto& status = one.second;
    CAPTURE(field);
    Connection client(server.endpoint());
    client.send("POST /pub?channel=news HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n" + field +
                "\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_answer().status == status);
  }
}

TEST_CASE_FIXTURE(DefaultServer, "HEAD of /pub is as GET, without the body") {
  CHECK(answered(server, "HEAD", "/pub?channel=news", "").status == 404);
  server.publish("news", "a");
  Answer get = answered(server, "GET", "/pub?channel=news", "");
  Answer head = answered(server, "HEAD", "/pub?channel=news", "");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.header("Content-Length") == get.header("Content-Length"));
  CHECK(head.header("Content-Type") == get.header("Content-Type"));
  CHECK(answered(server, "HEAD", "/pub?channel=news", "Origin: http://evil.example\r\n").status == 403);
  CHECK(contains(server.send({"PATCH", "/pub?channel=news", {}, "a"}).header("Allow"), "HEAD"));
}

TEST_CASE("HEAD of /pub is answered at once where pushes wait for the disk") {
  TempFolder folder;
  TestServer server({"--store", folder.path() + "/store", "--durability", "always"});
  server.publish("news", "a");
  CHECK(answered(server, "HEAD", "/pub?channel=news", "").status == 200);
}

// A push to all the sessions of a team, a channel each by its UUID, had to be taken apart: 45 KB of target was 414.
TEST_CASE_FIXTURE(DefaultServer, "a push to a thousand channels with long names fits into its target") {
  std::string target = "/pub?";
  for (int i = 0; i < 1000; ++i) {
    std::string number = std::to_string(i);
    target += "channel=c0ffee00-1234-4abc-8def-" + std::string(12 - number.size(), '0') + number + "&";
  }
  target.pop_back();
  CHECK(target.size() > 40000);
  CHECK(server.send({"POST", target, {}, "x"}).object().at("channels").as_object().size() == 1000);
  target += "&id=";
  std::string full = target + std::string(64 * 1024 - target.size(), 'i');
  CHECK(answered(server, "POST", full, "", "x").status == 400);  // it is read: such an id is too long
  std::string headers;
  for (int i = 0; i < 60; ++i) headers += "X-" + std::to_string(i) + ": " + std::string(1000, 'h') + "\r\n";
  CHECK(answered(server, "POST", full, headers, "x").status == 400);
  CHECK(answered(server, "POST", full + "i", "", "x").status == 414);
  CHECK(answered(server, "GET", "/sub?a=0&cid=" + std::string(16 * 1024, 'i'), "").status == 414);
}

TEST_CASE("a preflight gives back what an allowed origin's page asks for, and no other's") {
  TestServer server({"--origin", "https://app.example"});
  Headers asked{{"Origin", "https://app.example"},
                {"Access-Control-Request-Method", "POST"},
                {"Access-Control-Request-Headers", "content-type,traceparent,x-mine, not a name"}};
  Answer allowed = server.send({"OPTIONS", "/pub?channel=news", asked});
  std::string names = allowed.header("Access-Control-Allow-Headers");
  for (auto name : {"traceparent", "x-mine", "Content-Type", "Last-Event-ID"}) CHECK(contains(names, name));
  CHECK_FALSE(contains(names, "not a"));
  CHECK(contains(allowed.header("Access-Control-Expose-Headers"), "Retry-After"));
  asked[0].second = "https://evil.example";
  Answer foreign = server.send({"OPTIONS", "/sub?news=0", asked});
  CHECK_FALSE(foreign.has("Access-Control-Allow-Headers"));
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("long-poll");

// nginx answered 502 to who followed 250 channels, and Node's client broke off at 800: the cursor of all of them stood
// in one header line, and in the body besides.
TEST_CASE_FIXTURE(DefaultServer, "a cursor of more than 4 KiB is left out of the ETag") {
  server.publish("c0", "a");
  std::string etag = server.newest("c0");
  CHECK(etag.size() == 19);
  Answer fits = server.poll(follow(204, "0") + ".wait=0");
  CHECK(cursor_in(fits).size() == 204 * 20 - 1);
  CHECK(server.poll(follow(204, "0") + ".wait=0", {{"If-None-Match", tag_of(cursor_in(fits))}}).has("ETag"));
  Answer longer = server.poll(follow(205, "0") + ".wait=0");
  CHECK(longer.status == 200);
  CHECK_FALSE(longer.has("ETag"));
  CHECK(longer.object().at("channels").as_object().contains("c0"));
  std::string cursor = cursor_in(fits) + "." + etag;
  Answer same = server.poll(follow(205, "0") + ".wait=0", {{"If-None-Match", tag_of(cursor)}});
  CHECK(same.status == 304);
  CHECK_FALSE(same.has("ETag"));
}

TEST_CASE_FIXTURE(DefaultServer, "who asks for so many channels with now is given their cursors, and no 304 without") {
  std::string now = "now";
  for (int i = 1; i < 205; ++i) now += ".now";
  Answer answer = server.poll(follow(205, "0") + ".wait=0", {{"If-None-Match", tag_of(now)}});
  CHECK(answer.status == 200);
  CHECK(answer.object().at("channels").as_object().size() == 205);
}

TEST_CASE_FIXTURE(DefaultServer, "an If-None-Match of several lines goes on from the cursor that is in it") {
  std::string first = server.publish("news", "a");
  std::string second = server.publish("news", "b");
  Answer news = answered(server, "GET", "/sub?news=0&.wait=0",
                         "If-None-Match: \"of-something-else\"\r\nIf-None-Match: W/" + tag_of(first) + "\r\n");
  CHECK(told_in(news, "news") == "b");
  CHECK(server.poll("news=0&.wait=0", {{"If-None-Match", tag_of(first) + ", " + tag_of(second)}}).status == 400);
}

TEST_CASE_FIXTURE(DefaultServer,
                  "a name that is another spelling of a reserved one is refused, with the one that is meant") {
  for (std::string name : {"lastEventID", "Last-Event-ID", "evs_last_event_id"}) {
    Answer answer = server.poll("news=0&.wait=0&" + name + "=7");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "lastEventId"));
  }
  CHECK(contains(server.poll("news=0&.wait=0&CID=me").error(), "cid"));
  CHECK(contains(server.poll("news=0&.wait=0&_=1763600000000").error(), "leave it out"));
  CHECK(server.push("channel=Last-Event-ID", "a").status == 400);
  CHECK(server.push("channel=news&event=error", "a").status == 400);
  CHECK(server.push("channel=news&event=open", "a").status == 400);
}

TEST_CASE_FIXTURE(DefaultServer, "U+0085 is escaped in the JSON of every transport, and not in an event's data") {
  server.publish("news", "a\xC2\x85z");
  CHECK(contains(server.poll("news=0").body, "\"a\\u0085z\""));
  LineStream lines(server.endpoint(), "news=0");
  CHECK(text_at(lines.next(), "payload") == "a\xC2\x85z");
  EventStream plain(server.endpoint(), "news=0");
  CHECK(plain.next().data == "a\xC2\x85z");
  EventStream json(server.endpoint(), "news=0&.format=json");
  CHECK(contains(json.next().data, "a\\u0085z"));
}

TEST_SUITE_END();
