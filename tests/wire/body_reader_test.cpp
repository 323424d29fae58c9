#include "wire/body_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace martd::wire {
namespace {

using namespace std::string_literals;

struct Read {
  std::string payload;
  std::string rest;  ///< what follows the body
  bool done = false;
  std::string wrong;

  bool operator==(const Read&) const = default;
};

/// The bytes come in pieces of `size`.
Read read(BodyReader reader, const std::string& bytes, std::size_t size = std::string::npos) {
  Read result;
  std::string_view all = bytes;
  while (!all.empty()) {
    std::string_view piece = all.substr(0, size);
    all.remove_prefix(piece.size());
    while (!piece.empty() && !reader.done() && reader.wrong().empty()) result.payload += reader.next(piece);
    result.rest += piece;
    if (!reader.wrong().empty()) break;
  }
  result.done = reader.done();
  result.wrong = reader.wrong();
  return result;
}

TEST_CASE("body: by length, and what follows it is left") {
  CHECK(read(BodyReader::length(3), "abcdef") == Read{"abc", "def", true, ""});
  CHECK(read(BodyReader::length(3), "ab") == Read{"ab", "", false, ""});
  CHECK(BodyReader::none().done());
  CHECK(BodyReader::length(0).done());
  CHECK(read(BodyReader::until_close(), "abc") == Read{"abc", "", false, ""});
}

TEST_CASE("body: chunks, cut anywhere") {
  const std::string bytes = "5\r\nhello\r\n0006\r\n world\r\nA\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\nGET /";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(read(BodyReader::chunked(), bytes, size) == Read{"hello world0123456789", "GET /", true, ""});
  }
  CHECK(read(BodyReader::chunked(), "0\r\n\r\n") == Read{"", "", true, ""});
  CHECK_FALSE(read(BodyReader::chunked(), "5\r\nhello\r\n0\r\n").done);
  CHECK_FALSE(read(BodyReader::chunked(), "5\r\nhello\r\n").done);
}

TEST_CASE("body: what stands behind a chunk's size is skipped, cut anywhere") {
  // An uploader that signs each of its chunks in an extension was refused, and answers of sites that pad the sizes with
  // blanks broke off behind their heads.
  for (const std::string& line :
       std::vector<std::string>{"5 \r\n", "5\t \r\n", "0005   \r\n", "5;a\r\n", "5;a=b\r\n", "5 ; a = b ;c\r\n",
                                "5;\r\n", "5;a=\"b;c\"\r\n", "5;a=\"\\\"\"\r\n", "5;a=\"\\\\\";b\r\n", "5;a=\"\"\r\n",
                                "5;gr\xC3\xBC\xC3\x9F\r\n", "5;chunk-signature=" + std::string(64, 'f') + "\r\n",
                                "5;" + std::string(255, 'x') + "\r\n", "5" + std::string(256, ' ') + "\r\n"}) {
    CAPTURE(line);
    const std::string last = "0" + line.substr(line.find_first_not_of("05"));
    const std::string bytes = line + "hello\r\n" + line + "world\r\n" + last + "X: y\r\n\r\nGET /";
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, bytes.size()})
      CHECK(read(BodyReader::chunked(), bytes, size) == Read{"helloworld", "GET /", true, ""});
  }
}

TEST_CASE("body: each chunk may have its 256 bytes of extensions, however many there are") {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "1;" + std::string(255, 'x') + "\r\na\r\n";
  CHECK(read(BodyReader::chunked(), bytes + "0\r\n\r\n", 1000) == Read{std::string(1000, 'a'), "", true, ""});
}

TEST_CASE("body: chunks that two readers could read differently are refused") {
  for (const std::string& bytes : std::vector<std::string>{" 5\r\nhello\r\n0\r\n\r\n",       // white space
                                                           "5 5\r\nhello\r\n0\r\n\r\n",      //
                                                           "5 a\r\nhello\r\n0\r\n\r\n",      //
                                                           "5\v\r\nhello\r\n0\r\n\r\n",      //
                                                           ";a=b\r\nhello\r\n0\r\n\r\n",     // extensions
                                                           "5;a=b\nhello\r\n0\r\n\r\n",      //
                                                           "5;a\nb\r\nhello\r\n0\r\n\r\n",   //
                                                           "5;a\rb\r\nhello\r\n0\r\n\r\n",   //
                                                           "5;a\0b\r\nhello\r\n0\r\n\r\n"s,  //
                                                           "5;a\x7F\r\nhello\r\n0\r\n\r\n",  //
                                                           "5;a=\"b\r\nhello\r\n0\r\n\r\n",  // a quote that stays open
                                                           "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",  //
                                                           "5;a=\"\\\r\n\r\nhello\r\n0\r\n\r\n",  //
                                                           "5;a=\"\\\"\r\nhello\r\n0\r\n\r\n",    //
                                                           "5;" + std::string(256, 'x') + "\r\nhello\r\n0\r\n\r\n",
                                                           "5" + std::string(257, ' ') + "\r\nhello\r\n0\r\n\r\n",
                                                           "5\nhello\r\n0\r\n\r\n",           // bare LF
                                                           "5\r\nhello\n0\r\n\r\n",           //
                                                           "5\r\nhello\r0\r\n\r\n",           // bare CR
                                                           "5\r\nhello!\r\n0\r\n\r\n",        // longer than it says
                                                           "5\r\nhell\r\n0\r\n\r\n",          // shorter
                                                           "\r\nhello\r\n",                   // no size
                                                           "x\r\nhello\r\n",                  //
                                                           "-5\r\nhello\r\n",                 // a sign
                                                           "+5\r\nhello\r\n",                 //
                                                           "0x5\r\nhello\r\n",                //
                                                           "00000000000000005\r\nhello\r\n",  // 17 digits
                                                           "FFFFFFFFFFFFFFFF\r\n",            // more than anyone has
                                                           "0\r\nX y\r\n\r\n",                // trailers
                                                           "0\r\n X: y\r\n\r\n",              //
                                                           "0\r\nX : y\r\n\r\n",              //
                                                           "0\r\nX: y\n\r\n",                 //
                                                           "0\r\nX: \0\r\n\r\n"s,             //
                                                           "0\r\n: y\r\n\r\n",                //
                                                           "0\r\n\n",                         //
                                                           "0\r\nX: " + std::string(17000, 'x') + "\r\n\r\n"}) {
    CAPTURE(bytes.substr(0, 40));
    const Read result = read(BodyReader::chunked(), bytes);
    CHECK_FALSE(result.done);
    CHECK_FALSE(result.wrong.empty());
    CHECK(read(BodyReader::chunked(), bytes, 1).wrong == result.wrong);
  }
}

}  // namespace
}  // namespace martd::wire
