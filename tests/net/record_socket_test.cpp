#include "net/record_socket.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "net/records_check.h"
#include "tls_test.h"

using namespace martd;
using net::Io;
using net::test::Peer;

namespace {

/// OpenSSL's client, and the records of the server's side that were taken over from a handshake.
struct RecordSocketTest {
  net::test::ContextPtr context = net::test::usual_context();
  Peer peer;
  int descriptor = peer.give();
  net::test::TlsClient client{peer.descriptor(), TLS1_3_VERSION};
  std::optional<net::RecordSocket> socket;
  Time now{std::chrono::hours{500000}};
  std::string heard;

  RecordSocketTest() {
    const net::SslPtr server = context->accept(descriptor);
    for (int turn = 0; turn < 10 && !(client.done() && SSL_is_init_finished(server.get())); ++turn) {
      client.shake_hands();
      SSL_do_handshake(server.get());
    }
    auto records = net::hand_over(*server);
    REQUIRE(records);
    socket.emplace(std::move(records));
    client.receive();
  }
  ~RecordSocketTest() { ::close(descriptor); }

  /// All that is there; how it ended.
  Io read() {
    std::vector<char> bytes(64 * 1024);
    for (;;) {
      const net::IoResult result = socket->read(descriptor, bytes, now);
      if (result.io != Io::done) return result.io;
      heard.append(bytes.data(), result.bytes);
    }
  }
  Io change_keys() {
    REQUIRE(SSL_key_update(client.ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    client.shake_hands();
    return read();
  }
};

}  // namespace

// A client may change its keys whenever it likes, and one that did so each minute lost its stream at the 33rd time,
// after half an hour in which nothing else came from it. It is a flood that is not to be borne.
TEST_CASE_FIXTURE(RecordSocketTest, "record socket: changes of keys that are apart in time go on for ever") {
  for (int i = 0; i < 300; ++i) {
    now += std::chrono::milliseconds{100};
    REQUIRE(change_keys() == Io::again);
  }
  client.send("still here");
  CHECK(read() == Io::again);
  CHECK(heard == "still here");
}

TEST_CASE_FIXTURE(RecordSocketTest, "record socket: more than 32 of them within a second end the connection") {
  for (int i = 0; i < 32; ++i) REQUIRE(change_keys() == Io::again);
  SUBCASE("the next in the same second is too much") {
    now += std::chrono::milliseconds{999};
    CHECK(change_keys() == Io::failed);
  }
  SUBCASE("after it they count anew") {
    now += std::chrono::milliseconds{1000};
    for (int i = 0; i < 32; ++i) REQUIRE(change_keys() == Io::again);
    CHECK(change_keys() == Io::failed);
  }
  SUBCASE("after data, too") {
    client.send("x");
    for (int i = 0; i < 32; ++i) REQUIRE(change_keys() == Io::again);
    CHECK(change_keys() == Io::failed);
  }
}

TEST_CASE_FIXTURE(RecordSocketTest, "record socket: the peer's own end is told from one that anybody could have made") {
  SUBCASE("its own word, and then its socket") {
    SSL_shutdown(client.ssl.get());
    peer.finish_writing();
    CHECK(read() == Io::end);
    CHECK(read() == Io::end);
  }
  SUBCASE("its socket alone") {
    peer.finish_writing();
    CHECK(read() == Io::cut);
  }
  SUBCASE("its socket, in the middle of a record") {
    peer.send(std::string("\x17\x03\x03\x00\x40 and not all of it", 22));
    peer.finish_writing();
    CHECK(read() == Io::cut);
  }
}

// The last word is 24 bytes. Where the socket was full of the answer before it, it was lost, and an answer that had
// gone out whole looked cut off.
TEST_CASE_FIXTURE(RecordSocketTest,
                  "record socket: the last word waits for room, is said once, and nothing comes after it") {
  const std::string piece(16000, 'x');
  std::size_t written = 0;
  for (;;) {
    const net::IoResult result = socket->write(descriptor, piece);
    if (result.io != Io::done) break;
    written += result.bytes;
  }
  CHECK_FALSE(socket->say_goodbye(descriptor));
  CHECK_FALSE(socket->say_goodbye(descriptor));
  while (client.receive()) (void)socket->say_goodbye(descriptor);
  CHECK(socket->say_goodbye(descriptor));
  client.receive();
  CHECK(client.received.size() == written + piece.size());
  CHECK(client.told_of_the_end());
  // Neither an answer to a wish for new keys.
  REQUIRE(SSL_key_update(client.ssl.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
  client.shake_hands();
  CHECK(read() == Io::again);
  CHECK_FALSE(peer.receive());
}

TEST_CASE("records check: with the OpenSSL that is here all goes well, again and again") {
  const auto context = net::test::usual_context();
  for (int i = 0; i < 2; ++i) CHECK(net::check_records(*context) == "");
}

// A record that was counted once too seldom is the same nonce twice.
TEST_CASE("records check: a hand-over that is wrong by one is noticed, and it is said where") {
  const auto context = net::test::usual_context();
  CHECK(net::check_records(*context, [](SSL&) { return nullptr; }) == "TLS 1.3, TLS_AES_128_GCM_SHA256: no hand-over");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::string wrong = net::check_records(*context, [version](SSL& ssl) {
      auto records = net::hand_over(ssl);
      std::string lost;
      if (SSL_version(&ssl) == version) REQUIRE(records->seal(net::TlsRecords::Type::data, "lost", lost));
      return records;
    });
    CHECK(wrong == (version == TLS1_2_VERSION ? "TLS 1.2, ECDHE-ECDSA-AES128-GCM-SHA256: data is lost or damaged"
                                              : "TLS 1.3, TLS_AES_128_GCM_SHA256: data is lost or damaged"));
  }
}

namespace {
std::size_t g_largest = 0;
bool g_all_zero = true;
}  // namespace

// OpenSSL frees what it had of a connection as it is. Whoever read the memory of the process later, by whatever hole,
// found the keys of connections that had long been handed over or ended.
TEST_CASE("tls: what OpenSSL frees with a connection is overwritten before") {
  net::show_cleared([](const unsigned char* bytes, std::size_t size) {
    g_largest = std::max(g_largest, size);
    g_all_zero = g_all_zero && std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; });
  });
  { const RecordSocketTest handed_over; }
  net::show_cleared(nullptr);
  CHECK(g_largest > 2000);  // the SSL itself
  CHECK(g_all_zero);
}
