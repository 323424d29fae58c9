// Section 1 of the contract: the paths of the public listener.

#include <doctest/doctest.h>
#include <zlib.h>

#include <stdexcept>
#include <string>

#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

std::string unzipped(const std::string& bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw std::runtime_error("zlib");
  std::string text(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  int result = inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("not gzip, or more than a mebibyte");
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("operating");

TEST_CASE_FIXTURE(DefaultServer, "the root is a small page") {
  Answer answer = server.get("/");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type").rfind("text/html", 0) == 0);
  CHECK_FALSE(contains(answer.body, "src=\"http"));
}

TEST_CASE_FIXTURE(DefaultServer, "every other path is a 404 in JSON") {
  for (std::string path : {"/nothing", "/sub/", "/subx", "/pub/x", "/SUB", "/client.js/", "/favicon.ico", "//sub",
                           "/healthz", "/metrics", "/../sub"}) {
    CAPTURE(path);
    Answer answer = server.get(path);
    CHECK(answer.status == 404);
    CHECK(contains(answer.header("Content-Type"), "application/json"));
    answer.error();
  }
  CHECK(server.send({"POST", "/nothing", {}, "a"}).status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "the browser library is revalidated") {
  Answer answer = server.get("/client.js");
  CHECK(answer.status == 200);
  CHECK(contains(answer.header("Content-Type"), "javascript"));
  CHECK_FALSE(answer.has("Content-Encoding"));
  CHECK(contains(answer.body, "martd"));
  std::string tag = answer.header("ETag");
  REQUIRE(tag != "");
  Answer same = server.get("/client.js", {{"If-None-Match", tag}});
  CHECK(same.status == 304);
  CHECK(same.body == "");
  CHECK(same.header("ETag") == tag);
  CHECK(server.get("/client.js", {{"If-None-Match", "\"other\", " + tag}}).status == 304);
  CHECK(server.get("/client.js", {{"If-None-Match", "\"other\""}}).status == 200);
  Answer head = server.send({"HEAD", "/client.js"});
  CHECK(head.status == 200);
  CHECK(head.body == "");
  CHECK(server.send({"POST", "/client.js", {}, "a"}).status == 405);
}

TEST_CASE_FIXTURE(DefaultServer, "the browser library is compressed for those who ask for it") {
  std::string plain = server.get("/client.js").body;
  Answer answer = server.get("/client.js", {{"Accept-Encoding", "br, gzip"}});
  CHECK(answer.header("Content-Encoding") == "gzip");
  CHECK(contains(answer.header("Vary"), "Accept-Encoding"));
  CHECK(answer.body.size() < plain.size());
  CHECK(unzipped(answer.body) == plain);
  Answer same = server.get("/client.js", {{"Accept-Encoding", "gzip"}, {"If-None-Match", answer.header("ETag")}});
  CHECK(same.status == 304);
  CHECK_FALSE(server.get("/client.js", {{"Accept-Encoding", "gzip;q=0"}}).has("Content-Encoding"));
  CHECK_FALSE(server.get("/client.js", {{"Accept-Encoding", "br"}}).has("Content-Encoding"));
}

TEST_CASE("a prefix is before every path") {
  TestServer server({"--prefix", "/push/here"});
  CHECK(server.send({"POST", "/push/here/pub?channel=news", {}, "a"}).status == 200);
  CHECK(told_in(server.get("/push/here/sub?news=0"), "news") == "a");
  CHECK(server.get("/push/here/client.js").status == 200);
  for (std::string path :
       {"/pub?channel=news", "/sub?news=0", "/client.js", "/push/heresub?news=0", "/push/sub?news=0"}) {
    CAPTURE(path);
    CHECK(server.get(path).status == 404);
  }
}

TEST_SUITE_END();
