// A long-poll whose header lines are those of the one before isn't parsed again (src/http/known_heads.h). Whatever is
// asked by a connection that knows them must be answered as on a new connection, which knows none: by two servers, with
// the same channels and the same clock, to the byte.

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <utility>

#include "base/ascii.h"
#include "fuzz.h"
#include "http/worker.h"
#include "net/clock.h"
#include "push/hub.h"

using namespace martd;
using namespace std::chrono_literals;
using fuzz::hold;

namespace {

/// Time stands still, so that dates and etags are the same for both.
class StillClock final : public net::Clock {
 public:
  Time now() const override { return start() + ahead_; }
  void step(Duration by) { ahead_ += by; }

 private:
  Duration ahead_{0};
};

struct Came {
  std::string bytes;
  bool ended = false;

  bool operator==(const Came&) const = default;
};

class Server {
 public:
  explicit Server(StillClock& clock) : clock_(clock), loop_(clock_), hub_(clock.start()) { turn(); }
  ~Server() {
    drop();
    turn();
    hold(worker_.sessions() == 0, "no session is left");
  }

  void connect() {
    drop();
    int ends[2];
    hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "a socket pair");
    own_ = ends[0];
    worker_.accept(ends[1], *wire::parse_address("127.0.0.1"), nullptr);
    turn();
  }
  bool connected() const { return own_ >= 0; }
  void drop() {
    if (own_ >= 0) ::close(std::exchange(own_, -1));
    turn();
  }
  void send(std::string_view bytes) {
    hold(::send(own_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()), "it fits");
    turn();
  }
  Came came() {
    turn();
    Came came;
    char bytes[16384];
    ssize_t got = 0;
    while ((got = ::recv(own_, bytes, sizeof bytes, 0)) > 0) came.bytes.append(bytes, static_cast<std::size_t>(got));
    came.ended = got == 0;
    return came;
  }
  void turn() {
    while (loop_.turn(Duration{0})) {
    }
  }

 private:
  static std::shared_ptr<http::Settings> settings() {
    auto made = std::make_shared<http::Settings>();
    made->access.publish_from = wire::AddressSet::parse("loopback").value();
    made->access.origins = wire::OriginList::parse("https://b.example").value();
    return made;
  }

  StillClock& clock_;
  net::Loop loop_;
  push::Hub hub_;
  http::ConnectionCount count_;
  http::Worker worker_{0, loop_, hub_, count_, settings()};
  int own_ = -1;
};

class Both {
 public:
  void ask(std::string_view request) {
    if (!knows_.connected()) knows_.connect();
    asks_anew_.connect();
    for (Server* server : {&knows_, &asks_anew_}) server->send(request);
    bool whole = compare();
    if (!whole) {
      // It waits, or the rest of it is waited for.
      clock_.step(400s);
      compare();
      clock_.step(400s);
      compare();
    }
    asks_anew_.drop();
    if (!whole) knows_.drop();
  }
  void drop() { knows_.drop(); }
  void push(std::string_view channel) {
    const std::string request = "POST /pub?channel=" + std::string(channel) +
                                "&size=3 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx";
    knows_.drop();
    ask(request);
    knows_.drop();
  }
  void pass() { clock_.step(1s); }

 private:
  /// Whether there was an answer after which the next request can be asked.
  bool compare() {
    const Came known = knows_.came();
    const Came anew = asks_anew_.came();
    hold(known == anew, "what is known is answered like what is new");
    return !known.bytes.empty() && !known.ended && known.bytes.find("Connection: close") == std::string::npos;
  }

  StillClock clock_;
  Server knows_{clock_};
  Server asks_anew_{clock_};
};

}  // namespace

/// Header lines up to an empty one; then each line is a request line, or `+CHANNEL`, a push, or `>`: a second passes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::signal(SIGPIPE, SIG_IGN);
  constexpr int kMost = 12;
  std::string_view rest = fuzz::text(data, size);
  std::string lines;
  for (std::string_view line = fuzz::take(rest); !line.empty(); line = fuzz::take(rest)) {
    lines += line;
    lines += "\r\n";
  }
  lines += "\r\n";

  // A body that the head speaks of follows it. Where that isn't plain, what it takes for one would differ: then each
  // request has a connection of its own.
  std::string small = lines;
  for (char& c : small) c = lower(c);
  std::string body;
  bool goes_on = small.find("transfer-encoding") == small.npos;
  if (const auto at = small.find("content-length"); at != small.npos) {
    constexpr std::string_view kTwo = "content-length: 2\r\n";
    goes_on = goes_on && small.substr(at).starts_with(kTwo) && (at == 0 || small[at - 1] == '\n') &&
              small.find("content-length", at + 1) == small.npos;
    body = "xx";
  }

  Both both;
  both.push("a");
  both.push("b");
  for (int steps = 0; steps < kMost && !rest.empty(); ++steps) {
    const std::string_view line = fuzz::take(rest);
    if (line.empty()) continue;
    if (line == ">") {
      both.pass();
    } else if (line.front() == '+') {
      both.push(line.substr(1, 20).find_first_of(" \r&#%") == line.npos ? line.substr(1, 20) : "a");
    } else {
      // The lines are known from here on, if they ever are.
      both.ask("GET /sub?a=0&.wait=0&.transport=poll HTTP/1.1\r\n" + lines + body);
      if (!goes_on) both.drop();
      both.ask(std::string(line) + "\r\n" + lines + body);
      if (!goes_on) both.drop();
    }
  }
  return 0;
}
