// Requests in pieces, ahead of time, too long, without a socket.

#include "http/request_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "http/request_limits.h"
#include "wire/request.h"

using namespace martd;
using namespace martd::http;

namespace {

/// A request as it was read: `POST /pub abc`.
using Read = std::vector<std::string>;

/// One who reads all that comes, as a connection does that isn't held.
struct Reading {
  Settings settings;
  BodyBudget budget;
  RequestReader reader;
  Read read;
  int refused = 0;
  std::string why;

  void come(std::string_view bytes) {
    RequestReader::Unread unread = reader.begin_turn(bytes);
    while (refused == 0 && next(unread)) {
    }
    reader.end_turn(refused == 0 ? unread.bytes : std::string_view());
  }

 private:
  Route route(const wire::RequestHead& head) const {
    return route_of(wire::split_target(head.target).path, settings.prefix, settings.has_upstream);
  }
  bool refuse(const Refusal& refusal) {
    refused = refusal.status;
    why = refusal.message;
    return false;
  }
  void note(const wire::RequestHead& head, std::string_view body) {
    read.push_back(std::string(head.method) + " " + std::string(head.target) + " " + std::string(body));
  }
  bool next(RequestReader::Unread& unread) {
    if (reader.incoming()) {
      const auto whole = reader.read_body(unread, settings);
      if (!whole) return refuse(whole.error());
      if (!*whole) return false;
      if ((*whole)->use == Incoming::Use::answered)
        read.emplace_back("read away");
      else
        note((*whole)->head, (*whole)->body);
      return true;
    }
    if (!RequestReader::reach_request(unread)) return false;
    const std::string_view bytes = reader.next_head(unread);
    if (bytes.empty()) {
      const auto refusal = reader.await_head(unread, settings);
      return refusal ? refuse(*refusal) : false;
    }
    wire::RequestHead head;
    if (const auto refusal = RequestReader::read_head(bytes, settings, head)) return refuse(*refusal);
    const std::size_t limit = body_limit(route(head), settings);
    if (head.content_length.value_or(0) > limit) return refuse(body_too_long(route(head), limit));
    if (head.method == "PATCH" && can_read_away(head)) {
      note(head, "refused");
      if (head.has_body()) reader.read_away(bytes);
      return true;
    }
    if (const auto body = RequestReader::whole_body(head, unread.bytes)) {
      note(head, *body);
      return true;
    }
    return reader.await_body(head, bytes, route(head), settings, budget) ? true : refuse(no_room_for_body());
  }
};

const std::string kRequests =
    "\r\n\r\nGET /sub?a=0 HTTP/1.1\r\nHost: a\r\n\r\n"
    "POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    "\r\nPOST /pub?channel=b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    "PATCH /pub HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET "
    "GET /client.js HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxx"
    "GET / HTTP/1.0\r\n\r\n";

const Read kRead = {"GET /sub?a=0 ",      "POST /pub?channel=a hello", "POST /pub?channel=b abcde",
                    "PATCH /pub refused", "GET /client.js xx",         "GET / "};

/// What was read, but for what depends on how it came: whether a body had to be read away and what was ignored of it.
Read without_ways(Read read) {
  std::erase(read, "read away");
  for (auto& request : read)
    if (request.starts_with("GET /client.js")) request = "GET /client.js xx";
  return read;
}

std::string push_head(std::size_t target, const std::string& more = {}) {
  const std::string path = "/pub?channel=";
  return "POST " + path + std::string(target - path.size(), 'a') + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("reader: wherever what comes is cut, the same requests are read") {
  for (std::size_t first = 0; first <= kRequests.size(); ++first) {
    for (const std::size_t second : {first, first + 1, first + 2, first + 30}) {
      Reading reading;
      const std::string_view all = kRequests;
      const std::size_t cut = std::min(second, all.size());
      reading.come(all.substr(0, first));
      reading.come(all.substr(first, cut - first));
      reading.come(all.substr(cut));
      REQUIRE(reading.refused == 0);
      REQUIRE(without_ways(reading.read) == kRead);
      REQUIRE(reading.reader.waiting() == 0);
      REQUIRE_FALSE(reading.reader.in_head());
      REQUIRE(reading.budget.held() == 0);
    }
  }
}

TEST_CASE("reader: byte by byte, nothing waits but a head that isn't whole") {
  Reading reading;
  for (const char byte : kRequests) {
    reading.come({&byte, 1});
    if (reading.reader.incoming()) REQUIRE(reading.reader.waiting() == 0);
    if (reading.reader.waiting() > 0) REQUIRE(reading.reader.in_head());
  }
  CHECK(without_ways(reading.read) == kRead);
  CHECK(reading.reader.waiting() == 0);
}

TEST_CASE("reader: what came while nothing may be read is read in its turn") {
  Reading reading;
  for (std::size_t at = 0; at < kRequests.size(); at += 10)
    reading.reader.keep(std::string_view(kRequests).substr(at, 10));
  CHECK(reading.reader.waiting() == kRequests.size());
  reading.come({});
  CHECK(without_ways(reading.read) == kRead);
  CHECK(reading.reader.waiting() == 0);
}

TEST_CASE("reader: what waits is another protocol's where it is asked for") {
  RequestReader reader;
  CHECK(reader.release().empty());
  reader.keep("\x81\x01");
  reader.keep("x");
  CHECK(reader.release() == "\x81\x01x");
  CHECK(reader.waiting() == 0);
}

TEST_CASE("reader: a head is in time from its first byte to its last, blank lines before it don't count") {
  Reading reading;
  reading.come("\r\n");
  CHECK_FALSE(reading.reader.in_head());
  reading.come("\r");
  CHECK(reading.reader.in_head());
  // Such a blank line doesn't begin the time anew.
  reading.come("\n");
  CHECK(reading.reader.in_head());
  reading.come("GET / HTTP/1.1\r\nHost: a\r\n");
  CHECK(reading.reader.in_head());
  reading.come("\r\n");
  CHECK_FALSE(reading.reader.in_head());
  CHECK(reading.read == Read{"GET / "});
}

TEST_CASE("reader: a head that is looked through again is so from where the last look ended") {
  RequestReader reader;
  const Settings settings;
  auto unread = reader.begin_turn("GET / HTTP/1.1\r\n");
  CHECK(unread.looked == 0);
  CHECK(reader.next_head(unread).empty());
  CHECK_FALSE(reader.await_head(unread, settings).has_value());
  reader.end_turn(unread.bytes);
  unread = reader.begin_turn("Host: a\r\n\r\nGET");
  CHECK(unread.looked == 16);
  CHECK(reader.next_head(unread) == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(unread.bytes == "GET");
  CHECK(unread.looked == 0);
  // What is kept of a turn that wasn't read is no head that was looked at.
  reader.end_turn(unread.bytes);
  CHECK(reader.begin_turn(" / HTTP/1.1").looked == 0);
}

TEST_CASE("reader: heads and targets that are too long are refused, whole or not") {
  const auto refused = [](const std::string& bytes, bool piece_by_piece) {
    Reading reading;
    if (!piece_by_piece) {
      reading.come(bytes);
    } else {
      for (std::size_t at = 0; at < bytes.size() && reading.refused == 0; at += 1000)
        reading.come(std::string_view(bytes).substr(at, 1000));
    }
    return reading.refused;
  };
  for (const bool pieces : {false, true}) {
    CAPTURE(pieces);
    const auto get = [](std::size_t target) {
      return "GET /" + std::string(target - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    CHECK(refused(get(16 * 1024), pieces) == 0);
    CHECK(refused(get(16 * 1024 + 1), pieces) == 414);
    CHECK(refused("GET /" + std::string(20000, 'x'), pieces) == 414);
    CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 * 1024, 'x'), pieces) == 431);
    CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n", pieces) == 431);
    // A push names its channels in its target, which its head's limit doesn't count.
    CHECK(refused(push_head(64 * 1024, "Content-Length: 0\r\n"), pieces) == 0);
    CHECK(refused(push_head(64 * 1024, "X: " + std::string(60000, 'x') + "\r\n"), pieces) == 0);
    CHECK(refused(push_head(64 * 1024 + 1), pieces) == 414);
    CHECK(refused(push_head(60000, "X: " + std::string(70000, 'x') + "\r\n"), pieces) == 431);
  }
}

TEST_CASE("reader: a body has the limit of its path, however its length is told") {
  const auto refused = [](const std::string& target, std::size_t bytes, bool chunked) {
    Reading reading;
    reading.settings.max_payload = 1000;
    const std::string head = "POST " + target + " HTTP/1.1\r\nHost: a\r\n";
    if (!chunked) {
      reading.come(head + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n");
      return reading.refused == 0 ? std::string() : reading.why;
    }
    reading.come(head + "Transfer-Encoding: chunked\r\n\r\n");
    // Byte by byte of a chunk would take long: each piece is one.
    for (std::size_t left = bytes; left > 0 && reading.refused == 0;) {
      const std::size_t piece = std::min<std::size_t>(left, 65535);
      constexpr std::string_view kDigits = "0123456789abcdef";
      std::string size;
      for (int shift = 12; shift >= 0; shift -= 4) size += kDigits[(piece >> shift) & 15];
      reading.come(size + "\r\n" + std::string(piece, 'x') + "\r\n");
      left -= piece;
    }
    return reading.refused == 0 ? std::string() : reading.why;
  };
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    CHECK(refused("/pub?channel=a", 1000, chunked).empty());
    CHECK(refused("/pub?channel=a", 1001, chunked) == "payload: more than 1000 bytes (--max-payload)");
    CHECK(refused("/sub", 4 << 20, chunked).empty());
    CHECK(refused("/sub", (4 << 20) + 1, chunked) == "the request's body: more than 4194304 bytes");
    CHECK(refused("/client.js", 64 * 1024 + 1, chunked) == "the request's body: more than 65536 bytes");
  }
}

TEST_CASE("reader: only what is kept takes room, and gives it back when it is whole or given up") {
  Reading reading;
  reading.come("POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  CHECK(reading.budget.held() == 100000);
  reading.reader.give_up();
  CHECK(reading.budget.held() == 0);
  CHECK_FALSE(reading.reader.incoming());
  reading.come("GET /pub?channel=a HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  CHECK(reading.reader.incoming()->use == Incoming::Use::ignored);
  CHECK(reading.budget.held() == 0);
}

TEST_CASE("reader: where there is no room for a body it is refused, at once or as it grows") {
  Reading other;
  other.come("POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  RequestReader reader;
  Settings settings;
  settings.max_bodies = 150000;
  wire::RequestHead head;
  const std::string counted = "POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
  REQUIRE_FALSE(RequestReader::read_head(counted, settings, head));
  CHECK_FALSE(reader.await_body(head, counted, Route::publish, settings, other.budget));
  CHECK_FALSE(reader.incoming());

  wire::RequestHead chunked_head;
  const std::string chunked = "POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  REQUIRE_FALSE(RequestReader::read_head(chunked, settings, chunked_head));
  REQUIRE(reader.await_body(chunked_head, chunked, Route::publish, settings, other.budget));
  const std::string piece = "40\r\n" + std::string(64, 'x') + "\r\n";
  auto unread = reader.begin_turn(piece);
  const auto refused = reader.read_body(unread, settings);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().status == 503);
  CHECK(reader.incoming());
}

TEST_CASE("reader: a body whose chunks are wrong is refused") {
  Reading reading;
  reading.come("POST /pub?channel=a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz");
  CHECK(reading.refused == 400);
  CHECK(reading.reader.incoming());
}

TEST_CASE("reader: which bodies of refused requests can be read away") {
  const auto can = [](const std::string& fields) {
    const std::string bytes = "POST /pub HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    wire::RequestHead head;
    REQUIRE_FALSE(RequestReader::read_head(bytes, Settings(), head));
    return can_read_away(head);
  };
  CHECK(can(""));
  CHECK(can("Content-Length: 262144\r\n"));
  CHECK_FALSE(can("Content-Length: 262145\r\n"));
  CHECK_FALSE(can("Transfer-Encoding: chunked\r\n"));
  CHECK_FALSE(can("Content-Length: 10\r\nExpect: 100-continue\r\n"));
  CHECK(can("Content-Length: 0\r\nExpect: 100-continue\r\n"));
}

TEST_CASE("reader: a body has a minute, and a second for each ten kilobytes") {
  CHECK(body_time(0) == std::chrono::seconds{60});
  CHECK(body_time(102400) == std::chrono::seconds{70});
}
