#include "net/connection.h"

#include <openssl/err.h>

#include <vector>

#include "assets.h"
#include "net/tls_context.h"
#include "socket_pair.h"
#include "turns.h"

using namespace martd;
using martd::net::test::Peer;

namespace {

push::FramePtr frame(std::string bytes) {
  auto* made = new push::Frame;
  made->bytes = std::move(bytes);
  return push::FramePtr(made);
}

/// A connection that writes down what happens to it and echoes nothing.
class Probe final : public net::Connection {
 public:
  using Connection::all_written;
  using Connection::Connection;
  using Connection::end_after_writing;
  using Connection::ending;
  using Connection::offer;
  using Connection::put;
  using Connection::queued;
  using Connection::Sent;
  using Connection::set_deadline;
  using Connection::socket;

  Probe(net::Loop& loop, int descriptor, net::SslPtr tls, int& destroyed_count)
      : Connection(loop, descriptor, std::move(tls)), destroyed(destroyed_count) {}
  ~Probe() override { ++destroyed; }

  std::string heard;
  int writable = 0;
  int closed = 0;
  bool saw_end = false;
  bool failed = false;
  int& destroyed;

 private:
  void on_readable() override {
    std::vector<char> bytes(64 * 1024);
    const net::IoResult result = read(bytes);
    if (result.io == net::Io::done) heard.append(bytes.data(), result.bytes);
    saw_end |= result.io == net::Io::end;
    failed |= result.io == net::Io::failed;
    if (!saw_end && !failed) watch();
  }
  void on_writable() override { ++writable; }
  void on_deadline(push::Time) override {}
  void on_closed() override { ++closed; }
};
using Sent = Probe::Sent;

struct ConnectionTest {
  net::Clock clock;
  net::Loop loop{clock};
  Peer peer;
  int destroyed = 0;
  boost::intrusive_ptr<Probe> probe;

  ConnectionTest() {
    net::test::begin(loop);
    open(nullptr);
  }
  ~ConnectionTest() {
    probe->close();
    probe.reset();
    turn();
    CHECK(destroyed == 1);
    CHECK(loop.outbox_bytes() == 0);
  }
  void open(net::SslPtr tls) {
    probe = new Probe(loop, peer.give(), std::move(tls), destroyed);
    probe->start();
  }
  void turn() { net::test::turn(loop); }
  /// Until the socket takes no more; what was put in.
  std::string fill() {
    std::string sent;
    while (probe->all_written()) {
      const std::string piece(10000, static_cast<char>('a' + sent.size() / 10000 % 26));
      const auto result = probe->put(piece);
      REQUIRE(result != Sent::gone);
      sent += piece;
    }
    return sent;
  }
  void drain() {
    do turn();
    while (peer.receive(30000));
  }
};

}  // namespace

TEST_CASE_FIXTURE(ConnectionTest, "connection: reads what comes and writes what the socket takes") {
  peer.send("hello");
  turn();
  CHECK(probe->heard == "hello");
  CHECK(probe->offer(frame("abc"), 0) == Sent::written);
  CHECK(probe->put("def") == Sent::written);
  peer.receive();
  CHECK(peer.received == "abcdef");
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: what the socket doesn't take goes out in order as the peer reads") {
  std::string sent = fill();
  CHECK(loop.outbox_bytes() == probe->queued());
  CHECK(probe->offer(frame("next"), SIZE_MAX) == Sent::queued);
  CHECK(probe->put("last") == Sent::queued);
  CHECK(probe->writable == 0);
  drain();
  CHECK((peer.received == sent + "nextlast"));
  CHECK(probe->all_written());
  CHECK(probe->writable == 1);
  CHECK(loop.outbox_bytes() == 0);
}

TEST_CASE_FIXTURE(ConnectionTest,
                  "connection: past the limit an offer is refused whole, and on_writable comes when there is room") {
  std::string sent = fill();
  const std::size_t queued = probe->queued();
  const push::FramePtr hundred = frame(std::string(100, '#'));
  CHECK(probe->offer(hundred, queued + 99) == Sent::refused);
  CHECK(probe->queued() == queued);
  CHECK(probe->offer(hundred, queued + 100) == Sent::queued);
  CHECK(probe->offer(hundred, queued + 100) == Sent::refused);
  drain();
  CHECK((peer.received == sent + std::string(100, '#')));
  CHECK(probe->writable == 1);
}

TEST_CASE_FIXTURE(ConnectionTest,
                  "connection: with an empty outbox and a full socket, on_writable comes after a refusal, too") {
  // Fill the kernel's buffer exactly: what is queued beyond it is none of it.
  while (::send(probe->socket().descriptor(), "x", 1, MSG_NOSIGNAL) == 1) {
  }
  CHECK(probe->offer(frame("too much"), 7) == Sent::refused);
  CHECK(probe->all_written());
  drain();
  CHECK(probe->writable == 1);
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: a frame that was begun is finished, even past the limit") {
  const std::string large(4 << 20, 'x');
  CHECK(probe->offer(frame(large), 10) == Sent::queued);
  CHECK(probe->queued() > 10);
  CHECK(probe->offer(frame("y"), 10) == Sent::refused);
  drain();
  CHECK((peer.received == large));
}

