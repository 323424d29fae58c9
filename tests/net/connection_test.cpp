#include "net/connection.h"

#include <optional>
#include <vector>

#include "step_clock.h"
#include "tls_test.h"
#include "turns.h"

using namespace martd;
using martd::net::test::Peer;
using namespace std::chrono_literals;

namespace {

FramePtr frame(std::string bytes) {
  auto* made = new Frame;
  made->bytes = std::move(bytes);
  return FramePtr(made);
}

/// A connection that writes down what happens to it and echoes nothing.
class Probe final : public net::Connection {
 public:
  using Connection::all_written;
  using Connection::Connection;
  using Connection::end_after_writing;
  using Connection::ending;
  using Connection::fall_back_to_plain;
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
  std::string answer;  ///< to the first that is heard
  int writable = 0;
  int closed = 0;
  bool saw_end = false;
  bool cut = false;  ///< the end was not the peer's own word
  bool failed = false;
  int& destroyed;

 private:
  void on_readable() override {
    std::vector<char> bytes(64 * 1024);
    const net::IoResult result = read(bytes);
    if (result.io == net::Io::done) heard.append(bytes.data(), result.bytes);
    if (!heard.empty() && !answer.empty()) put(std::exchange(answer, {}));
    saw_end |= result.io == net::Io::end || result.io == net::Io::cut;
    cut |= result.io == net::Io::cut;
    failed |= result.io == net::Io::failed;
    if (!saw_end && !failed) watch();
  }
  void on_writable() override { ++writable; }
  void on_deadline(Time) override {}
  void on_closed() override { ++closed; }
};
using Sent = Probe::Sent;

struct ConnectionTest {
  net::test::StepClock clock;
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
  /// Another connection in the place of the first, which is not started yet.
  void renew() {
    probe->close();
    turn();
    REQUIRE(std::exchange(destroyed, 0) == 0);
    probe.reset();
    REQUIRE(std::exchange(destroyed, 0) == 1);
    peer = Peer();
    probe = new Probe(loop, peer.give(), nullptr, destroyed);
  }
  void turn() { net::test::turn(loop); }
  void pass(Duration time) {
    clock.step(time);
    turn();
  }
  /// Until the socket takes no more; what was put in.
  std::string fill() {
    std::string sent;
    while (probe->all_written()) {
      const std::string piece(10000, static_cast<char>('a' + sent.size() / 10000 % 26));
      const auto result = probe->put(piece);
      REQUIRE(result != Sent::closed);
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

TEST_CASE_FIXTURE(ConnectionTest, "connection: what came before the start can be read at once") {
  renew();
  peer.send("hello");
  CHECK(probe->start_reading());
  CHECK(probe->heard == "hello");
  peer.send(", world");
  turn();
  CHECK(probe->heard == "hello, world");
  peer.hang_up();
  turn();
  CHECK(probe->saw_end);
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: where nothing came before the start, the loop tells of what comes") {
  renew();
  CHECK_FALSE(probe->start_reading());
  CHECK(probe->heard.empty());
  peer.send("hello");
  turn();
  CHECK(probe->heard == "hello");
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: who has gone before the start is seen to have gone") {
  renew();
  peer.hang_up();
  CHECK_FALSE(probe->start_reading());
  CHECK(probe->saw_end);
}

// The loop can't be asked about writing before it watches the connection at all.
TEST_CASE_FIXTURE(ConnectionTest, "connection: an answer at the start that the socket doesn't take whole goes on") {
  renew();
  const std::string large(4 << 20, 'x');
  probe->answer = large;
  peer.send("hello");
  CHECK(probe->start_reading());
  CHECK_FALSE(probe->all_written());
  drain();
  CHECK((peer.received == large));
  CHECK(probe->all_written());
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
  const FramePtr hundred = frame(std::string(100, '#'));
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

TEST_CASE_FIXTURE(ConnectionTest,
                  "connection: a peer that takes nothing of the last answer has thirty seconds, and sees a reset") {
  peer = Peer::over_tcp();
  probe->close();
  turn();
  probe.reset();
  destroyed = 0;
  open(nullptr);
  fill();
  probe->end_after_writing();
  pass(29s);
  CHECK(probe->open());
  pass(2s);
  CHECK_FALSE(probe->open());
  CHECK(peer.reset());
}

TEST_CASE_FIXTURE(ConnectionTest, "connection: a peer that doesn't end its side has three seconds, and was told all") {
  CHECK(probe->put("bye") == Sent::written);
  probe->end_after_writing();
  pass(2s);
  CHECK(probe->open());
  peer.send("more");
  pass(2s);
  CHECK_FALSE(probe->open());
  CHECK(peer.ended());
  CHECK(peer.received == "bye");
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

// An answer in plain HTTP/1.0 is as long as its connection lasts: half of it, and then an orderly end, was a page of
// half its length that nobody could tell from a whole one, and that caches kept.
TEST_CASE_FIXTURE(ConnectionTest, "connection: closed with something in the outbox, the peer sees a reset and no end") {
  for (const bool something : {true, false}) {
    CAPTURE(something);
    probe->close();
    turn();
    probe.reset();
    destroyed = 0;
    peer = Peer::over_tcp();
    open(nullptr);
    if (something) fill();
    probe->close();
    peer.receive();
    CHECK(peer.reset() == something);
    if (!something) CHECK(peer.ended());
  }
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
    CHECK(probe->offer(frame("x"), 100) == Sent::closed);
    CHECK(probe->put("x") == Sent::closed);
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

/// The same over TLS, with a client in the same thread.
struct TlsConnectionTest : ConnectionTest {
  net::test::ContextPtr context = net::test::usual_context();
  std::optional<Peer> tls_peer;
  std::optional<net::test::TlsClient> client;
  std::string& received() { return client->received; }

  TlsConnectionTest() {
    begin();
    shake_hands();
    client->send("hello");
    turn();
    REQUIRE(probe->heard == "hello");
  }
  /// In place of the plain one. `version` 0: whichever both like best.
  void begin(int version = 0) {
    probe->close();
    probe.reset();
    turn();
    destroyed = 0;
    client.reset();
    const int descriptor = tls_peer.emplace().give();
    probe = new Probe(loop, descriptor, context->accept(descriptor), destroyed);
    probe->start();
    client.emplace(tls_peer->descriptor(), version);
  }
  void shake_hands() {
    for (int i = 0; i < 10 && !client->done(); ++i) {
      client->shake_hands();
      turn();
    }
    REQUIRE(client->done());
    turn();
  }
  void read_all() {
    do turn();
    while (client->receive());
  }
};

}  // namespace

TEST_CASE_FIXTURE(TlsConnectionTest,
                  "connection over TLS: what the socket doesn't take goes out in order as the peer reads") {
  std::string sent = fill();
  CHECK(probe->offer(frame("next"), SIZE_MAX) == Sent::queued);
  CHECK(probe->put("last") == Sent::queued);
  read_all();
  CHECK((received() == sent + "nextlast"));
  CHECK(probe->all_written());
  CHECK(probe->writable == 1);
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: an empty frame is written at once and breaks nothing") {
  CHECK(probe->offer(frame(""), 100) == Sent::written);
  CHECK(probe->offer(frame("x"), 100) == Sent::written);
  read_all();
  CHECK(received() == "x");
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: an empty frame in the outbox breaks nothing") {
  std::string sent = fill();
  CHECK(probe->offer(frame(""), SIZE_MAX) == Sent::queued);
  CHECK(probe->offer(frame("x"), SIZE_MAX) == Sent::queued);
  read_all();
  CHECK(probe->closed == 0);
  CHECK((received() == sent + "x"));
}

TEST_CASE_FIXTURE(TlsConnectionTest,
                  "connection over TLS: more than one record in one read of the socket is all read") {
  std::string sent;
  for (int i = 0; i < 20; ++i) {
    const std::string piece(1000, static_cast<char>('a' + i));
    client->send(piece);
    sent += piece;
  }
  turn();
  CHECK(probe->heard == "hello" + sent);
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: ends after writing, and the peer sees an orderly end") {
  std::string sent = fill();
  probe->end_after_writing();
  read_all();
  CHECK((received() == sent));
  CHECK(client->told_of_the_end());
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: it is established when the handshake is over") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin(version);
    turn();
    CHECK_FALSE(probe->established());
    client->shake_hands();
    turn();
    CHECK_FALSE(probe->established());
    shake_hands();
    CHECK(probe->established());
    CHECK(probe->secure());
    CHECK_FALSE(probe->saw_end);
    CHECK_FALSE(probe->failed);
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: a peer that goes without a word has hung up") {
  client->receive();  // else closing is a reset
  bool cut = true;
  SUBCASE("its machine closed the socket") { tls_peer->hang_up(); }
  SUBCASE("it half-closed it") { tls_peer->finish_writing(); }
  SUBCASE("it said goodbye") {
    SSL_shutdown(client->ssl.get());
    cut = false;
  }
  turn();
  CHECK(probe->cut == cut);
  CHECK(probe->saw_end);
  CHECK_FALSE(probe->failed);
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: one that goes in the middle of the handshake, too") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin(version);
    client->shake_hands();
    turn();
    tls_peer->hang_up();
    turn();
    CHECK((probe->saw_end || probe->failed));
    CHECK(probe->heard.empty());
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: what is no handshake is refused and ends it") {
  begin();
  tls_peer->send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  turn();
  CHECK(probe->failed);
  // It can be told in its own words.
  CHECK(probe->fall_back_to_plain());
  CHECK_FALSE(probe->secure());
  CHECK(probe->put("HTTP/1.1 400") == Sent::written);
  tls_peer->receive();
  CHECK(tls_peer->received == "HTTP/1.1 400");
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: what is neither a handshake nor HTTP gets no word") {
  const std::string record("\x16\x03\x01\x00\x05GET /", 10);
  for (const std::string& bytes : {std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("EHLO mail.example\r\n"),
                                   std::string("GETTING /"), std::string("get / HTTP/1.1\r\n"), record}) {
    CAPTURE(bytes);
    begin();
    tls_peer->send(bytes);
    turn();
    CHECK(probe->failed);
    CHECK_FALSE(probe->fall_back_to_plain());
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: nobody negotiates anew, and nothing is lost by trying") {
  begin(TLS1_2_VERSION);
  shake_hands();
  SSL_renegotiate(client->ssl.get());
  client->shake_hands();
  turn();
  client->shake_hands();
  CHECK(SSL_session_reused(client->ssl.get()) == 0);
  CHECK(probe->heard.empty());
  // OpenSSL's client takes the refusal for an error; another would go on. Either way the old session's keys hold.
  CHECK(SSL_num_renegotiations(client->ssl.get()) == 1);
  CHECK_FALSE(SSL_is_init_finished(client->ssl.get()));
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: a frame of many records goes out in one offer") {
  const std::string large(60000, 'x');
  CHECK(probe->offer(frame(large), 10) == Sent::written);
  CHECK(probe->all_written());
  read_all();
  CHECK((received() == large));
}

TEST_CASE_FIXTURE(TlsConnectionTest,
                  "connection over TLS: bytes go both ways, whatever their number, in both versions") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin(version);
    shake_hands();
    std::string sent;
    std::string said;
    for (std::size_t size = 1; size < 40000; size = size * 3 + 1) {
      const std::string piece(size, static_cast<char>('a' + size % 26));
      client->send(piece.substr(0, 16000));
      said += piece.substr(0, 16000);
      CHECK(probe->offer(frame(piece), SIZE_MAX) != Sent::closed);
      sent += piece;
      read_all();
    }
    CHECK((probe->heard == said));
    CHECK((received() == sent));
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: after the handshake OpenSSL is let go of, in every suite") {
  const std::pair<int, const char*> suites[] = {
      {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"},        {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384"},
      {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256"},  {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"}, {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"}};
  for (const auto& [version, name] : suites) {
    const auto& suite = name;  // some clang takes no structured binding into a lambda
    CAPTURE(suite);
    begin(version);
    SSL* const ssl = client->ssl.get();
    REQUIRE((version == TLS1_3_VERSION ? SSL_set_ciphersuites(ssl, suite) : SSL_set_cipher_list(ssl, suite)) == 1);
    shake_hands();
    CHECK(probe->put("first") == Sent::written);
    client->send("hello");
    turn();
    CHECK(probe->socket().light());
    CHECK(probe->put("second") == Sent::written);
    client->send("again");
    read_all();
    CHECK(probe->heard == "helloagain");
    CHECK(received() == "firstsecond");
    CHECK(SSL_get_cipher_name(ssl) == std::string(suite));
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: where OpenSSL is to seal the records, it stays") {
  const net::TlsContext::Pair pair{assets::development_certificate().bytes, assets::development_key().bytes};
  context = std::get<net::test::ContextPtr>(
      net::TlsContext::make({&pair, 1}, net::test::shared(), net::KernelTls::off, net::RecordsBy::openssl));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool said : {true, false}) {
      begin(version);
      shake_hands();
      client->send("hello");
      CHECK(probe->put("answer") == Sent::written);
      read_all();
      CHECK_FALSE(probe->socket().light());
      CHECK(probe->heard == "hello");
      CHECK(received() == "answer");
      // Its own end is told from a cut, too.
      said ? (void)SSL_shutdown(client->ssl.get()) : tls_peer->finish_writing();
      turn();
      CHECK(probe->saw_end);
      CHECK(probe->cut != said);
    }
  }
}

// Clients on small machines ask for records that they have room for. The ones that were sealed here were of 16 KiB all
// the same, and the client gave up.
TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: who asks for short records gets them") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin(version);
    SSL_set_tlsext_max_fragment_length(client->ssl.get(), TLSEXT_max_fragment_length_512);
    shake_hands();
    const std::string large(60000, 'x');
    CHECK(probe->put(large) != Sent::closed);
    read_all();
    CHECK((received() == large));
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: a session that is resumed is taken over as a new one is") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin(version);
    shake_hands();
    read_all();
    REQUIRE(client->ticket);
    const net::test::SessionPtr ticket = std::move(client->ticket);
    begin(version);
    SSL_set_session(client->ssl.get(), ticket.get());
    shake_hands();
    CHECK(SSL_session_reused(client->ssl.get()) == 1);
    client->send("hello");
    CHECK(probe->put("answer") == Sent::written);
    read_all();
    CHECK(probe->socket().light());
    CHECK(probe->heard == "hello");
    CHECK(received() == "answer");
  }
}

// A record may be cut anywhere, also where OpenSSL has read its header and not the rest: then it isn't let go of yet.
TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: nothing is lost wherever the bytes are cut") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::size_t piece : {1UL, 2UL, 3UL, 5UL, 7UL, 64UL, 1000UL}) {
      CAPTURE(piece);
      begin(version);
      BIO* const out = BIO_new(BIO_s_mem());
      BIO* const in = BIO_new(BIO_s_mem());
      BIO_set_mem_eof_return(in, -1);
      SSL_set_bio(client->ssl.get(), in, out);
      // What the client has to say goes to the server in pieces, one a turn.
      const auto carry = [&] {
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out, &bytes);
        const std::string all(bytes, static_cast<std::size_t>(size));
        (void)BIO_reset(out);
        for (std::size_t at = 0; at < all.size(); at += piece) {
          tls_peer->send(std::string_view(all).substr(at, piece));
          turn();
        }
        turn();
        tls_peer->receive();
        BIO_write(in, tls_peer->received.data(), static_cast<int>(tls_peer->received.size()));
        tls_peer->received.clear();
      };
      for (int i = 0; i < 4; ++i) {
        client->shake_hands();
        carry();
      }
      REQUIRE(client->done());
      std::string sent;
      for (const std::size_t size : {1UL, 100UL, 5000UL}) {
        const std::string text(size, static_cast<char>('a' + sent.size() % 26));
        client->send(text);
        sent += text;
      }
      carry();
      CHECK((probe->heard == sent));
      CHECK(probe->put("answer") == Sent::written);
      carry();
      client->receive();
      CHECK(received() == "answer");
    }
  }
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS 1.2: what the socket doesn't take goes out in order, too") {
  begin(TLS1_2_VERSION);
  shake_hands();
  std::string sent = fill();
  CHECK(probe->offer(frame("next"), SIZE_MAX) == Sent::queued);
  CHECK(probe->put("last") == Sent::queued);
  read_all();
  CHECK((received() == sent + "nextlast"));
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: a peer that only changes keys gives no rest, and is left") {
  for (int i = 0; i < 100 && !probe->failed; ++i) {
    // Only its own, as answers would fill its side of the socket.
    if (SSL_key_update(client->ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED) != 1) break;
    client->shake_hands();
    turn();
  }
  CHECK(probe->failed);
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: a record that was changed on the way ends the connection") {
  tls_peer->send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  turn();
  CHECK(probe->failed);
  CHECK(probe->heard == "hello");
}

TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: keys are changed when a peer asks for it, either way") {
  begin(TLS1_3_VERSION);
  shake_hands();
  for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    REQUIRE(SSL_key_update(client->ssl.get(), kind) == 1);
    client->send("after");
    turn();
    CHECK(probe->put("answer") == Sent::written);
    read_all();
  }
  CHECK(probe->heard == "afterafterafter");
  CHECK(received() == "answeransweranswer");
}

// Each of them is answered, and the answers went into a queue without an end.
TEST_CASE_FIXTURE(TlsConnectionTest, "connection over TLS: who asks for keys without end and reads no answer is left") {
  begin(TLS1_3_VERSION);
  shake_hands();
  for (int i = 0; i < 200000 && !probe->failed; ++i) {
    // A byte between them: it isn't one of those that bring nothing.
    if (SSL_key_update(client->ssl.get(), SSL_KEY_UPDATE_REQUESTED) != 1) break;
    if (SSL_write(client->ssl.get(), "x", 1) != 1) break;
    turn();
  }
  CHECK(probe->failed);
}
