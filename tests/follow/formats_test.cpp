#include "follow/formats.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>

#include "../wire/messages.h"
#include "follow/poll_forms.h"

using namespace martd;
using namespace martd::follow;
using push::Batch;
using push::Etag;
using push::Message;

namespace {

std::string joined(std::span<const FramePtr> frames) {
  std::string all;
  for (const auto& frame : frames) all += frame->bytes;
  return all;
}

/// What is in a frame that is one chunk.
std::string in_chunk(const Frame& frame) {
  const std::string& bytes = frame.bytes;
  const auto line = bytes.find("\r\n");
  REQUIRE(line != std::string::npos);
  const std::string content = bytes.substr(line + 2, bytes.size() - line - 4);
  CHECK(std::stoul(bytes.substr(0, line), nullptr, 16) == content.size());
  CHECK(bytes.front() != '0');
  CHECK(bytes.ends_with("\r\n"));
  return content;
}

std::string in_chunks(std::span<const FramePtr> frames) {
  std::string all;
  for (const auto& frame : frames) all += in_chunk(*frame);
  return all;
}

struct FormatsTest {
  std::vector<Message> messages{wire::message(11, "a", "greeting"), wire::message(12, ""), wire::message(13, "b\nc")};
  Batch batch{"news", Etag{10}, messages};
};

}  // namespace

TEST_CASE_FIXTURE(FormatsTest, "formats: a long-poll's whole answer, and its part") {
  CHECK(joined(batch.frames(poll_part())) == "\"news\":{\"etag\":\"13\",\"payload\":[\"a\",\"b\\nc\"]}");
  const std::string answer = joined(batch.frames(poll_answer()));
  const std::string body = "{\"channels\":{\"news\":{\"etag\":\"13\",\"payload\":[\"a\",\"b\\nc\"]}}}";
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("\r\nETag: \"13\"\r\n") != std::string::npos);
  CHECK(answer.find("\r\nCache-Control: no-store\r\n") != std::string::npos);
  CHECK(answer.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n" + body));
}

TEST_CASE_FIXTURE(FormatsTest, "formats: events of a stream of one channel") {
  const std::string text = "id: 11\nevent: greeting\ndata: a\n\nid: 13\ndata: b\ndata: c\n\n";
  CHECK(joined(batch.frames(events().row().chunks)) == "38\r\n" + text + "\r\n");
  CHECK(joined(batch.frames(events().row().bare)) == text);
  CHECK(push::cursor_of(*batch.frames(events().row().chunks).back()) == Etag{13});
}

TEST_CASE_FIXTURE(FormatsTest, "formats: the same with .format=json, and lines") {
  const std::string first = "{\"channel\":\"news\",\"etag\":\"11\",\"payload\":\"a\",\"event\":\"greeting\"}";
  const std::string second = "{\"channel\":\"news\",\"etag\":\"13\",\"payload\":\"b\\nc\"}";
  const std::string both = first + "\n" + second + "\n";
  CHECK(in_chunks(batch.frames(lines().row().chunks)) == both);
  CHECK(joined(batch.frames(lines().row().bare)) == both);
  const std::string text = "id: 11\ndata: " + first + "\n\nid: 13\ndata: " + second + "\n\n";
  CHECK(in_chunks(batch.frames(json_events().row().chunks)) == text);
  CHECK(joined(batch.frames(json_events().row().bare)) == text);
}

TEST_CASE_FIXTURE(FormatsTest,
                  "formats: of a stream of several channels, what follows the id, a frame for each visible message") {
  const auto named = batch.frames(*events().row().behind_cursor);
  REQUIRE(named.size() == 2);
  CHECK(named[0]->bytes == "event: news\ndata: a\n\n");
  CHECK(push::cursor_of(*named[0]) == Etag{11});
  CHECK(named[1]->bytes == "event: news\ndata: b\ndata: c\n\n");
  CHECK(push::cursor_of(*named[1]) == Etag{13});
  const auto json = batch.frames(*json_events().row().behind_cursor);
  REQUIRE(json.size() == 2);
  CHECK(json[1]->bytes.starts_with("data: {\"channel\":\"news\",\"etag\":\"13\""));
}

TEST_CASE_FIXTURE(FormatsTest, "formats: a frame is made once and shared") {
  CHECK(batch.frames(lines().row().chunks).front() == batch.frames(lines().row().chunks).front());
}

TEST_CASE("formats: large batches are cut between messages, each frame knows its last, and none is empty") {
  std::vector<Message> messages;
  for (std::uint64_t i = 0; i < 30; ++i) messages.push_back(wire::message(11 + i, std::string(10000, 'x')));
  messages.push_back(wire::message(41, std::string(kFrameBytes, 'y')));
  messages.push_back(wire::message(42, ""));  // behind a frame that is full
  const Batch batch("news", Etag{10}, messages);
  for (const auto& [form, plain] : std::initializer_list<std::pair<const push::Form*, const push::Form*>>{
           {&events().row().chunks, &events().row().bare},
           {&json_events().row().chunks, &json_events().row().bare},
           {&lines().row().chunks, &lines().row().bare}}) {
    const auto cut = batch.frames(*form);
    CHECK(in_chunks(cut) == joined(batch.frames(*plain)));
    CHECK(cut.size() > 4);
    CHECK(push::cursor_of(*cut.back()) == Etag{42});
    Etag before{10};
    for (const auto& frame : cut) {
      CHECK(push::cursor_of(*frame) > before);
      before = push::cursor_of(*frame);
      CHECK(frame->bytes.size() < 2 * kFrameBytes);
      CHECK(in_chunk(*frame).ends_with("\n"));
    }
  }
}
