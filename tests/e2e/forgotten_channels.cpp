// Section 3 of the contract, on channels that went and came back, and on servers that did.

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

bool tells_a_loss(const std::string& told) { return told.rfind("[missed", 0) == 0; }

/// A great many channels that are published to once and forgotten, `kAtOnce` in a push.
class ManyChannels {
 public:
  static constexpr int kAtOnce = 500;

  ManyChannels(const Client& server, const std::string& prefix, int count) : connection_(server.endpoint()) {
    for (int from = 0; from < count; from += kAtOnce) {
      std::vector<std::string> names;
      for (int i = from; i < from + kAtOnce; ++i) names.push_back(prefix + std::to_string(i));
      publish(names);
    }
  }

  void await_forgotten() {
    for (auto& push : pushes_) {
      std::string requests;
      for (auto& [name, etag] : push) requests += "GET /pub?channel=" + name + " HTTP/1.1\r\nHost: x\r\n\r\n";
      await("all channels to be forgotten", [&] {
        connection_.send(requests);
        bool all = true;
        for (std::size_t i = 0; i < push.size(); ++i) all = connection_.read_answer().status == 404 && all;
        return all;
      });
    }
  }

  /// How many are told of a loss where their cursor is the last etag.
  int alarms() {
    std::size_t count = 0;
    for (auto& push : pushes_) {
      std::string form = ".wait=0";
      for (auto& [name, etag] : push) form += "&" + name + "=" + etag;
      count += count_of(connection_.ask("POST", "/sub", {}, form).read_answer().body, "\"missed\"");
    }
    return static_cast<int>(count);
  }

 private:
  using Push = std::vector<std::pair<std::string, std::string>>;  ///< names and etags

  void publish(const std::vector<std::string>& names) {
    std::string query = "life=1ms";
    for (auto& name : names) query += "&channel=" + name;
    Answer answer = connection_.ask("POST", "/pub?" + query, {}, "x").read_answer();
    if (answer.status != 200) throw std::runtime_error("many channels: " + answer.body);
    auto channels = answer.parsed().at("channels").as_object();
    Push push;
    for (auto& name : names) push.emplace_back(name, text_at(channels.at(name), "etag"));
    pushes_.push_back(std::move(push));
  }

  Connection connection_;
  std::vector<Push> pushes_;
};

}  // namespace

TEST_SUITE_BEGIN("cursors");

TEST_CASE_FIXTURE(DefaultServer, "a channel that comes back has greater etags than ever before") {
  std::string before;
  for (int i = 0; i < 20; ++i) {
    std::string etag = server.publish("news", "a");
    if (!before.empty()) CHECK(distance(before, etag) > 0);
    before = etag;
    CHECK(server.clear("news").status == 200);
    server.await_forgotten("news");
  }
}

TEST_CASE_FIXTURE(DefaultServer, "a channel that was forgotten while idle and comes back raises no false alarm") {
  std::string a = server.publish("news", "a");
  std::string b = server.publish("news", "b", "life=1ms");
  server.await_forgotten("news");
  CHECK(server.told("news", b) == "");
  server.publish("news", "c");
  CHECK(server.told("news", b) == "c");
  CHECK(server.told("news", a) == "[missed] c");
  CHECK(server.told("news", "0") == "c");
}

TEST_CASE_FIXTURE(DefaultServer, "a loss in a channel that is now forgotten is told at once, and once") {
  std::string a = server.publish("news", "a");
  std::string b = server.publish("news", "b", "life=1ms");
  server.await_forgotten("news");
  HeldPoll poll(server.endpoint(), "news=" + a + "&.wait=60");
  Answer answer = poll.answer();
  CHECK(tells_a_loss(told_in(answer, "news")));
  CHECK(distance(b, cursor_in(answer)) >= 0);
  CHECK(server.told("news", cursor_in(answer)) == "");
  server.publish("news", "c");
  CHECK(server.told("news", cursor_in(answer)) == "c");
}

TEST_CASE_FIXTURE(DefaultServer, "a cursor that is two lives old is told of what was lost between") {
  std::string a = server.publish("news", "a", "life=1ms");
  server.await_forgotten("news");
  std::string b = server.publish("news", "b", "life=1ms");
  server.await_forgotten("news");
  server.publish("news", "c");
  CHECK(server.told("news", a) == "[missed] c");
  CHECK(server.told("news", b) == "c");
}

TEST_CASE_FIXTURE(DefaultServer, "a subscriber that stays while all messages go is told of no loss, as it had them") {
  EventStream stream(server.endpoint(), "news=now");
  server.publish("news", "a", "life=1ms");
  CHECK(stream.next().data == "a");
  server.await_messages("news", 0);
  server.publish("news", "b");
  CHECK(stream.next().data == "b");
}

TEST_CASE_FIXTURE(DefaultServer, "the last etags of the newest hundred thousand forgotten channels are remembered") {
  std::string idle = server.publish("early", "a", "life=1ms");
  server.await_forgotten("early");
  ManyChannels older(server, "o", 50'000), newer(server, "n", 51'000);
  older.await_forgotten();
  newer.await_forgotten();
  std::string late = server.publish("late", "a", "life=1ms");
  server.await_forgotten("late");

  CHECK(newer.alarms() == 0);
  server.publish("late", "b");
  CHECK(server.told("late", late) == "b");
  server.publish("early", "b");
  CHECK(server.told("early", idle) == "[missed] b");  // nobody knows any more that nothing was lost
  std::string fresh = server.look("never seen", "now").cursor;
  server.publish("never seen", "a");
  CHECK(server.told("never seen", fresh) == "a");
}

TEST_CASE("after a restart without a store every older cursor is told of a loss, at once and once") {
  std::string old;
  {
    TestServer before;
    old = before.publish("news", "a");
  }
  TestServer after;
  HeldPoll held(after.endpoint(), "news=" + old + "&.wait=60");
  Answer answer = held.answer();
  CHECK(told_in(answer, "news") == "[missed]");
  std::string moved = cursor_in(answer);
  CHECK(distance(old, moved) > 0);
  CHECK(after.told("news", moved) == "");
  std::string b = after.publish("news", "b");
  CHECK(distance(old, b) > 0);
  CHECK(after.told("news", old) == "[missed] b");
  CHECK(after.told("news", moved) == "b");
  CHECK(after.told("news", "0") == "b");
}

TEST_CASE("after a restart an event stream is told of its loss before the next message") {
  std::string old;
  {
    TestServer before;
    old = before.publish("news", "a");
  }
  TestServer after;
  std::string b = after.publish("news", "b");
  EventStream stream(after.endpoint(), "news=0", {{"Last-Event-ID", old}});
  Event loss = stream.next();
  CHECK(loss.type == "martd.missed");
  CHECK(json::parse(loss.data) == json::value{{"channel", "news"}, {"missed", true}});
  CHECK(stream.next() == Event{"message", "b", b});
  EventStream resumed(after.endpoint(), "news=0", {{"Last-Event-ID", loss.id}});
  CHECK(resumed.next() == Event{"message", "b", b});
}

TEST_SUITE_END();
