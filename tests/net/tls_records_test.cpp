#include "net/tls_records.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace martd;
using net::TlsRecords;
using Came = TlsRecords::Came;
using Suite = TlsRecords::Suite;
using Type = TlsRecords::Type;
using Alert = TlsRecords::Alert;
using Version = TlsRecords::Version;

namespace {

constexpr Suite kSuites[] = {Suite::aes_128_gcm_sha256, Suite::aes_256_gcm_sha384, Suite::chacha20_poly1305_sha256};

/// The two ends of one connection.
struct Ends {
  explicit Ends(Suite suite = Suite::aes_128_gcm_sha256, std::uint64_t rekey_after = TlsRecords::kRekeyAfter,
                Version version = Version::tls_1_3)
      : a(suite, {kOne, 0}, {kOther, 7}, rekey_after, version),
        b(suite, {kOther, 7}, {kOne, 0}, rekey_after, version) {}
  explicit Ends(Version version, Suite suite = Suite::aes_128_gcm_sha256)
      : Ends(suite, TlsRecords::kRekeyAfter, version) {}

  static constexpr std::string_view kOne = "the secret of one direction, up to 48 bytes of it";
  static constexpr std::string_view kOther = "and that of the other one, which is as long as it";
  TlsRecords a;
  TlsRecords b;
  std::string answer;  ///< what opening wants to be sent

  std::string sealed(std::string_view plain, Type type = Type::data) {
    std::string bytes;
    REQUIRE(a.seal(type, plain, bytes));
    return bytes;
  }
  TlsRecords::Opened open(std::string& bytes) { return b.open({bytes.data(), bytes.size()}, answer); }
  /// The alert that the other end sent.
  Alert told() {
    std::string ignored;
    std::vector<char> bytes(answer.begin(), answer.end());
    const auto opened = a.open(bytes, ignored);
    REQUIRE((opened.came == Came::wrong || opened.came == Came::end));
    return static_cast<Alert>(bytes[TlsRecords::kHeader + 1]);
  }
};

}  // namespace

TEST_CASE("tls records: what was sealed is opened, in every suite, whatever its size") {
  for (const Suite suite : {Suite::aes_128_gcm_sha256, Suite::aes_256_gcm_sha384, Suite::chacha20_poly1305_sha256}) {
    Ends ends(suite);
    for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 1000UL, 16383UL, 16384UL}) {
      const std::string plain(size, 'x');
      std::string bytes = ends.sealed(plain);
      CHECK(bytes.size() == size + TlsRecords::kHeader + 1 + TlsRecords::kTag);
      CHECK((size < 8 || bytes.find(plain) == std::string::npos));
      const auto opened = ends.open(bytes);
      CHECK(opened.came == Came::data);
      CHECK(opened.used == bytes.size());
      CHECK((opened.data == plain));
    }
    CHECK(ends.answer.empty());
  }
}

TEST_CASE("tls records: the same bytes are never sealed the same way twice") {
  Ends ends;
  CHECK(ends.sealed("same") != ends.sealed("same"));
}

TEST_CASE("tls records: one that is longer than a record may be is not sealed") {
  Ends ends;
  std::string bytes = "before";
  CHECK_FALSE(ends.a.seal(Type::data, std::string(16385, 'x'), bytes));
  CHECK(bytes == "before");
  std::string next = ends.sealed("next");
  CHECK(ends.open(next).data == "next");
}

TEST_CASE("tls records: a part is waited for, and what follows is left alone") {
  Ends ends;
  std::string bytes = ends.sealed("first");
  const std::size_t first = bytes.size();
  bytes += ends.sealed("second");
  for (std::size_t size = 0; size < first; ++size) {
    std::string part = bytes.substr(0, size);
    CHECK(ends.open(part).came == Came::part);
  }
  CHECK(ends.open(bytes).used == first);
  std::string rest = bytes.substr(first);
  CHECK(ends.open(rest).data == "second");
}

TEST_CASE("tls records: every bit that was changed on the way is noticed") {
  for (std::size_t bit = 0; bit < 8 * (TlsRecords::kHeader + 3 + 1 + TlsRecords::kTag); ++bit) {
    Ends ends;
    std::string bytes = ends.sealed("abc");
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    const auto opened = ends.open(bytes);
    // A length that was made longer waits for more.
    CHECK((opened.came == Came::wrong || opened.came == Came::part));
    CHECK(opened.data.empty());
  }
}

