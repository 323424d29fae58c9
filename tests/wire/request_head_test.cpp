#include "wire/request_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "wire/head_reader.h"

namespace martd::wire {
namespace {

using namespace std::string_literals;

std::optional<Refusal> check_request_head(const std::string& bytes, std::size_t max_target = 16 * 1024) {
  RequestHead head;
  return read_request_head(bytes, max_target, head);
}

/// The status of the refusal, 0 where the head is taken.
int status(const std::string& head) {
  const auto refusal = check_request_head(head);
  if (refusal) CHECK_FALSE(refusal->message.empty());
  return refusal ? refusal->status : 0;
}

/// A request of HTTP/1.1 with a Host and these fields, each with its line end.
std::string with(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n"; }

std::string target(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n"; }

TEST_CASE("head: ordinary requests are taken") {
  const std::vector<std::string> heads{
      "GET / HTTP/1.1\r\nHost: localhost:54321\r\n\r\n",
      "POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n",
      "POST /pub HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
      "POST / HTTP/1.9\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a.example/x?y HTTP/1.1\r\nHost: A.example\r\n\r\n",
      "GET HTTPS://[::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n",
      "GET http://a.example/ HTTP/1.0\r\n\r\n",
      "M-SEARCH /x HTTP/1.1\r\nHost:a\r\n\r\n",
      with("X-Empty:\r\nX-Spaces: \t \r\nX-Tab: a\tb\r\nX-High: gr\xC3\xBC\xC3\x9F\xFF\r\n"),
      with("Cookie: a=b; c=\"d e\"\r\nAccept: text/html,*/*;q=0.1\r\n!#$%&'*+-.^_`|~0aZ: x\r\n"),
      with("Content-Length:  \t12 \r\n"),
      with("Content-Length: 0012\r\n"),
      with("Content-Length: 9223372036854775807\r\n"),
      with("Set-Cookie: a\r\nSet-Cookie: b\r\n"),
      with("X: " + std::string(60000, 'x') + "\r\n"),
  };
  for (const auto& head : heads) {
    CAPTURE(head);
    CHECK(status(head) == 0);
  }
}

TEST_CASE("head: targets that a careless client sends are taken") {
  for (const char* text :
       {"/a%20b", "/gr\xC3\xBC\xC3\x9F", "/\xFF", "/a{b}|c\\d^e`\"<>", "/a?b#c", "//a", "/%zz", "/a;b,c"}) {
    CAPTURE(text);
    CHECK(status(target(text)) == 0);
  }
}

TEST_CASE("head: every shape that two parsers could read differently is refused") {
  struct Shape {
    const char* name;
    std::string head;
  };
  const std::vector<Shape> shapes{
      {"two lengths", with("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"two lengths, equal", with("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"two lengths, apart and in other cases", with("Content-Length: 5\r\nX: y\r\ncontent-length: 5\r\n")},
      {"two lengths in one field", with("Content-Length: 5, 5\r\n")},
      {"two lengths with a space between", with("Content-Length: 5 5\r\n")},
      {"a length with a sign", with("Content-Length: +5\r\n")},
      {"a negative length", with("Content-Length: -5\r\n")},
      {"minus zero", with("Content-Length: -0\r\n")},
      {"a length in hexadecimal", with("Content-Length: 0x5\r\n")},
      {"a length with a fraction", with("Content-Length: 5.0\r\n")},
      {"an empty length", with("Content-Length:\r\n")},
      {"a length of spaces", with("Content-Length:   \r\n")},
      {"a length in quotes", with("Content-Length: \"5\"\r\n")},
      {"a length that doesn't fit", with("Content-Length: 9223372036854775808\r\n")},
      {"a length that wraps", with("Content-Length: 18446744073709551621\r\n")},
      {"a length and chunks", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {"chunks and a length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {"chunks twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"chunks twice in one field", with("Transfer-Encoding: chunked, chunked\r\n")},
      {"chunks and identity", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
      {"an unknown coding", with("Transfer-Encoding: gzip\r\n")},
      {"an unknown coding before chunks", with("Transfer-Encoding: gzip, chunked\r\n")},
      {"identity", with("Transfer-Encoding: identity\r\n")},
      {"no coding", with("Transfer-Encoding:\r\n")},
      {"nearly chunked", with("Transfer-Encoding: xchunked\r\n")},
      {"chunked with a parameter", with("Transfer-Encoding: chunked;x=y\r\n")},
      {"chunked in quotes", with("Transfer-Encoding: \"chunked\"\r\n")},
      {"chunked and a comma", with("Transfer-Encoding: chunked,\r\n")},
      {"a vertical tab before chunked", with("Transfer-Encoding: \vchunked\r\n")},
      {"a no-break space before chunked", with("Transfer-Encoding: \xC2\xA0"
                                               "chunked\r\n")},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"},
      {"bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n"},
      {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"bare CR in a value", with("X: a\rContent-Length: 5\r\n")},
      {"bare CR before the line end", with("X: a\r\r\n")},
      {"bare CR in a name", with("X\r: a\r\n")},
      {"bare CR in the target", target("/a\rb")},
      {"bare CR after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n"},
      {"NUL in a value", with("X: a\0b\r\n"s)},
      {"NUL in a name", with("X\0: a\r\n"s)},
      {"NUL in the target", target("/a\0b"s)},
      {"NUL before the method", "\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"s},
      {"escape in a value", with("X: \x1B[2J\r\n")},
      {"DEL in a value", with("X: a\x7F\r\n")},
      {"DEL in the target", target("/\x7F")},
      {"space before the colon", with("X : a\r\n")},
      {"tab before the colon", with("X\t: a\r\n")},
      {"space before the colon of a length", with("Content-Length : 5\r\n")},
      {"a folded line", with("X: a\r\n b\r\n")},
      {"a line folded with a tab", with("X: a\r\n\tb\r\n")},
      {"a folded coding", with("Transfer-Encoding:\r\n chunked\r\n")},
      {"a first field that begins with a space", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"an empty name", with(": a\r\n")},
      {"no colon", with("Content-Length 5\r\n")},
      {"a name alone", with("X\r\n")},
      {"a name with a space", with("X Y: a\r\n")},
      {"a name in quotes", with("\"X\": a\r\n")},
      {"a name with a high byte", with("X\xC3\xA4: a\r\n")},
      {"a name with a slash", with("X/Y: a\r\n")},
      {"no Host", "GET / HTTP/1.1\r\n\r\n"},
      {"no Host among others", "GET / HTTP/1.1\r\nX: y\r\n\r\n"},
      {"two Hosts", with("Host: a.example\r\n")},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n"},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"two Hosts in one field", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"a Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
      {"a Host with a scheme", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"},
      {"a Host with a wrong port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"},
      {"a malformed Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n"},
      {"another Host than the target's", "GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n"},
      {"another port than the target's", "GET http://a.example:81/ HTTP/1.1\r\nHost: a.example\r\n\r\n"},
      {"no version", "GET /\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
      {"HTTP/1.2 without a Host", "GET / HTTP/1.2\r\n\r\n"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n"},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
      {"HTTP/1", "GET / HTTP/1\r\nHost: a\r\n\r\n"},
      {"lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"a space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {"two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two spaces after the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a space in the target", target("/a b")},
      {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"an authority for a target", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"},
      {"a path without a slash", target("sub?a=0")},
      {"a query alone", target("?a=0")},
      {"a star with GET", target("*")},
      {"a star and more", "OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"another scheme", target("ftp://a.example/")},
      {"no host in the target", target("http:///x")},
      {"a user in the target", target("http://u@a.example/")},
      {"a fragment right behind the target's host", target("http://a.example#/pub")},
      {"a fragment that hides another host", target("http://a.example#@b.example/")},
      {"a fragment behind an absolute target's path", target("http://a.example/x#y")},
      {"a fragment behind an absolute target's query", target("https://a.example?x#y")},
      {"a backslash in the target's host", target("http://a.example\\@b.example/")},
      {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"bytes after the end", with("") + "X"},
      {"a second head after the end", with("") + with("")},
      {"nothing", ""},
      {"an empty line alone", "\r\n"},
      {"a request line alone", "GET / HTTP/1.1\r\n"},
      {"no empty line", "GET / HTTP/1.1\r\nHost: a\r\n"},
      {"cut in a name", "GET / HTTP/1.1\r\nHos"},
      {"cut in a value", "GET / HTTP/1.1\r\nHost: a"},
      {"cut in the last line end", "GET / HTTP/1.1\r\nHost: a\r\n\r"},
  };
  for (const Shape& shape : shapes) {
    CAPTURE(shape.name);
    CHECK(status(shape.head) == 400);
  }
}

TEST_CASE("head: a control at any place of a value is found") {
  for (std::size_t before = 0; before < 20; ++before)
    for (int control = 0; control < 0x20; ++control) {
      const std::string value = std::string(before, 'x') + static_cast<char>(control) + "yyyyyyyyyyyyy";
      CHECK(status(with("X: " + value + "\r\n")) == (control == '\t' ? 0 : 400));
    }
}

TEST_CASE("head: cut anywhere it is not whole, and refused") {
  const std::string head = with("Content-Length: 5\r\nX: y\r\n");
  for (std::size_t size = 0; size < head.size(); ++size) {
    CHECK(head_end(head.substr(0, size)) == 0);
    CHECK(status(head.substr(0, size)) == 400);
  }
  CHECK(head_end(head) == head.size());
  CHECK(status(head) == 0);
}

TEST_CASE("head: a target over the limit is 414") {
  CHECK(status(target("/" + std::string(16 * 1024 - 1, 'a'))) == 0);
  CHECK(status(target("/" + std::string(16 * 1024, 'a'))) == 414);
  CHECK(check_request_head(target("/abc"), 4) == std::nullopt);
  CHECK(check_request_head(target("/abcd"), 4)->status == 414);
}

TEST_CASE("head: more than 1000 fields are 431") {
  std::string fields;
  for (int i = 0; i < 999; ++i) fields += "X: y\r\n";
  CHECK(status(with(fields)) == 0);
  CHECK(status(with(fields + "X: y\r\n")) == 431);
}

TEST_CASE("head: a refusal says what is wrong, and shows no more than a little of it") {
  CHECK(check_request_head(with("Content-Length: 5\r\nContent-Length: 5\r\n"))->message ==
        "Content-Length: sent twice");
  CHECK(check_request_head("GET / HTTP/1.1\r\n\r\n")->message == "Host: missing");
  CHECK(check_request_head("GET / HTTP/1.1\nHost: a\n\n")->message == "bare LF in the head");
  CHECK(check_request_head(with("X : a\r\n"))->message == "space before the colon of header X");
  CHECK(check_request_head(with("Content-Length: " + std::string(9000, 'x') + "\r\n"))->message.size() < 200);
}

TEST_CASE("head end: found however the bytes come") {
  const std::string head = with("X: y\r\n");
  const std::string bytes = head + "body\r\n\r\n";
  CHECK(head_end(bytes) == head.size());
  for (std::size_t piece = 1; piece < 9; ++piece) {
    std::size_t seen = 0;
    std::size_t end = 0;
    for (std::size_t size = 0; end == 0 && size < bytes.size(); seen = size) {
      size = std::min(size + piece, bytes.size());
      end = head_end(std::string_view(bytes).substr(0, size), seen);
    }
    CHECK(end == head.size());
  }
}

TEST_CASE("head end: an empty line after bare LFs is one, too") {
  CHECK(head_end("GET / HTTP/1.1\nHost: a\n\nbody") == 24);
  CHECK(head_end("GET / HTTP/1.1\r\nHost: a\n\r\nbody") == 26);
  CHECK(head_end("GET / HTTP/1.1\r\nHost: a\r\n\nbody") == 26);
  CHECK(head_end("GET / HTTP/1.1\rHost: a\r\r") == 0);
  CHECK(head_end("") == 0);
  CHECK(head_end("\n") == 0);
  CHECK(head_end("\r\n\r\n") == 4);
}

}  // namespace
}  // namespace martd::wire
