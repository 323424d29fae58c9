// What was seen, and what is said of it.

#include "tools/diagnosis.h"

#include <doctest/doctest.h>

namespace martd::tools {
namespace {

using namespace std::chrono_literals;

/// `FAIL stream`, and whether it says what to change.
std::string verdict(const Finding& finding) {
  constexpr const char* kGrades[] = {"PASS", "WARN", "FAIL"};
  CHECK(finding.said.find('\n') == std::string::npos);
  if (finding.grade == Grade::pass) CHECK(finding.change.empty());
  return std::string(kGrades[static_cast<int>(finding.grade)]) + ' ' + std::string(finding.subject);
}

bool names(const Finding& finding, std::string_view words) { return text_of(finding).find(words) != std::string::npos; }

TEST_CASE("diagnosis: a line, and what to change below it") {
  CHECK(text_of({Grade::pass, "stream", "first byte after 3 ms", {}}) == "PASS  stream      first byte after 3 ms\n");
  CHECK(text_of({Grade::fail, "own pages", "no", {"nginx    a", "Caddy    b"}}) ==
        "FAIL  own pages   no\n        nginx    a\n        Caddy    b\n");
  CHECK(text_of(judge(SeenStream{200, "a\x1b[2Jb", {}, 5s}))
            .starts_with("FAIL  stream      an event stream is answered 200 a?[2Jb\n"));
}

TEST_CASE("diagnosis: whether it is there at all") {
  CHECK(verdict(judge(SeenReach{"Connection: no answer", 0, false})) == "FAIL server");
  CHECK(verdict(judge(SeenReach{"", 404, false})) == "FAIL server");
  CHECK(verdict(judge(SeenReach{"", 200, true})) == "PASS server");
}

TEST_CASE("diagnosis: TLS") {
  CHECK(verdict(judge(SeenTls{false, true, true, "", "", {}})) == "PASS tls");
  CHECK(verdict(judge(SeenTls{false, false, true, "", "", {}})) == "WARN tls");
  CHECK(verdict(judge(SeenTls{true, false, true, "", "TLSv1.3", 90 * 24h})) == "PASS tls");
  CHECK(verdict(judge(SeenTls{true, false, true, "", "TLSv1.3", 3 * 24h})) == "WARN tls");
  CHECK(verdict(judge(SeenTls{true, false, true, "certificate has expired", "TLSv1.3", -24h})) == "FAIL tls");
  CHECK(verdict(judge(SeenTls{true, false, false, "whatever", "TLSv1.3", {}})) == "WARN tls");
}

TEST_CASE("diagnosis: clocks, the server's and that of whoever answers") {
  CHECK(verdict(judge(SeenClock{200ms, -300ms})) == "PASS clock");
  CHECK(verdict(judge(SeenClock{})) == "WARN clock");
  const Finding behind = judge(SeenClock{0s, -90s});
  CHECK(verdict(behind) == "WARN clock");
  CHECK(names(behind, "martd's is 90.0 s behind ours"));
  CHECK(names(judge(SeenClock{3600s, 0s}), "Date is 3600.0 s ahead of ours"));
}

TEST_CASE("diagnosis: a stream that streams, one that is late, and one that is held") {
  CHECK(verdict(judge(SeenStream{200, "text/event-stream", 3ms, 5s})) == "PASS stream");
  CHECK(verdict(judge(SeenStream{200, "text/event-stream; charset=utf-8", 2s, 5s})) == "WARN stream");
  const Finding held = judge(SeenStream{0, "", {}, 5s});
  CHECK(verdict(held) == "FAIL stream");
  for (const char* line : {"proxy_buffering off", "option http-no-delay", "buffer_responses"}) CHECK(names(held, line));
  CHECK(verdict(judge(SeenStream{200, "text/event-stream", {}, 5s})) == "FAIL stream");
  CHECK(names(judge(SeenStream{502, "text/html", {}, 5s}), "answered 502"));
}

TEST_CASE("diagnosis: compression, delivery, resume, heartbeat") {
  CHECK(verdict(judge(SeenCompression{true, ""})) == "PASS gzip");
  CHECK(verdict(judge(SeenCompression{false, ""})) == "WARN gzip");
  CHECK(verdict(judge(SeenCompression{true, "gzip"})) == "FAIL gzip");

  CHECK(verdict(judge(SeenDelivery{true, 5ms, 4ms})) == "PASS delivery");
  CHECK(verdict(judge(SeenDelivery{true, 205ms, 4ms})) == "WARN delivery");
  CHECK(verdict(judge(SeenDelivery{true, 905ms, 900ms})) == "PASS delivery");
  CHECK(verdict(judge(SeenDelivery{true, {}, 4ms})) == "FAIL delivery");
  CHECK(verdict(judge(SeenDelivery{false, {}, 0s})) == "WARN delivery");

  CHECK(verdict(judge(SeenResume{true, true, false})) == "PASS resume");
  CHECK(verdict(judge(SeenResume{false, true, false})) == "PASS resume");
  CHECK(verdict(judge(SeenResume{true, false, true})) == "FAIL resume");
  CHECK(verdict(judge(SeenResume{false, false, false})) == "WARN resume");

  CHECK(verdict(judge(SeenHeartbeat{15s, 15s, false})) == "PASS heartbeat");
  CHECK(verdict(judge(SeenHeartbeat{{}, 20s, false})) == "WARN heartbeat");
  const Finding cut = judge(SeenHeartbeat{{}, 10s, true});
  CHECK(verdict(cut) == "FAIL heartbeat");
  CHECK(names(cut, "cut after 10.0 s"));
}

TEST_CASE("diagnosis: pages, one's own and others'") {
  CHECK(verdict(judge(SeenOwnPages{false, 204})) == "PASS own pages");
  CHECK(verdict(judge(SeenOwnPages{true, 403})) == "FAIL own pages");
  const std::string origin = "https://www.example";
  CHECK(verdict(judge(SeenOrigin{origin, {origin}, true, 204})) == "PASS cors");
  CHECK(verdict(judge(SeenOrigin{origin, {"*"}, true, 204})) == "PASS cors");
  CHECK(verdict(judge(SeenOrigin{origin, {origin}, false, 204})) == "WARN cors");
  CHECK(verdict(judge(SeenOrigin{origin, {origin}, true, 405})) == "FAIL cors");
  CHECK(names(judge(SeenOrigin{origin, {}, false, 403}), "--origin https://www.example"));
  CHECK(names(judge(SeenOrigin{origin, {origin, "*"}, true, 204}), "comes 2 times"));
}

TEST_CASE("diagnosis: who may publish") {
  CHECK(verdict(judge(SeenPushing{true, false, "", 403})) == "PASS pushing");
  CHECK(verdict(judge(SeenPushing{true, true, "", 200})) == "FAIL pushing");
  const Finding forged = judge(SeenPushing{true, false, "X-Forwarded-For: 127.0.0.1", 403});
  CHECK(verdict(forged) == "FAIL pushing");
  CHECK(names(forged, "who sends X-Forwarded-For: 127.0.0.1"));
  CHECK(verdict(judge(SeenPushing{false, true, "", 200})) == "PASS pushing");
  CHECK(verdict(judge(SeenPushing{false, false, "", 403})) == "PASS pushing");
}

}  // namespace
}  // namespace martd::tools
