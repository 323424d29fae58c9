#include "wire/answer_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace martd::wire {
namespace {

using namespace std::string_literals;

bool taken(const std::string& bytes) {
  AnswerHead head;
  const auto refusal = read_answer_head(bytes, head);
  if (refusal) CHECK_FALSE(refusal->message.empty());
  return !refusal;
}

std::string with(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

TEST_CASE("answer head: what it says") {
  const std::string bytes =
      "HTTP/1.1 404 Not so found\r\nServer: x\r\ncontent-length: 12\r\nSet-Cookie: a=1\r\nset-cookie:b=2 \r\n\r\n";
  AnswerHead head;
  REQUIRE_FALSE(read_answer_head(bytes, head));
  CHECK(head.status == 404);
  CHECK(head.reason == "Not so found");
  CHECK_FALSE(head.http_1_0);
  CHECK(head.content_length == 12);
  CHECK_FALSE(head.chunked);
  CHECK(head.keep_alive);
  REQUIRE(head.fields.size() == 4);
  CHECK(head.fields[3].name == "set-cookie");
  CHECK(head.fields[3].value == "b=2");
  CHECK(head.field("SERVER") == "x");
}

TEST_CASE("answer head: whether the connection stays") {
  const auto stays = [](const std::string& bytes) {
    AnswerHead head;
    REQUIRE_FALSE(read_answer_head(bytes, head));
    return head.keep_alive;
  };
  CHECK(stays("HTTP/1.1 200 OK\r\n\r\n"));
  CHECK_FALSE(stays("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n\r\n"));
  CHECK_FALSE(stays("HTTP/1.0 200 OK\r\n\r\n"));
  CHECK(stays("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("answer head: forms that are taken") {
  for (const std::string& bytes : std::vector<std::string>{
           "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n",
           "HTTP/1.1 999 x\r\n\r\n", "HTTP/1.1 200 gr\xC3\xBC\xC3\x9F\r\n\r\n", with("Transfer-Encoding: Chunked\r\n"),
           with("Content-Length: 0\r\n"), with("X-High: \xFF\r\n")}) {
    CAPTURE(bytes);
    CHECK(taken(bytes));
  }
}

TEST_CASE("answer head: what two readers could read differently is refused") {
  for (const std::string& bytes :
       std::vector<std::string>{"HTTP/2 200 OK\r\n\r\n",
                                "HTTP/1.2 200 OK\r\n\r\n",
                                "ICY 200 OK\r\n\r\n",
                                "HTTP/1.1  200 OK\r\n\r\n",
                                "HTTP/1.1 20 OK\r\n\r\n",
                                "HTTP/1.1 2000 OK\r\n\r\n",
                                "HTTP/1.1 2x0 OK\r\n\r\n",
                                "HTTP/1.1 099 OK\r\n\r\n",
                                "HTTP/1.1\t200 OK\r\n\r\n",
                                "HTTP/1.1 200 OK\n\r\n",
                                "HTTP/1.1 200 O\rK\r\n\r\n",
                                "HTTP/1.1 200 O\0K\r\n\r\n"s,
                                with("Content-Length: 1\r\nContent-Length: 1\r\n"),
                                with("Content-Length: 1, 1\r\n"),
                                with("Content-Length: +1\r\n"),
                                with("Content-Length: -1\r\n"),
                                with("Content-Length: 0x1\r\n"),
                                with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
                                with("Transfer-Encoding: chunked, identity\r\n"),
                                with("Transfer-Encoding: gzip, chunked\r\n"),
                                with("Transfer-Encoding: identity\r\n"),
                                with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                                with("A : b\r\n"),
                                with(" a: b\r\n"),
                                with("A: b\r\n c\r\n"),
                                with("A: b\nB: c\r\n"),
                                with("A: b\rc\r\n"),
                                with("A: b\0c\r\n"s),
                                with("A\r\n"),
                                with(": a\r\n"),
                                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                "HTTP/1.1 200 OK\r\nA: b\r\n"}) {
    CAPTURE(bytes);
    CHECK_FALSE(taken(bytes));
  }
}

}  // namespace
}  // namespace martd::wire
