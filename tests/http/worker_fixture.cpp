#include "worker_fixture.h"

#include "push/hub.h"

namespace martd::http::test {

std::string Reply::header(std::string_view name) const {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const auto at = head.find(wanted);
  if (at == std::string::npos) return {};
  const auto begin = at + wanted.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string take_chunks(std::string& bytes) {
  std::string body;
  std::size_t at = 0;
  for (;;) {
    const auto line = bytes.find("\r\n", at);
    if (line == std::string::npos) break;
    const std::size_t size = std::stoul(bytes.substr(at, line - at), nullptr, 16);
    const std::size_t end = line + 2 + size;
    if (bytes.size() < end + 2) break;
    CHECK(bytes.compare(end, 2, "\r\n") == 0);
    body.append(bytes, line + 2, size);
    at = end + 2;
  }
  bytes.erase(0, at);
  return body;
}

Reply take_reply(std::string& bytes) {
  Reply reply;
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return reply;
  reply.head = bytes.substr(0, end + 4);
  const std::string length = reply.header("Content-Length");
  const int status = std::stoi(reply.head.substr(9, 3));
  const bool bare = status == 204 || status == 304 || status < 200;
  if (reply.header("Transfer-Encoding") == "chunked") {
    bytes.erase(0, end + 4);
    reply.status = status;
    reply.body = take_chunks(bytes);
    return reply;
  }
  std::size_t size = bytes.size() - end - 4;
  if (!length.empty() || bare) {
    const std::size_t wanted = bare ? 0 : std::stoul(length);
    if (size < wanted) return {};
    size = wanted;
  }
  reply.status = status;
  reply.body = bytes.substr(end + 4, size);
  bytes.erase(0, end + 4 + size);
  return reply;
}

wire::Address address(const char* text) { return *wire::parse_address(text); }

WorkerTest::WorkerTest() : kept_hub_(std::make_unique<push::Hub>(clock.start())) { net::test::begin(loop); }

WorkerTest::~WorkerTest() {
  worker.abandon();
  turn();
  CHECK(count.open == 0);
  CHECK(worker.sessions() == 0);
  const Counters& counters = worker.counters();
  CHECK(counters.polls_held.value() == 0);
  CHECK(counters.event_streams_held.value() == 0);
  CHECK(counters.line_streams_held.value() == 0);
  CHECK(loop.outbox_bytes() == 0);
}

std::shared_ptr<Settings> WorkerTest::defaults() {
  auto made = std::make_shared<Settings>();
  made->access.publish_from = wire::AddressSet::parse("loopback").value();
  return made;
}

void WorkerTest::pass(Duration time) {
  clock.step(time);
  turn();
}

net::test::Peer WorkerTest::connect(const char* from) {
  Peer peer;
  worker.accept(peer.give(), address(from), nullptr);
  turn();
  return peer;
}

void WorkerTest::send(Peer& peer, std::string_view bytes) {
  peer.send(bytes);
  turn();
  peer.receive();
}

Reply WorkerTest::ask(Peer& peer, std::string_view method, std::string_view target, std::string_view headers,
                      std::string_view body) {
  std::string request(method);
  request += " ";
  request += target;
  request += " HTTP/1.1\r\nHost: localhost\r\n";
  request += headers;
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n";
  request += body;
  send(peer, request);
  return take_reply(peer.received);
}

Reply WorkerTest::reply(Peer& peer) {
  turn();
  peer.receive();
  return take_reply(peer.received);
}

std::string WorkerTest::more(Peer& peer) {
  turn();
  peer.receive();
  return std::exchange(peer.received, {});
}

push::Receipt WorkerTest::publish(const std::string& channel, std::string payload, push::Attributes attributes,
                                  std::optional<Duration> expire) {
  const auto content = push::test::content(std::move(payload), {}, expire);
  const auto receipts = push::test::publish_in(hub, channel, content, loop.now(), attributes);
  REQUIRE(receipts.has_value());
  return receipts->front();
}

std::size_t WorkerTest::subscribers(const std::string& channel) {
  const auto info = hub.inspect(channel, push::test::claim(), loop.now());
  return info ? info->subscribers : 0;
}

push::ChannelInfo WorkerTest::info(const std::string& channel) {
  const auto found = hub.inspect(channel, push::test::claim(), loop.now());
  REQUIRE(found.has_value());
  return *found;
}

std::size_t WorkerTest::channels() const { return hub.registry().channels(); }

}  // namespace martd::http::test