TEST_CASE("tls records: one that is lost, doubled or out of order is noticed") {
  Ends lost;
  lost.sealed("lost");
  std::string next = lost.sealed("next");
  CHECK(lost.open(next).came == Came::wrong);
  CHECK(lost.told() == Alert::bad_record_mac);
  Ends doubled;
  std::string once = doubled.sealed("once");
  std::string again = once;
  CHECK(doubled.open(once).came == Came::data);
  CHECK(doubled.open(again).came == Came::wrong);
}

TEST_CASE("tls records: what is none, is too long or too short is refused, and it is said why") {
  const auto refused = [](std::string bytes) {
    Ends ends;
    CHECK(ends.open(bytes).came == Came::wrong);
    return ends.told();
  };
  CHECK(refused("GET / HTTP/1.1\r\n\r\n") == Alert::unexpected_message);
  CHECK(refused(std::string("\x16\x03\x03\x00\x01", 5)) == Alert::unexpected_message);
  CHECK(refused(std::string("\x14\x03\x03\x00\x01\x01", 6)) == Alert::unexpected_message);
  CHECK(refused(std::string("\x17\x03\x03\x41\x01", 5)) == Alert::record_overflow);
  CHECK(refused(std::string("\x17\x03\x03\x00\x10", 5)) == Alert::bad_record_mac);
}

TEST_CASE("tls records: the peer's end and its alerts are told apart from bytes") {
  Ends ends;
  std::string bytes;
  ends.a.seal_alert(Alert::close_notify, bytes);
  CHECK(ends.open(bytes).came == Came::end);
  Ends failing;
  bytes.clear();
  failing.a.seal_alert(Alert::bad_record_mac, bytes);
  CHECK(failing.open(bytes).came == Came::wrong);
  CHECK(failing.answer.empty());
  Ends short_one;
  bytes = short_one.sealed("x", Type::alert);
  CHECK(short_one.open(bytes).came == Came::wrong);
}

TEST_CASE("tls records: keys change when the peer changes its own, and in return where it asks") {
  for (const char asked : {'\0', '\1'}) {
    Ends ends(Suite::aes_256_gcm_sha384);
    const std::string update = std::string("\x18\x00\x00\x01", 4) + asked;
    std::string bytes = ends.sealed(update, Type::handshake);
    CHECK(ends.open(bytes).came == Came::nothing);
    CHECK(ends.answer.empty() == (asked == '\0'));
    // The one who announced it goes on with the old keys here, which are no longer taken.
    std::string old = ends.sealed("old");
    CHECK(ends.open(old).came == Came::wrong);
  }
}

TEST_CASE("tls records: worn keys are changed by themselves, and nothing is lost") {
  Ends ends(Suite::aes_128_gcm_sha256, 3);
  std::string bytes;
  for (int i = 0; i < 20; ++i) REQUIRE(ends.a.seal(Type::data, std::to_string(i), bytes));
  std::string heard;
  int updates = 0;
  while (!bytes.empty()) {
    const auto opened = ends.open(bytes);
    REQUIRE((opened.came == Came::data || opened.came == Came::nothing));
    updates += opened.came == Came::nothing;
    heard += std::string(opened.data) + " ";
    bytes.erase(0, opened.used);
  }
  CHECK(updates >= 5);
  CHECK(ends.answer.empty());
  std::string plain;
  for (const char byte : heard) plain += byte == ' ' ? "" : std::string(1, byte);
  CHECK(plain == "012345678910111213141516171819");
}

TEST_CASE("tls records: any other message of a handshake ends it, and it is said why") {
  const std::pair<std::string, Alert> wrong[] = {
      {std::string("\x18\x00\x00\x01\x02", 5), Alert::illegal_parameter},
      {std::string("\x18\x00\x00\x01\xff", 5), Alert::illegal_parameter},
      {std::string("\x18\x00\x00\x00", 4), Alert::decode_error},
      {std::string("\x18\x00\x00\x02\x00\x00", 6), Alert::decode_error},
      {std::string("\x18\x01\x00\x01\x00", 5), Alert::decode_error},
      {std::string("\x01\x00\x00\x00", 4), Alert::unexpected_message},
      {std::string("\x04", 1), Alert::unexpected_message},
      {std::string("\x18\x00\x00\x01\x00\x18\x00\x00\x01\x00", 10), Alert::unexpected_message},
      {std::string(), Alert::unexpected_message}};
  for (const auto& [message, alert] : wrong) {
    Ends ends;
    std::string bytes = ends.sealed(message, Type::handshake);
    CHECK(ends.open(bytes).came == Came::wrong);
    CHECK(ends.told() == alert);
  }
}

