#include "wire/answer.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace martd::wire;

namespace {

constexpr Time kNow{std::chrono::seconds{1445412480}};

std::string answer(const Answer& what, std::string_view body, const AnswerContext& context) {
  std::string out;
  append_answer(out, what, body, context, kNow);
  return out;
}

}  // namespace

TEST_CASE("answers: a date as HTTP writes it, and the same text for the same second") {
  CHECK(http_date(kNow) == "Wed, 21 Oct 2015 07:28:00 GMT");
  CHECK(http_date(kNow + std::chrono::milliseconds{999}) == "Wed, 21 Oct 2015 07:28:00 GMT");
  CHECK(http_date(kNow + std::chrono::seconds{1}) == "Wed, 21 Oct 2015 07:28:01 GMT");
  CHECK(http_date(Time{}) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(Time{std::chrono::seconds{951782400}}) == "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST_CASE("answers: a whole answer") {
  CHECK(answer({}, "{}", {}) ==
        "HTTP/1.1 200 OK\r\nDate: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Type: application/json\r\nCache-Control: "
        "no-store\r\n"
        "Content-Length: 2\r\n\r\n{}");
}

TEST_CASE("answers: closing is said, keeping is said to HTTP/1.0 only") {
  AnswerContext context;
  CHECK(answer({}, "", context).find("Connection:") == std::string::npos);
  context.http_1_0 = true;
  CHECK(answer({}, "", context).find("Connection: keep-alive\r\n") != std::string::npos);
  context.close = true;
  CHECK(answer({}, "", context).find("Connection: close\r\n") != std::string::npos);
  CHECK(answer({}, "", context).find("keep-alive") == std::string::npos);
}

TEST_CASE("answers: to HEAD the length and no body; to 304 neither") {
  AnswerContext head;
  head.head = true;
  const std::string text = answer({}, "hello", head);
  CHECK(text.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(text.ends_with("\r\n\r\n"));
  Answer unchanged;
  unchanged.status = 304;
  unchanged.no_body = true;
  unchanged.headers = "ETag: \"1\"\r\n";
  const std::string bare = answer(unchanged, "hello", {});
  CHECK(bare.starts_with("HTTP/1.1 304 Not Modified\r\n"));
  CHECK(bare.find("Content-") == std::string::npos);
  CHECK(bare.find("ETag: \"1\"\r\n") != std::string::npos);
  CHECK(bare.ends_with("\r\n\r\n"));
}

TEST_CASE("answers: an error is JSON, with whatever its message has in it") {
  CHECK(error_body("say \"hi\"\n") == "{\"error\":\"say \\\"hi\\\"\\n\"}\n");
  std::string out;
  AnswerContext context;
  context.cors = "Vary: Origin\r\n";
  append_error(out, 503, "no", context, kNow, "Retry-After: 2\r\n");
  CHECK(out.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(out.find("\r\nRetry-After: 2\r\n") != std::string::npos);
  CHECK(out.find("\r\nVary: Origin\r\n") != std::string::npos);
  CHECK(out.ends_with("{\"error\":\"no\"}\n"));
}

TEST_CASE("answers: every status that is sent has a phrase") {
  for (const int status :
       {200, 204, 304, 400, 403, 404, 405, 408, 409, 412, 413, 414, 415, 417, 429, 431, 501, 503, 507})
    CHECK_MESSAGE(reason_phrase(status) != "Unknown", status);
}
