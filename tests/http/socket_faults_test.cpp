// A connection can fail at each call that is made for it. Small conversations are held over and over: the first call
// fails, then the second, and so on until a conversation has fewer calls. Whatever happens to one client, the others
// get what they would have got, what was kept for it is let go of, and the loop comes to rest. What fails in passing
// (the socket is full, a signal comes, one byte is taken) isn't to be seen at all.

#include "../net/socket_faults.h"

#include <openssl/err.h>

#include <cctype>
#include <deque>
#include <map>
#include <optional>

#include "../net/tls_test.h"
#include "push/hub.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace faults = net::test::faults;
using faults::Manner;

namespace {

/// A client of a conversation, who goes on as if nothing were the matter when its connection breaks.
class Talker {
 public:
  explicit Talker(bool by_https) {
    if (by_https) tls_ = std::make_unique<net::test::TlsClient>(peer.descriptor());
  }

  void say(std::string_view bytes) {
    ERR_clear_error();
    if (tls_) {
      SSL_write(tls_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    } else {
      (void)::send(peer.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
  }
  /// True: there was something.
  bool listen() {
    if (!reads) return false;
    if (!tls_) return peer.receive();
    ERR_clear_error();
    if (!tls_->done()) tls_->shake_hands();
    return tls_->done() && tls_->receive();
  }
  /// The server has ended it. What came before that was listened to.
  bool ended() const {
    char byte = 0;
    const ssize_t got = ::recv(peer.descriptor(), &byte, 1, MSG_PEEK);
    return got == 0 || (got < 0 && errno != EAGAIN) || (tls_ && tls_->told_of_the_end());
  }
  const std::string& heard() const { return tls_ ? tls_->received : peer.received; }
  bool ready() const { return !tls_ || tls_->done(); }

  net::test::Peer peer;
  bool reads = true;
  bool publishes = false;
  bool streams = false;  ///< `news`

 private:
  std::unique_ptr<net::test::TlsClient> tls_;
};

/// As it came but for what differs each time: dates, etags, delays, and how a stream is cut into chunks.
std::string comparable(std::string heard) {
  std::string out;
  while (!heard.empty()) {
    const auto end = heard.find("\r\n\r\n");
    if (end == std::string::npos) break;
    std::string head = heard.substr(0, end + 4);
    if (const auto date = head.find("Date: "); date != std::string::npos)
      head.erase(date, head.find("\r\n", date) + 2 - date);
    heard.erase(0, end + 4);
    out += head;
    if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
      out += take_chunks(heard);
      heard.clear();
    } else if (const auto length = head.find("Content-Length: "); length != std::string::npos) {
      const auto size = std::stoul(head.substr(length + 16));
      out += heard.substr(0, size);
      heard.erase(0, size);
    }
  }
  // Etags by the order in which they are named.
  constexpr std::size_t kLong = 16;
  std::map<std::string, std::size_t> names;
  std::string plain;
  constexpr const char* kDigits = "0123456789";
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t begin = std::min(out.find_first_of(kDigits, at), out.size());
    plain.append(out, at, begin - at);
    at = std::min(out.find_first_not_of(kDigits, begin), out.size());
    const std::string number = out.substr(begin, at - begin);
    if (number.size() >= kLong) {
      plain += "<etag " + std::to_string(names.emplace(number, names.size()).first->second) + ">";
    } else {
      plain += plain.ends_with("retry: ") ? "<delay>" : number;
    }
  }
  return plain;
}

/// The payloads in it, which are all written as `<name>`.
std::vector<std::string> payloads(const std::string& heard) {
  std::vector<std::string> found;
  for (auto at = heard.find("<p"); at != std::string::npos; at = heard.find("<p", at + 1))
    found.push_back(heard.substr(at, heard.find('>', at) + 1 - at));
  return found;
}

class Conversation : public WorkerTest {
 public:
  explicit Conversation(bool by_https) {
    static const net::test::ContextPtr context = net::test::usual_context();
    if (by_https) context_ = context;
  }
  ~Conversation() { faults::stop(); }

