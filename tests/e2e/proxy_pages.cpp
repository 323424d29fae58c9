// --inject on the wire: what goes to the site, and what its pages become. How browsers see it: tests/browser.

#include <doctest/doctest.h>
#include <zlib.h>

#include <fstream>
#include <string>

#include "proxy.h"

using namespace martd::test;

namespace {

const std::string kTag = "<script src=\"/client.js\"></script>";
const std::string kPage = "<!doctype html><html><head><title>a</title></head><body>b</body></html>";
const std::string kPageWithTag = "<!doctype html><html><head>" + kTag + kPage.substr(27);
const std::string kHtml = "Content-Type: text/html\r\n";

struct PageTest {
  explicit PageTest(const TestServer::Options& more = {}) : server(options(more)) {}
  TestServer::Options options(const TestServer::Options& more) const {
    TestServer::Options all{site.url(), "--threads", "1", "--inject"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Connection client() const { return Connection(server.endpoint()); }

  Upstream site;
  TestServer server;
};

/// gzip, whose text may be cut anywhere.
std::string gzipped(const std::string& text) {
  z_stream zlib{};
  REQUIRE(deflateInit2(&zlib, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&zlib, text.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("proxy pages");

TEST_CASE("inject: a page gets the tag in chunks, and the connections go on") {
  PageTest test;
  Connection client = test.client();
  client.ask("GET", "/");
  Connection site = test.site.accept();
  for (int round = 0; round < 3; ++round) {
    if (round > 0) client.ask("GET", "/");
    read_request(site);
    site.send(answer_with(kPage, kHtml + "ETag: \"a\"\r\nAccept-Ranges: bytes\r\n"));
    const Answer answer = client.read_answer();
    CHECK(answer.body == kPageWithTag);
    CHECK(answer.header("Transfer-Encoding") == "chunked");
    CHECK(answer.header("Content-Length").empty());
    CHECK(answer.header("Accept-Ranges").empty());
    CHECK(answer.header("ETag").substr(0, 6) == "W/\"a-m");
  }
}

TEST_CASE("inject: what gets no tag comes as it is, with its length and its tag") {
  PageTest test;
  Connection client = test.client();
  client.ask("GET", "/fragment");
  Connection site = test.site.accept();
  bool first = true;
  for (const std::string& body : {std::string("<p>only a part</p>"), kPageWithTag}) {
    if (!first) client.ask("GET", "/fragment");
    first = false;
    read_request(site);
    site.send(answer_with(body, kHtml + "ETag: \"a\"\r\nAccept-Ranges: bytes\r\n"));
    const Answer answer = client.read_answer();
    CHECK(answer.body == body);
    CHECK(answer.header("Content-Length") == std::to_string(body.size()));
    CHECK(answer.header("Accept-Ranges") == "bytes");
    CHECK(answer.header("ETag") == "\"a\"");
  }
}

TEST_CASE("inject: for HTTP/1.0 the page ends with the connection") {
  PageTest test;
  Connection client = test.client();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  Connection site = test.site.accept();
  read_request(site);
  site.send(answer_with(kPage, kHtml));
  const std::string all = client.read_to_end();
  CHECK(all.find("Connection: close\r\n") != std::string::npos);
  CHECK(all.find("Transfer-Encoding") == std::string::npos);
  CHECK(all.substr(all.find("\r\n\r\n") + 4) == kPageWithTag);
}

TEST_CASE("inject: revalidation by our tag asks with the site's; a strange tag asks for the whole page") {
  PageTest test;
  Connection client = test.client();
  client.ask("GET", "/");
  Connection site = test.site.accept();
  read_request(site);
  site.send(answer_with(kPage, kHtml + "ETag: \"a\"\r\n"));
  const std::string ours = client.read_answer().header("ETag");

  client.ask("GET", "/", {{"If-None-Match", ours}});
  CHECK(read_request(site).header("If-None-Match") == "\"a\"");
  site.send("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
  const Answer same = client.read_answer();
  CHECK(same.status == 304);
  CHECK(same.header("ETag") == ours);

  client.ask("GET", "/", {{"If-None-Match", "\"a\""}, {"If-Modified-Since", "Tue, 15 Nov 1994 12:45:26 GMT"}});
  const Asked whole = read_request(site);
  CHECK_FALSE(whole.has("If-None-Match"));
  CHECK_FALSE(whole.has("If-Modified-Since"));
  site.send(answer_with(kPage, kHtml + "ETag: \"a\"\r\n"));
  CHECK(client.read_answer().body == kPageWithTag);

  // Of what was no page when it was asked for last, the site's own tags are good.
  client.ask("GET", "/style.css");
  read_request(site);
  site.send(answer_with("p {}", "Content-Type: text/css\r\nETag: \"s\"\r\n"));
  CHECK(client.read_answer().header("ETag") == "\"s\"");
  client.ask("GET", "/style.css", {{"If-None-Match", "\"s\""}, {"Accept-Encoding", "zstd"}});
  const Asked style = read_request(site);
  CHECK(style.header("If-None-Match") == "\"s\"");
  CHECK(style.header("Accept-Encoding") == "zstd");
  site.send("HTTP/1.1 304 Not Modified\r\nETag: \"s\"\r\n\r\n");
  CHECK(client.read_answer().status == 304);
}

TEST_CASE("inject: the tag says where the page's channels stood before the site was asked") {
  PageTest test({"--snapshot", "news"});
  Connection client = test.client();
  client.ask("GET", "/", {{"Martd-Channels", "a%20b"}});
  Connection site = test.site.accept();
  CHECK_FALSE(read_request(site).has("Martd-Channels"));
  site.send(answer_with(kPage, kHtml));
  const Answer answer = client.read_answer();
  const std::string cursor = answer.header("Martd-Cursor");
  CHECK(cursor.find("&news=") != std::string::npos);
  std::string escaped = cursor;
  escaped.replace(escaped.find('&'), 1, "&amp;");
  CHECK(answer.body.find("<script src=\"/client.js\" data-cursor=\"" + escaped + "\"></script>") != std::string::npos);
}

TEST_CASE("inject: a page that breaks off before anything of it was sent is 502, later it is broken") {
  PageTest test;
  {
    Connection client = test.client();
    client.ask("GET", "/");
    Connection site = test.site.accept();
    read_request(site);
    site.send("HTTP/1.1 200 OK\r\n" + kHtml + "Content-Length: 1000\r\n\r\n<!doctype html><head>");
    site.close();
    CHECK(client.read_answer().status == 502);
  }
  Connection client = test.client();
  client.ask("GET", "/");
  Connection site = test.site.accept();
  read_request(site);
  site.send("HTTP/1.1 200 OK\r\n" + kHtml + "Content-Length: 1000\r\n\r\n" + kPage);
  std::string got;
  while (got.find("</html>") == std::string::npos) REQUIRE(client.receive(got));
  site.close();
  CHECK(client.read_to_end().find("\r\n0\r\n\r\n") == std::string::npos);
}

TEST_CASE("inject: a small body that unpacks to much neither fills the memory nor holds up the others") {
  // 64 MB of letters are 64 KB as gzip. A client that reads nothing gets no more than what waits for it.
  PageTest test;
  std::string page = kPage;
  page.append(std::size_t{64} << 20, 'x');
  const std::string packed = gzipped(page);
  REQUIRE(packed.size() < 100000);
  Connection slow = test.client();
  slow.ask("GET", "/");
  Connection site = test.site.accept();
  read_request(site);
  const std::string whole = answer_with(packed, kHtml + "Content-Encoding: gzip\r\n");
  // Its last bytes are held back, so that the other request has a connection of its own.
  site.send(std::string_view(whole).substr(0, whole.size() - 20));

  Connection other = test.client();
  other.ask("GET", "/other");
  Connection behind = test.site.accept();
  read_request(behind);
  behind.send(answer_with("there", "Content-Type: text/plain\r\n"));
  CHECK(other.read_answer().body == "there");
  site.send(std::string_view(whole).substr(whole.size() - 20));

  // What comes out is encoded again, and so as small.
  const Answer answer = slow.read_answer();
  CHECK(answer.header("Content-Encoding") == "gzip");
  CHECK(answer.body.size() < 400000);
  std::ifstream status("/proc/" + std::to_string(test.server.program().pid()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) CHECK_MESSAGE(std::stol(line.substr(6)) < 64 * 1024, line);
}

TEST_CASE("inject: below a prefix, and not without the option") {
  {
    PageTest test({"--prefix", "/push"});
    Connection client = test.client();
    client.ask("GET", "/");
    Connection site = test.site.accept();
    read_request(site);
    site.send(answer_with(kPage, kHtml));
    CHECK(client.read_answer().body.find("<head><script src=\"/push/client.js\"></script>") != std::string::npos);
  }
  ProxyTest plain;
  Connection client = plain.client();
  client.ask("GET", "/", {{"Accept-Encoding", "zstd"}, {"If-None-Match", "\"a\""}});
  Connection site = plain.site.accept();
  const Asked asked = read_request(site);
  CHECK(asked.header("Accept-Encoding") == "zstd");
  CHECK(asked.header("If-None-Match") == "\"a\"");
  site.send(answer_with(kPage, kHtml));
  CHECK(client.read_answer().body == kPage);
}

TEST_SUITE_END();