// RFC 8446 section 5.1 lets a message be cut where its sender likes. A client that wrote the header of a KeyUpdate, and
// then its byte, was told unexpected_message.
TEST_CASE("tls records: new keys may be announced in several records, wherever they are cut") {
  const std::string update("\x18\x00\x00\x01\x00", 5);
  for (unsigned cuts = 0; cuts < 16; ++cuts) {
    CAPTURE(cuts);
    Ends ends;
    std::string piece;
    for (std::size_t i = 0; i < update.size(); ++i) {
      piece += update[i];
      if (i + 1 < update.size() && (cuts >> i & 1) == 0) continue;
      std::string bytes = ends.sealed(std::exchange(piece, {}), Type::handshake);
      const auto opened = ends.open(bytes);
      CHECK(opened.came == Came::nothing);
      CHECK(opened.used == bytes.size());
    }
    CHECK(ends.answer.empty());
    std::string old = ends.sealed("old");
    CHECK(ends.open(old).came == Came::wrong);  // the keys are the next ones
  }
}

TEST_CASE("tls records: between the records of one message there is nothing else") {
  for (const Type type : {Type::data, Type::alert}) {
    Ends ends;
    std::string bytes = ends.sealed(std::string("\x18\x00", 2), Type::handshake);
    CHECK(ends.open(bytes).came == Came::nothing);
    bytes = ends.sealed(std::string("\x01\x00", 2), type);
    CHECK(ends.open(bytes).came == Came::wrong);
    CHECK(ends.told() == Alert::unexpected_message);
  }
}

TEST_CASE("tls records of 1.2: what was sealed is opened, in every suite, whatever its size") {
  for (const Suite suite : kSuites) {
    Ends ends(Version::tls_1_2, suite);
    // AES-GCM sends a part of its nonce, and nobody hides the type.
    const std::size_t more = TlsRecords::kTag + (suite == Suite::chacha20_poly1305_sha256 ? 0 : 8);
    for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 1000UL, 16384UL}) {
      const std::string plain(size, 'x');
      std::string bytes = ends.sealed(plain);
      CHECK(bytes.size() == TlsRecords::kHeader + size + more);
      CHECK((size < 8 || bytes.find(plain) == std::string::npos));
      const auto opened = ends.open(bytes);
      CHECK(opened.came == Came::data);
      CHECK(opened.used == bytes.size());
      CHECK((opened.data == plain));
    }
    std::string bytes;
    CHECK_FALSE(ends.a.seal(Type::data, std::string(16385, 'x'), bytes));
    CHECK(ends.answer.empty());
  }
}

TEST_CASE("tls records of 1.2: every bit that was changed, and one that is lost or doubled, is noticed") {
  for (const Suite suite : kSuites) {
    for (std::size_t bit = 0; bit < 8 * (TlsRecords::kHeader + 3 + TlsRecords::kTag); ++bit) {
      Ends ends(Version::tls_1_2, suite);
      std::string bytes = ends.sealed("abc");
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      const auto opened = ends.open(bytes);
      CHECK((opened.came == Came::wrong || opened.came == Came::part));
      CHECK(opened.data.empty());
    }
    Ends lost(Version::tls_1_2, suite);
    lost.sealed("lost");
    std::string next = lost.sealed("next");
    CHECK(lost.open(next).came == Came::wrong);
    Ends doubled(Version::tls_1_2, suite);
    std::string once = doubled.sealed("once");
    std::string again = once;
    CHECK(doubled.open(once).came == Came::data);
    CHECK(doubled.open(again).came == Came::wrong);
    CHECK(doubled.sealed("same") != doubled.sealed("same"));
  }
}

// The type stands in the open there, and is sealed with the rest.
TEST_CASE("tls records of 1.2: a record is of the type that it was sealed as, and of no other") {
  Ends ends(Version::tls_1_2);
  std::string bytes = ends.sealed(std::string("\x01\x00", 2), Type::alert);
  REQUIRE(bytes[0] == static_cast<char>(Type::alert));
  bytes[0] = static_cast<char>(Type::data);
  CHECK(ends.open(bytes).came == Came::wrong);
  for (const char type : {'\x00', '\x14', '\x18', 'G'}) {
    Ends strange(Version::tls_1_2);
    bytes = strange.sealed("x", static_cast<Type>(type));
    CHECK(strange.open(bytes).came == Came::wrong);
  }
}