  Talker& join() {
    Talker& talker = talkers_.emplace_back(context_ != nullptr);
    const int descriptor = talker.peer.give();
    faults::follow(descriptor, static_cast<int>(talkers_.size()) - 1);
    worker.accept(descriptor, address("127.0.0.1"), context_);
    settle();
    return talker;
  }
  void say(Talker& talker, std::string_view bytes) {
    talker.say(bytes);
    settle();
  }
  Talker& follow(const std::string& wants) {
    Talker& talker = join();
    say(talker, "GET /sub?" + wants + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return talker;
  }
  Talker& stream(const std::string& wants, const std::string& transport = "sse") {
    Talker& talker = follow(wants + "&.transport=" + transport);
    talker.streams = wants.starts_with("news=");
    return talker;
  }
  Talker& publisher() {
    Talker& talker = join();
    talker.publishes = true;
    return talker;
  }
  void push(Talker& by, const std::string& channel, const std::string& payload) {
    say(by, "POST /pub?channel=" + channel + "&size=100 HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                std::to_string(payload.size()) + "\r\n\r\n" + payload);
  }
  /// Until nothing happens any more.
  void settle() {
    constexpr int kMostTurns = 3000;
    int turns = 0;
    for (int quiet = 0; quiet < 3; ++quiet) {
      REQUIRE_MESSAGE(++turns < kMostTurns, "the loop doesn't come to rest");
      bool any = loop.turn(Duration{0});
      for (Talker& talker : talkers_) any |= talker.listen();
      if (any) quiet = -1;
    }
  }
  /// Everyone leaves, and nothing is kept of anyone.
  void end() {
    faults::stop();
    for (Talker& talker : talkers_) {
      talker.reads = true;
      settle();
    }
    for (const Talker& talker : talkers_) {
      told.push_back(comparable(talker.heard()));
      ended.push_back(talker.ended());
    }
    for (Talker& talker : talkers_) talker.peer.hang_up();
    settle();
    CHECK(worker.sessions() == 0);
    CHECK(count.open == 0);
    CHECK(count.bodies.held() == 0);
    CHECK(faults::followed() == 0);
    CHECK(loop.outbox_bytes() == 0);
    for (const char* channel : {"news", "other"}) CHECK(subscribers(channel) == 0);
    CHECK(hub.registry().followed() == 0);
  }
  /// What is kept of `news`, the oldest first.
  std::vector<std::string> published() {
    const push::Registry::ShardLock lock(hub.registry(), push::Registry::mask_of("news"));
    std::vector<std::string> all;
    const push::Channel* const there = hub.registry().find("news", loop.now());
    for (std::size_t i = 0; there && i < there->backlog().count(); ++i)
      for (const std::string& payload : payloads(there->backlog()[i].content->payload)) all.push_back(payload);
    return all;
  }
  const std::deque<Talker>& talkers() const { return talkers_; }

  std::size_t queued = 0;  ///< where a conversation comes to it
  std::vector<std::string> told;
  std::vector<bool> ended;  ///< by the server, before anyone left

 private:
  net::test::ContextPtr context_;
  std::deque<Talker> talkers_;
};

// --- the conversations ---

void pushes(Conversation& with) {
  with.stream("news=0");
  with.stream("news=0", "lines");
  Talker& first = with.publisher();
  with.push(first, "news", "<p1>");
  with.push(first, "news", "<p2>");
  Talker& second = with.publisher();
  with.push(second, "news", "<p3>");
}

void polls(Conversation& with) {
  with.follow("news=0");
  with.follow("news=0&other=0");
  Talker& first = with.publisher();
  with.push(first, "news", "<p1>");
  with.follow("news=0");
  Talker& second = with.publisher();
  with.push(second, "news", "<p2>");
}

void two_channels(Conversation& with) {
  with.stream("news=0");
  with.stream("other=0");
  with.stream("news=0&other=0");
  Talker& first = with.publisher();
  with.push(first, "news", "<p1>");
  with.push(first, "other", "<o1>");
  Talker& second = with.publisher();
  with.push(second, "other", "<o2>");
  with.push(second, "news", "<p2>");
  with.stream("news=0&other=0");
}

void falls_behind(Conversation& with) {
  with.settings->max_behind = 4096;
  Talker& slow = with.stream("news=0", "lines");
  with.stream("news=0", "lines");
  slow.reads = false;
  Talker& by = with.publisher();
  const std::string much(3500, 'x');
  for (int i = 0; i < 30; ++i) with.push(by, "news", "<p" + std::to_string(i) + ">" + much);
  with.queued = with.loop.outbox_bytes();
  slow.reads = true;
  with.settle();
  with.push(by, "news", "<p30>");
}

void bodies_in_pieces(Conversation& with) {
  with.stream("news=0");
  const std::string head = "POST /pub?channel=news&size=100 HTTP/1.1\r\nHost: a\r\n";
  Talker& chunked = with.publisher();
  with.say(chunked, head + "Transfer-Encoding: chunked\r\n\r\n");
  for (const char* piece : {"2\r\n<p", "\r\n", "2\r\n1>\r\n", "0\r\n\r\n"}) with.say(chunked, piece);
  Talker& counted = with.publisher();
  with.say(counted, head + "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  for (const char* piece : {"<", "p", "2>"}) with.say(counted, piece);
  with.push(counted, "news", "<p3>");
}

void refused_bodies(Conversation& with) {
  with.settings->max_payload = 1000;
  with.stream("news=0");
  Talker& too_long = with.publisher();
  with.say(too_long, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n");
  for (int i = 0; i < 5; ++i) with.say(too_long, std::string(1000, 'x'));
  Talker& wrong = with.publisher();
  with.say(wrong, "POST /pub?channel=news&sise=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 2; ++i) with.say(wrong, std::string(500, 'x'));
  with.push(wrong, "news", "<p1>");
}

void stops(Conversation& with) {
  with.stream("news=0&other=0");
  with.stream("news=0", "lines");
  with.follow("other=0");
  with.join();
  Talker& by = with.publisher();
  with.push(by, "news", "<p1>");
  with.say(by, "POST /pub?channel=news&size=100 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n<p");
  bool stopped = false;
  with.worker.stop([&] { stopped = true; });
  with.settle();
  with.say(by, "2>");
  CHECK_FALSE(stopped);  // nobody has ended its side
  with.end();
  CHECK(stopped);
}

struct Row {
  const char* name;
  void (*talk)(Conversation&);
  bool by_https = false;  ///< there, too, it is worth its time
  bool ends_itself = false;
};
constexpr Row kConversations[] = {
    {"pushes", pushes, true},
    {"polls", polls},
    {"two channels", two_channels},
    {"falls behind", falls_behind, true},
    {"bodies in pieces", bodies_in_pieces},
    {"refused bodies", refused_bodies, true},
    {"stops", stops, true, true},
};

std::vector<std::string> usual(const Row& row, bool by_https) {
  Conversation all(by_https);
  row.talk(all);
  if (!row.ends_itself) all.end();
  if (row.talk == falls_behind) CHECK(all.worker.counters().fell_behind.value() > 0);
  if (row.talk == falls_behind) CHECK(all.queued > 0);
  for (const std::string& told : all.told) CHECK_FALSE((told.empty() && row.talk != stops));
  return all.told;
}

/// A number that was cut off is none.
std::string whole_part(std::string told) {
  const auto part = told.rfind('<');
  if (part != std::string::npos && told.find('>', part) == std::string::npos) told.resize(part);
  while (!told.empty() && std::isdigit(static_cast<unsigned char>(told.back()))) told.pop_back();
  return told;
}

/// Whoever publishes is told how many listen, and one who is lost doesn't.
std::string without_audience(std::string told) {
  constexpr std::string_view kName = "\"subscribers\":";
  for (auto at = told.find(kName); at != std::string::npos; at = told.find(kName, at + 1))
    told.erase(at + kName.size(), told.find_first_not_of("0123456789", at + kName.size()) - at - kName.size());
  return told;
}

/// What the others heard while `victim` was lost, and that it wasn't left waiting for what it doesn't get. Only where
/// the kernel doesn't do what it is told about a descriptor that it watches it takes a time-out to find that out.
void check_others(Conversation& all, const std::vector<std::string>& usual, std::size_t victim, faults::Call call) {
  if (call != faults::Call::watch)
    CHECK((all.ended[victim] || without_audience(all.told[victim]) == without_audience(usual[victim])));
  const bool lost_publisher = all.talkers()[victim].publishes;
  const std::vector<std::string> published = all.published();
  for (std::size_t i = 0; i < usual.size(); ++i) {
    CAPTURE(i);
    if (i == victim) continue;
    const Talker& talker = all.talkers()[i];
    if (!lost_publisher) {
      CHECK(without_audience(all.told[i]) == without_audience(usual[i]));
    } else if (talker.streams) {
      CHECK(payloads(all.told[i]) == published);
    } else if (!talker.publishes) {
      CHECK(payloads(all.told[i]).size() <= published.size());
    }
  }
  if (lost_publisher) return;
  const std::string part = whole_part(all.told[victim]);
  CHECK(usual[victim].substr(0, part.size()) == part);
}

void each_call_fails(const Row& row, Manner manner, bool by_https) {
  const std::vector<std::string> expected = usual(row, by_https);
  constexpr std::size_t kMost = 1000;
  std::size_t nth = 0;
  for (bool happened = true; happened;) {
    REQUIRE(++nth < kMost);
    CAPTURE(nth);
    Conversation all(by_https);
    faults::fail(manner, nth);
    row.talk(all);
    const auto failed = faults::failed();
    if (!row.ends_itself) all.end();
    REQUIRE(all.told.size() == expected.size());
    happened = failed.has_value();
    const int call = happened ? static_cast<int>(failed->call) : -1;
    const int whose = happened ? failed->whose : -1;
    CAPTURE(call);
    CAPTURE(whose);
    if (!happened || harmless(manner)) {
      for (std::size_t i = 0; i < expected.size(); ++i) CHECK(all.told[i] == expected[i]);
    } else {
      check_others(all, expected, static_cast<std::size_t>(whose), failed->call);
    }
  }
  CHECK(nth > 5);
}

void for_each_conversation(bool by_https) {
  for (const Row& row : kConversations) {
    if (by_https && !row.by_https) continue;
    for (const Manner manner : faults::kManners) {
      const std::string conversation = row.name;
      const std::string how = faults::name_of(manner);
      CAPTURE(conversation);
      CAPTURE(how);
      each_call_fails(row, manner, by_https);
    }
  }
}

}  // namespace

TEST_CASE("socket faults: whatever fails on a plain connection, the others don't notice") {
  for_each_conversation(false);
}

TEST_CASE("socket faults: whatever fails on a connection by https, the others don't notice") {
  for_each_conversation(true);
}