TEST_CASE_FIXTURE(ConnectionTest,
                  "connection: ends after writing, when the peer has everything, and reads away what still comes") {
  std::string sent = fill();
  probe->end_after_writing();
  CHECK(probe->ending());
  drain();
  CHECK((peer.received == sent));
  CHECK(peer.ended());
  CHECK(probe->closed == 0);
  peer.send("ignored");
  turn();
  CHECK(probe->heard.empty());
  CHECK(probe->open());
  peer.finish_writing();
  turn();
  CHECK(probe->closed == 1);
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: ends at once where nothing waits") {
  CHECK(probe->put("bye") == Sent::written);
  probe->end_after_writing();
  CHECK(peer.ended());
  CHECK(peer.received == "bye");
  peer.hang_up();
  turn();
  CHECK(probe->closed == 1);
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: closed, it tells once, loses its outbox and outlives its handlers") {
  fill();
  probe->close();
  probe->close();
  CHECK(probe->closed == 1);
  CHECK_FALSE(probe->open());
  CHECK(loop.outbox_bytes() == 0);
  turn();
  CHECK(destroyed == 0);  // the test holds it
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: the peer's end and its going are told apart from silence") {
  turn();
  CHECK_FALSE(probe->saw_end);
  peer.finish_writing();
  turn();
  CHECK(probe->saw_end);
}

TEST_CASE_FIXTURE(ConnectionTest,
                  "connection: to a peer that is gone, offers and answers fail, and what is queued closes it") {
  SUBCASE("nothing queued") {
    peer.hang_up();
    CHECK(probe->offer(frame("x"), 100) == Sent::gone);
    CHECK(probe->put("x") == Sent::gone);
    CHECK(probe->closed == 0);
  }
  SUBCASE("something queued") {
    fill();
    peer.hang_up();
    turn();
    CHECK(probe->closed == 1);
  }
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: an empty frame is written at once") {
  CHECK(probe->offer(frame(""), 100) == Sent::written);
  CHECK(probe->put("") == Sent::written);
  const std::string sent = fill();
  CHECK(probe->offer(frame(""), SIZE_MAX) == Sent::queued);
  CHECK(probe->put("x") == Sent::queued);
  drain();
  CHECK((peer.received == sent + "x"));
}

namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// The same over TLS, with a client in the same thread.
struct TlsConnectionTest : ConnectionTest {
  std::shared_ptr<const net::TlsContext> context;
  std::unique_ptr<SSL_CTX, FreeContext> client_context{SSL_CTX_new(TLS_client_method())};
  net::SslPtr client{SSL_new(client_context.get())};
  Peer tls_peer;
  std::string received;

  TlsConnectionTest() {
    probe->close();
    probe.reset();
    turn();
    destroyed = 0;
    auto made = net::TlsContext::make(assets::development_certificate().bytes, assets::development_key().bytes);
    context = std::get<std::shared_ptr<const net::TlsContext>>(made);
    const int descriptor = tls_peer.give();
    probe = new Probe(loop, descriptor, context->accept(descriptor), destroyed);
    probe->start();
    SSL_set_fd(client.get(), tls_peer.descriptor());
    SSL_set_connect_state(client.get());
    for (int i = 0; i < 10 && !SSL_is_init_finished(client.get()); ++i) {
      SSL_do_handshake(client.get());
      turn();
    }
    REQUIRE(SSL_is_init_finished(client.get()));
    SSL_write(client.get(), "hello", 5);
    turn();
    REQUIRE(probe->heard == "hello");
  }
  void read_all() {
    char bytes[16384];
    for (bool any = true; any;) {
      any = false;
      turn();
      for (int got = 0; (got = SSL_read(client.get(), bytes, sizeof bytes)) > 0; any = true)
        received.append(bytes, static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(TlsConnectionTest,
                  "connection over TLS: what the socket doesn't take goes out in order as the peer reads") {
  std::string sent = fill();
  CHECK(probe->offer(frame("next"), SIZE_MAX) == Sent::queued);
  CHECK(probe->put("last") == Sent::queued);
  read_all();
  CHECK((received == sent + "nextlast"));
  CHECK(probe->all_written());
  CHECK(probe->writable == 1);
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: an empty frame is written at once and breaks nothing") {
  CHECK(probe->offer(frame(""), 100) == Sent::written);
  CHECK(probe->offer(frame("x"), 100) == Sent::written);
  read_all();
  CHECK(received == "x");
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: an empty frame in the outbox breaks nothing") {
  std::string sent = fill();
  CHECK(probe->offer(frame(""), SIZE_MAX) == Sent::queued);
  CHECK(probe->offer(frame("x"), SIZE_MAX) == Sent::queued);
  read_all();
  CHECK(probe->closed == 0);
  CHECK((received == sent + "x"));
}

TEST_CASE_FIXTURE(TlsConnectionTest,
                  "connection over TLS: more than one record in one read of the socket is all read") {
  std::string sent;
  for (int i = 0; i < 20; ++i) {
    const std::string piece(1000, static_cast<char>('a' + i));
    REQUIRE(SSL_write(client.get(), piece.data(), 1000) == 1000);
    sent += piece;
  }
  turn();
  CHECK(probe->heard == "hello" + sent);
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: ends after writing, and the peer sees an orderly end") {
  std::string sent = fill();
  probe->end_after_writing();
  read_all();
  CHECK((received == sent));
  CHECK((SSL_get_shutdown(client.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
}
