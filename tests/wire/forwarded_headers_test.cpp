#include "wire/forwarded_headers.h"

#include <doctest/doctest.h>

#include <vector>

namespace martd::wire {
namespace {

using Lines = std::vector<std::string_view>;

/// Who sent it, with 10.0.0.0/8 and fd00::/8 trusted.
std::string peer(std::string_view connection, const Lines& x_forwarded_for, const Lines& forwarded = {}) {
  const AddressSet trusted = AddressSet::parse("10.0.0.0/8,fd00::/8").value();
  const auto address = effective_peer(boost::asio::ip::make_address(connection), x_forwarded_for, forwarded, trusted);
  return address ? address->to_string() : "nobody";
}

std::string by_forwarded(const Lines& lines) { return peer("10.0.0.1", {}, lines); }

TEST_CASE("peer: without a trusted proxy it is the connection's") {
  CHECK(peer("1.2.3.4", {}) == "1.2.3.4");
  CHECK(peer("::ffff:1.2.3.4", {}) == "1.2.3.4");
  CHECK(peer("2001:db8::1", {}) == "2001:db8::1");
}

TEST_CASE("peer: a forwarding header from one who isn't trusted makes it nobody, even an empty one") {
  CHECK(peer("1.2.3.4", {"127.0.0.1"}) == "nobody");
  CHECK(peer("1.2.3.4", {"1.2.3.4"}) == "nobody");
  CHECK(peer("1.2.3.4", {}, {"for=1.2.3.4"}) == "nobody");
  CHECK(peer("1.2.3.4", {""}) == "nobody");
  CHECK(peer("1.2.3.4", {}, {""}) == "nobody");
}

TEST_CASE("peer: a trusted proxy that says nothing makes it nobody") {
  CHECK(peer("10.0.0.1", {}) == "nobody");
  CHECK(peer("10.0.0.1", {""}) == "nobody");
  CHECK(peer("10.0.0.1", {" , ,"}) == "nobody");
  CHECK(peer("10.0.0.1", {}, {""}) == "nobody");
  CHECK(peer("10.0.0.1", {}, {" , "}) == "nobody");
}

TEST_CASE("peer: the rightmost address that is not a trusted proxy") {
  CHECK(peer("10.0.0.1", {"1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"127.0.0.1, 1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"127.0.0.1, 1.2.3.4, 10.0.0.2,fd00::3"}) == "1.2.3.4");
  CHECK(peer("::ffff:10.0.0.1", {"1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"1.2.3.4, ::ffff:10.0.0.2"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"::ffff:1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"2001:db8::1"}) == "2001:db8::1");
  CHECK(peer("10.0.0.1", {"[2001:db8::1]:443, 10.0.0.2:80"}) == "2001:db8::1");
  CHECK(peer("10.0.0.1", {"1.2.3.4:5678"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {",1.2.3.4,\t,"}) == "1.2.3.4");
}

TEST_CASE("peer: the leftmost where all are trusted") {
  CHECK(peer("10.0.0.1", {"10.0.0.9, 10.0.0.8"}) == "10.0.0.9");
  CHECK(by_forwarded({"for=10.0.0.9", "for=10.0.0.8"}) == "10.0.0.9");
}

TEST_CASE("peer: several lines are one list") {
  CHECK(peer("10.0.0.1", {"127.0.0.1", "1.2.3.4, 10.0.0.2", "10.0.0.3"}) == "1.2.3.4");
  CHECK(by_forwarded({"for=127.0.0.1", "for=1.2.3.4, for=10.0.0.2"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"1.2.3.4", ""}) == "1.2.3.4");
}

TEST_CASE("peer: nobody where the address that decides can't be read; left of it anything may stand") {
  for (const char* rubbish : {"unknown", "_hidden", "localhost", "1.2.3", "1.2.3.4 5.6.7.8", "\"1.2.3.4\"", "::1%lo"}) {
    const std::string text = rubbish;
    CAPTURE(text);
    CHECK(peer("10.0.0.1", {text}) == "nobody");
    CHECK(peer("10.0.0.1", {"1.2.3.4, " + text}) == "nobody");
    CHECK(peer("10.0.0.1", {"1.2.3.4," + text + ", 10.0.0.2"}) == "nobody");
    CHECK(peer("10.0.0.1", {text + ", 1.2.3.4"}) == "1.2.3.4");
    CHECK(peer("10.0.0.1", {text, "1.2.3.4"}) == "1.2.3.4");
  }
}

TEST_CASE("Forwarded: the forms of RFC 7239") {
  CHECK(by_forwarded({"for=192.0.2.43"}) == "192.0.2.43");
  CHECK(by_forwarded({"For=\"192.0.2.43:47011\""}) == "192.0.2.43");
  CHECK(by_forwarded({"FOR=\"[2001:db8:cafe::17]:4711\""}) == "2001:db8:cafe::17");
  CHECK(by_forwarded({"for=\"[2001:db8::1]\""}) == "2001:db8::1");
  CHECK(by_forwarded({"for=192.0.2.60;proto=http;by=203.0.113.43"}) == "192.0.2.60");
  CHECK(by_forwarded({"by=203.0.113.43; proto=http ;for=192.0.2.60;"}) == "192.0.2.60");
  CHECK(by_forwarded({"for=192.0.2.43, for=198.51.100.17"}) == "198.51.100.17");
  CHECK(by_forwarded({"for=127.0.0.1 , for=198.51.100.17;by=\"a,b;for=8.8.8.8\"\t,for=10.0.0.2"}) == "198.51.100.17");
  CHECK(by_forwarded({"for=\"1\\92.0.2.43\""}) == "192.0.2.43");
  CHECK(by_forwarded({"for=\"192.0.2.43:_port\""}) == "192.0.2.43");
  CHECK(by_forwarded({",, for=192.0.2.43 ,"}) == "192.0.2.43");
}

TEST_CASE("Forwarded: forms that are common though not the RFC's") {
  CHECK(by_forwarded({"for=192.0.2.43:47011"}) == "192.0.2.43");
  CHECK(by_forwarded({"for=[2001:db8::1]:4711"}) == "2001:db8::1");
}

TEST_CASE("Forwarded: nobody where the deciding element has no readable address") {
  for (const char* element : {"for=unknown", "for=_hidden", "for=\"_hidden:80\"", "proto=https", "by=1.2.3.4",
                              "for=\"\"", "for=\"2001:db8::1:80\"", "for=localhost"}) {
    const std::string text = element;
    CAPTURE(text);
    CHECK(by_forwarded({text}) == "nobody");
    CHECK(by_forwarded({"for=1.2.3.4, " + text}) == "nobody");
    CHECK(by_forwarded({text + ", for=1.2.3.4"}) == "1.2.3.4");
  }
}

TEST_CASE("Forwarded: a malformed line is one element that can't be read") {
  for (const char* line : {"1.2.3.4", "for", "for=", "=1.2.3.4", "for =1.2.3.4", "for= 1.2.3.4", "for=\"1.2.3.4",
                           "for=\"1.2.3.4\\", "for=1.2.3.4;for=1.2.3.4", "for=\"1.2.3.4\"x", "for=1.2.3.4 for=5.6.7.8",
                           "for=1.2.3.4 x", "for=1.2.3.4\"", "\"for\"=1.2.3.4"}) {
    const std::string text = line;
    CAPTURE(text);
    CHECK(by_forwarded({text}) == "nobody");
    CHECK(by_forwarded({"for=1.2.3.4, " + text}) == "nobody");
    CHECK(by_forwarded({text, "for=1.2.3.4"}) == "1.2.3.4");
  }
}

TEST_CASE("Forwarded: a quote that a client left open can't swallow what the proxy adds") {
  // The proxy appends `, for="[2001:db8::1]:4711"` to what the client sent.
  CHECK(by_forwarded({"for=127.0.0.1;x=\", for=\"[2001:db8::1]:4711\""}) == "nobody");
  CHECK(by_forwarded({"for=127.0.0.1;x=\", for=2.2.2.2"}) == "nobody");
}

TEST_CASE("peer: where both headers are sent they must come to the same address") {
  CHECK(peer("10.0.0.1", {"1.2.3.4"}, {"for=1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"8.8.8.8, 1.2.3.4:80"}, {"for=\"[::ffff:1.2.3.4]\", for=10.0.0.2"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"1.2.3.4"}, {"for=1.2.3.5"}) == "nobody");
  CHECK(peer("10.0.0.1", {"1.2.3.4"}, {"for=unknown"}) == "nobody");
  CHECK(peer("10.0.0.1", {"unknown"}, {"for=1.2.3.4"}) == "nobody");
  CHECK(peer("10.0.0.1", {"unknown"}, {"for=unknown"}) == "nobody");
  CHECK(peer("10.0.0.1", {""}, {"for=1.2.3.4"}) == "nobody");
}

TEST_CASE("Forwarded: the scheme by which the client came to the first proxy") {
  CHECK(forwarded_proto("for=1.2.3.4;proto=https") == "https");
  CHECK(forwarded_proto("Proto=\"HTTPS\"") == "HTTPS");
  CHECK(forwarded_proto(" , for=1.2.3.4;proto=https, for=5.6.7.8;proto=http") == "https");
  CHECK(forwarded_proto("for=1.2.3.4, for=5.6.7.8;proto=https") == "");
  for (const char* line : {"", "for=1.2.3.4", "proto", "proto=", "proto=https;proto=http", "proto=https, \"",
                           "proto =https", "xproto=https", "for=\";proto=https"}) {
    CAPTURE(line);
    CHECK(forwarded_proto(line) == "");
  }
}

}  // namespace
}  // namespace martd::wire
