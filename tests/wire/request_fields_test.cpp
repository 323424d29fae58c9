#include "wire/request_fields.h"

#include <doctest/doctest.h>

namespace martd::wire {
namespace {

Fields fields(std::initializer_list<Field> lines) {
  Fields made;
  for (const Field& line : lines) made.push_back(line);
  return made;
}

/// The message of the refusal of two lines of that name.
std::string refused(std::string_view name, std::string_view first, std::string_view second) {
  const auto refusal = refuse_repeated(fields({{"Host", "x"}, {name, first}, {"A", "1"}, {name, second}}));
  if (!refusal) return "taken";
  CHECK(refusal->status == 400);
  return refusal->message;
}

TEST_CASE("fields: the lines of a list are one list") {
  const Fields lines =
      fields({{"accept", "text/html"}, {"A", "1"}, {"Accept", "text/event-stream;q=0.5"}, {"ACCEPT", ""}});
  std::string joined;
  CHECK(lines.list("Accept", joined) == "text/html, text/event-stream;q=0.5, ");
  CHECK(lines.list("None", joined).empty());
  std::string unused;
  CHECK(lines.list("A", unused) == "1");
  CHECK(unused.empty());
}

TEST_CASE("fields: a token of a list is found in whichever line") {
  const Fields lines = fields({{"Expect", "a, b"}, {"expect", "100-Continue"}});
  CHECK(lines.names("Expect", "100-continue"));
  CHECK(lines.names("Expect", "b"));
  CHECK_FALSE(lines.names("Expect", "100"));
  CHECK_FALSE(lines.names("Upgrade", "b"));
}

// A library that set a header of its own beside the user's sent two keys: a front looked at the last, we at the first.
TEST_CASE("fields: one that may stand once is refused where it stands there twice and differs") {
  for (const char* name : {"Last-Event-ID", "last-event-id", "Origin", "Authorization", "Content-Type"}) {
    CHECK(refused(name, "a", "b") == std::string(name) + ": given twice, and not the same (taken: once)");
    CHECK(refused(name, "a", "") != "taken");
    CHECK(refused(name, "a", "a") == "taken");
  }
  CHECK(refused("Authorization", "Bearer 0pen", "Bearer s3same").find("0pen") == std::string::npos);
  for (const char* name : {"Accept", "If-None-Match", "Cookie", "X-Mine", "Expect", "Content-Encoding"})
    CHECK(refused(name, "a", "b") == "taken");
}

TEST_CASE("fields: a body that is packed, or a part, is refused") {
  for (const char* coding : {"gzip", "br", "identity, gzip", "GZIP", "x"}) {
    const auto refusal = refuse_body_fields(fields({{"Content-Encoding", coding}}));
    REQUIRE(refusal);
    CHECK(refusal->status == 415);
    CHECK(refusal->message.find("(taken: identity)") != std::string::npos);
  }
  CHECK(refuse_body_fields(fields({{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}))->status == 415);
  for (const char* coding : {"identity", "Identity", "", " , ", "identity, identity"})
    CHECK_FALSE(refuse_body_fields(fields({{"Content-Encoding", coding}})));
  CHECK(refuse_body_fields(fields({{"Content-Range", "bytes 0-4/10"}}))->status == 400);
  CHECK_FALSE(refuse_body_fields(fields({{"Range", "bytes=0-4"}})));
}

}  // namespace
}  // namespace martd::wire
