// A request's body on its way to the site.

#include "forward/upload.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace martd;
using namespace std::chrono_literals;
using forward::Upload;

namespace {

constexpr Time kStart{std::chrono::hours{500000}};

wire::RequestHead sized(std::uint64_t bytes) {
  wire::RequestHead head;
  head.content_length = bytes;
  return head;
}
wire::RequestHead in_chunks() {
  wire::RequestHead head;
  head.chunked = true;
  return head;
}

/// What goes to the site of what came; `bytes` is what doesn't belong to the body.
std::string read_all(Upload& upload, std::string_view& bytes) {
  std::string sent;
  std::string chunk;
  while (!bytes.empty() && !upload.whole() && upload.wrong().empty()) sent += upload.read(bytes, chunk);
  return sent;
}

}  // namespace

TEST_CASE("upload: a body of a length goes on as it comes, and what follows it stays") {
  Upload upload(sized(6));
  std::string_view bytes = "abc";
  CHECK(read_all(upload, bytes) == "abc");
  CHECK(bytes.empty());
  CHECK_FALSE(upload.whole());
  bytes = "defGET /next";
  CHECK(read_all(upload, bytes) == "def");
  CHECK(upload.whole());
  CHECK(bytes == "GET /next");
}

TEST_CASE("upload: without a body there is nothing to wait for") {
  for (const auto& head : {wire::RequestHead{}, sized(0)}) {
    const Upload upload(head);
    CHECK(upload.whole());
    CHECK(upload.due() == Time::max());
    CHECK(upload.rest_is_bounded());
  }
}

TEST_CASE("upload: chunks go on as chunks, wherever they are cut, and their end once") {
  const std::string all = "3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    CAPTURE(cut);
    Upload upload(in_chunks());
    std::string sent;
    for (std::string_view bytes : {std::string_view(all).substr(0, cut), std::string_view(all).substr(cut)}) {
      sent += read_all(upload, bytes);
      CHECK(bytes.empty());
    }
    CHECK(upload.whole());
    CHECK(sent.ends_with("\r\n0\r\n\r\n"));
    // The site reads the same from it as was sent.
    Upload again(in_chunks());
    std::string_view bytes = sent;
    CHECK(read_all(again, bytes) == sent);
    std::string payload;
    wire::BodyReader reader = wire::BodyReader::chunked();
    for (bytes = sent; !bytes.empty();) payload += reader.next(bytes);
    CHECK(payload == "abc0123456789");
  }
}

TEST_CASE("upload: what is no chunk is told, and never ended as if it were whole") {
  Upload upload(in_chunks());
  std::string_view bytes = "3\r\nabc\r\nwhat?";
  CHECK(read_all(upload, bytes) == "3\r\nabc\r\n");
  CHECK_FALSE(upload.wrong().empty());
  CHECK_FALSE(upload.whole());
}

TEST_CASE("upload: while anything waits for the site no more is read, but behind the body it is") {
  Upload upload(sized(3));
  CHECK(upload.reads_on(0));
  CHECK_FALSE(upload.reads_on(1));
  std::string_view bytes = "abc";
  read_all(upload, bytes);
  CHECK(upload.reads_on(1));
}

TEST_CASE("upload: a client may be silent for a minute, and for longer while it is the site that doesn't read") {
  Upload upload(sized(3));
  upload.expect_more(kStart);
  CHECK(upload.due() == kStart + 60s);
  CHECK_FALSE(upload.late(kStart + 59s, 0));
  CHECK_FALSE(upload.late(kStart + 60s, 1));
  CHECK(upload.due() == kStart + 120s);
  CHECK(upload.late(kStart + 120s, 0));
  std::string_view bytes = "abc";
  read_all(upload, bytes);
  CHECK(upload.due() == Time::max());
  CHECK_FALSE(upload.late(kStart + 1h, 0));
}

TEST_CASE("upload: a rest that the site doesn't wait for is bounded where it is known, small, and sure to come") {
  CHECK(Upload(sized(256 * 1024)).rest_is_bounded());
  CHECK_FALSE(Upload(sized(256 * 1024 + 1)).rest_is_bounded());
  CHECK_FALSE(Upload(in_chunks()).rest_is_bounded());

  wire::RequestHead asking = sized(3);
  asking.fields.push_back({"Expect", "100-continue"});
  Upload upload(asking);
  CHECK_FALSE(upload.rest_is_bounded());
  SUBCASE("the site has asked for it") { upload.was_asked_for(); }
  SUBCASE("the client doesn't wait for that") {
    std::string_view bytes = "a";
    read_all(upload, bytes);
  }
  CHECK(upload.rest_is_bounded());
}

TEST_CASE("upload: the rest has five seconds, and what follows it is the next request") {
  Upload upload(sized(6));
  std::string_view bytes = "abc";
  read_all(upload, bytes);
  upload.expect_rest(kStart);
  CHECK_FALSE(upload.late(kStart + 4s, 0));
  CHECK(upload.late(kStart + 5s, 0));
  bytes = "de";
  upload.drop(bytes);
  CHECK(bytes.empty());
  CHECK_FALSE(upload.whole());
  bytes = "fGET /next";
  upload.drop(bytes);
  CHECK(bytes == "GET /next");
  CHECK(upload.whole());
  upload.drop(bytes);
  CHECK(bytes == "GET /next");
}
