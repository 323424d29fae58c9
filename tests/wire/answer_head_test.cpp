#include "wire/answer_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "wire/head_reader.h"

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
           with("Content-Length: 0\r\n"), with("X-High: \xFF\r\n"), "HTTP/1.2 200 OK\r\n\r\n",
           "HTTP/1.9 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(bytes);
    CHECK(taken(bytes));
  }
}

TEST_CASE("answer head: what two readers could read differently is refused") {
  for (const std::string& bytes :
       std::vector<std::string>{"HTTP/2 200 OK\r\n\r\n",
                                "HTTP/2.0 200 OK\r\n\r\n",
                                "HTTP/1.10 200 OK\r\n\r\n",
                                "HTTP/1.x 200 OK\r\n\r\n",
                                "HTTP/1.",
                                "ICY 200 OK\r\n\r\n",
                                "HTTP/1.1  200 OK\r\n\r\n",
                                "HTTP/1.1 20 OK\r\n\r\n",
                                "HTTP/1.1 2000 OK\r\n\r\n",
                                "HTTP/1.1 2x0 OK\r\n\r\n",
                                "HTTP/1.1 099 OK\r\n\r\n",
                                "HTTP/1.1\t200 OK\r\n\r\n",
                                "HTTP/1.1 200 OK\r\r\n\r\n",
                                "HTTP/1.1 200 O\rK\n\n",
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
                                with("A B: c\r\n"),
                                with("A \v: b\r\n"),
                                with("A\r: b\r\n"),
                                with("A\n: b\r\n"),
                                with(" : b\r\n"),
                                with(" a: b\r\n"),
                                with("A: b\n c\n"),
                                with("Content-Length: \v1\r\n"),
                                with("Transfer-Encoding: \x01"
                                     "chunked\r\n"),
                                with("Content-Length : 1\r\nContent-Length: 1\r\n"),
                                with("Content-Length: 1\nTransfer-Encoding\t: chunked\n"),
                                with("A: b\r\n c\r\n"),
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

/// The fields as lines, `|` between them.
std::string fields_of(const AnswerHead& head) {
  std::string text;
  for (const Field& field : head.fields) text += std::string(field.name) + '=' + std::string(field.value) + '|';
  return text;
}

TEST_CASE("answer head: what a site writes carelessly is read as it is meant") {
  // CGI scripts print lines that end with LF, and Python's and BusyBox's servers send them so. All of these were 502.
  AnswerHead head;
  for (const std::string& bytes : std::vector<std::string>{
           "HTTP/1.1 200 OK\nA: b\nContent-Length: 3\n\n", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 3\r\n\n",
           "HTTP/1.1 200 OK\nA: b\r\nContent-Length: 3\n\r\n",
           "HTTP/1.1 200 OK\r\nA : b\r\nContent-Length \t: 3\r\n\r\n"}) {
    CAPTURE(bytes);
    const std::string all = bytes + "\nbody";
    CHECK(head_end(all) == bytes.size());
    REQUIRE_FALSE(read_answer_head(bytes, head));
    CHECK(head.reason == "OK");
    CHECK(head.content_length == 3);
    CHECK(fields_of(head) == "A=b|Content-Length=3|");
  }
  const std::string controls = with("A: \x01\x02 b\x7F\r\nB:\x1B\r\nC: d\v\n");
  REQUIRE_FALSE(read_answer_head(controls, head));
  CHECK(fields_of(head) == "A=\x01\x02 b\x7F|B=\x1B|C=d\v|");
}

TEST_CASE("answer head: 1xx, 204 and 304 have no body whatever they say; whether the connection can be trusted then") {
  // A length of 0 at a 101 or a 204 is what several frameworks write; their WebSockets and their DELETEs were 502.
  struct Said {
    int status;
    std::string fields;
    bool stays;
  };
  const std::string length = "Content-Length: 5\r\n";
  const std::string none = "Content-Length: 0\r\n";
  const std::string chunks = "Transfer-Encoding: chunked\r\n";
  for (const auto& [status, fields, stays] : std::vector<Said>{{100, "", true},
                                                               {100, none, false},
                                                               {103, length, false},
                                                               {101, chunks, false},
                                                               {204, "", true},
                                                               {204, none, true},
                                                               {204, length, false},
                                                               {204, chunks, false},
                                                               {204, none + none, false},
                                                               {304, "", true},
                                                               {304, length, true},
                                                               {304, none, true},
                                                               {304, chunks, false},
                                                               {304, length + chunks, false},
                                                               {304, length + length, false},
                                                               {304, "Content-Length: x\r\n", false},
                                                               {204, "Transfer-Encoding: gzip\r\n" + chunks, false}}) {
    const std::string said = std::to_string(status) + ": " + fields;
    CAPTURE(said);
    AnswerHead head;
    const std::string bytes = "HTTP/1.1 " + std::to_string(status) + " x\r\nA: b\r\n" + fields + "C: d\r\n\r\n";
    REQUIRE_FALSE(read_answer_head(bytes, head));
    CHECK(head.no_body);
    CHECK(head.keep_alive == stays);
    CHECK_FALSE(head.chunked);
    CHECK_FALSE(head.content_length);
    CHECK(fields_of(head) == "A=b|C=d|");
  }
  AnswerHead head;
  REQUIRE_FALSE(
      read_answer_head("HTTP/1.0 304 x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", head));
  CHECK_FALSE(head.keep_alive);
  REQUIRE_FALSE(read_answer_head(with(length), head));
  CHECK_FALSE(head.no_body);
}

}  // namespace
}  // namespace martd::wire