TEST_CASE("tls records of 1.2: too long, too short, and a part") {
  const auto came = [](std::string bytes) {
    Ends ends(Version::tls_1_2);
    return ends.open(bytes).came;
  };
  CHECK(came(std::string("\x17\x03\x03\x41\x01", 5)) == Came::wrong);
  CHECK(came(std::string("\x17\x03\x03\x00\x17", 5)) == Came::wrong);
  CHECK(came(std::string("\x17\x03\x03\x00\x18", 5)) == Came::part);
  Ends ends(Version::tls_1_2);
  const std::string bytes = ends.sealed("first");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string part = bytes.substr(0, size);
    CHECK(ends.open(part).came == Came::part);
  }
}

TEST_CASE("tls records of 1.2: warnings are passed over, an end ends, and what is fatal is") {
  const auto came = [](char level, char what) {
    Ends ends(Version::tls_1_2);
    const char alert[] = {level, what};
    std::string bytes = ends.sealed({alert, sizeof alert}, Type::alert);
    const Came is = ends.open(bytes).came;
    CHECK(ends.answer.empty());
    return is;
  };
  CHECK(came(1, 0) == Came::end);
  CHECK(came(1, 100) == Came::nothing);
  CHECK(came(1, 90) == Came::nothing);
  CHECK(came(2, 40) == Came::wrong);
}

TEST_CASE("tls records of 1.2: who would negotiate anew is told no, and goes on; any other handshake ends it") {
  Ends ends(Version::tls_1_2);
  std::string bytes = ends.sealed(std::string("\x01\x00\x00\x02\x03\x03", 6), Type::handshake);
  CHECK(ends.open(bytes).came == Came::nothing);
  std::vector<char> answer(ends.answer.begin(), ends.answer.end());
  std::string ignored;
  const auto told = ends.a.open(answer, ignored);
  CHECK(told.came == Came::nothing);
  CHECK(told.used == answer.size());
  bytes = ends.sealed("next");
  CHECK(ends.open(bytes).data == "next");
  for (const std::string& message :
       {std::string(), std::string("\x00\x00\x00\x00", 4), std::string("\x18\x00\x00\x01\x01", 5)}) {
    Ends other(Version::tls_1_2);
    bytes = other.sealed(message, Type::handshake);
    CHECK(other.open(bytes).came == Came::wrong);
  }
}

TEST_CASE("tls records of 1.2: the wish to negotiate anew may come in several records, with data between them") {
  const std::string hello("\x01\x00\x00\x05\x03\x03xyz", 9);
  for (std::size_t cut = 1; cut < hello.size(); ++cut) {
    CAPTURE(cut);
    Ends ends(Version::tls_1_2);
    std::string bytes = ends.sealed(hello.substr(0, cut), Type::handshake);
    CHECK(ends.open(bytes).came == Came::nothing);
    CHECK(ends.answer.empty());
    bytes = ends.sealed("data", Type::data);
    CHECK(ends.open(bytes).data == "data");
    bytes = ends.sealed(hello.substr(cut), Type::handshake);
    CHECK(ends.open(bytes).came == Came::nothing);
    CHECK_FALSE(ends.answer.empty());
  }
  Ends more(Version::tls_1_2);
  std::string bytes = more.sealed(hello + "and more", Type::handshake);
  CHECK(more.open(bytes).came == Came::wrong);
}

// Keys of AES-GCM wear out, and in TLS 1.2 nobody can change them.
TEST_CASE("tls records of 1.2: worn keys seal and open nothing more, and nothing is said that would look like an end") {
  for (const Suite suite : kSuites) {
    Ends ends(suite, 3, Version::tls_1_2);
    for (int i = 0; i < 3; ++i) {
      std::string bytes = ends.sealed(std::to_string(i));
      const auto opened = ends.open(bytes);
      CHECK(opened.used == bytes.size());
      CHECK(opened.data == std::to_string(i));
    }
    std::string bytes;
    CHECK_FALSE(ends.a.seal(Type::data, "x", bytes));
    ends.a.seal_alert(Alert::close_notify, bytes);
    CHECK(bytes.empty());
    TlsRecords fresh(suite, {Ends::kOne, 3}, {Ends::kOther, 7}, TlsRecords::kWornAfter, Version::tls_1_2);
    REQUIRE(fresh.seal(Type::data, "x", bytes));
    CHECK(ends.open(bytes).came == Came::wrong);
    CHECK(ends.answer.empty());
  }
}
