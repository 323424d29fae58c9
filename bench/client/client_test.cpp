// The generator's own parts: what it accepts in whatever pieces it comes, and what it does not let pass.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "event_reader.h"
#include "histogram.h"
#include "response_reader.h"
#include "tally.h"

namespace {

using bench::EventReader;
using bench::Progress;
using bench::ResponseReader;
using bench::Tally;

/// The bodies of the responses in `wire`, read in pieces of `step` bytes.
std::vector<std::string> bodies(const std::string& wire, std::size_t step) {
  ResponseReader reader;
  std::vector<std::string> found;
  std::string body;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    auto piece = std::string_view(wire).substr(at, step);
    while (!piece.empty()) {
      body += reader.take(piece);
      if (!reader.is_complete()) continue;
      found.push_back(std::move(body));
      body.clear();
      reader.restart();
    }
  }
  if (!body.empty()) found.push_back(body);
  return found;
}

std::vector<std::string> messages(const std::string& wire, std::size_t step) {
  EventReader reader;
  std::vector<std::string> found;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    reader.feed(std::string_view(wire).substr(at, step), [&](std::string_view m) { found.emplace_back(m); });
  }
  return found;
}

std::string made(unsigned number, std::size_t size) {
  auto text = std::to_string(number);
  text.insert(0, 10 - text.size(), '0');
  text.insert(0, 1, '#');
  return text.append(size - text.size(), '.');
}

TEST_CASE("responses with a length, chunked, and empty, in pieces of any size") {
  const std::string wire =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nT: 1\r\n\r\n"
      "HTTP/1.1 304 Not Modified\r\nETag: \"7\"\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end";
  const std::vector<std::string> expected = {"hello", "abc0123456789", "", "", "to the end"};
  for (std::size_t step = 1; step <= wire.size(); ++step) CHECK(bodies(wire, step) == expected);
}

TEST_CASE("event streams in pieces of any size") {
  const std::string wire =
      "retry: 2000\n: hi\n\nid: 1\ndata: one\n\n:\n\nid: 2\r\ndata:two\r\n\r\nid: 3\ndata: begun\n";
  const std::vector<std::string> expected = {"one", "two"};
  for (std::size_t step = 1; step <= wire.size(); ++step) CHECK(messages(wire, step) == expected);
}

TEST_CASE("where a stream begins is no message, and gives an id to come back with") {
  const std::string wire = "retry: 2000\nid: 7\nevent: martd.sub\ndata: {\"c\":\"7\"}\n\nid: 8\ndata: one\n\n";
  for (std::size_t step = 1; step <= wire.size(); ++step)
    CHECK(messages(wire, step) == std::vector<std::string>{"one"});
  EventReader reader;
  reader.feed(std::string_view(wire).substr(0, wire.find("id: 8")), [](std::string_view) {});
  CHECK(reader.last_id() == "7");
}

TEST_CASE("a stream that says what it lost is not taken for one that lost nothing") {
  CHECK_THROWS_AS(messages("event: martd.missed\ndata: {}\n\n", 100), std::runtime_error);
}

TEST_CASE("tally: in order, whole, once") {
  Tally tally(40, 1);
  for (int i = 0; i < 5; ++i) tally.publish();
  Progress progress{0};
  tally.receive(progress, made(0, 40), 0);
  CHECK_THROWS_AS(tally.receive(progress, made(0, 40), 0), std::runtime_error);
  CHECK_THROWS_AS(tally.receive(progress, made(2, 40), 0), std::runtime_error);
  CHECK_THROWS_AS(tally.receive(progress, made(1, 39), 0), std::runtime_error);
  CHECK_THROWS_AS(tally.receive(progress, made(1, 39) + 'x', 0), std::runtime_error);
  CHECK_THROWS_AS(tally.receive(progress, "", 0), std::runtime_error);
  tally.receive_within(progress, R"({"payload":[")" + made(1, 40) + R"(",")" + made(2, 40) + R"("]})", 0);
  CHECK_THROWS_AS(tally.receive_within(progress, '"' + made(3, 41) + '"', 0), std::runtime_error);
  CHECK(tally.received() == 4);
}

TEST_CASE("tally: what was never published cannot have come") {
  Tally tally(40, 1);
  Progress progress = tally.start();
  CHECK_THROWS_AS(tally.receive(progress, made(0, 40), 0), std::runtime_error);
}

TEST_CASE("tally: two publishers' messages have no order between them, each one's have") {
  Tally tally(40, 2);
  Progress progress = tally.start();
  for (int i = 0; i < 4; ++i) tally.publish();
  tally.receive(progress, made(1, 40), 0);
  tally.receive(progress, made(3, 40), 0);
  tally.receive(progress, made(0, 40), 0);
  CHECK_THROWS_AS(tally.receive(progress, made(1, 40), 0), std::runtime_error);
  CHECK(tally.start() == Progress{4, 5});
}

TEST_CASE("histogram: quantiles within a bucket's width") {
  bench::Histogram histogram;
  for (int i = 1; i <= 10000; ++i) histogram.add(i * 1000);
  CHECK(histogram.quantile_us(0.5) == doctest::Approx(5000).epsilon(0.02));
  CHECK(histogram.quantile_us(0.99) == doctest::Approx(9900).epsilon(0.02));
  CHECK(histogram.max_us() == 10000);
}

}  // namespace
