#include "wire/address.h"

#include <doctest/doctest.h>

namespace martd::wire {
namespace {

std::string read(std::string_view text) {
  const auto address = parse_address(text);
  return address ? address->to_string() : "nothing";
}

bool in(std::string_view set, std::string_view address) {
  const auto parsed = AddressSet::parse(set);
  if (!parsed) FAIL(parsed.error().message);
  return parsed->contains(boost::asio::ip::make_address(address));
}

std::string refused(std::string_view set) {
  const auto parsed = AddressSet::parse(set);
  REQUIRE(parsed.has_error());
  return parsed.error().message;
}

TEST_CASE("address: without the zone it is the same to another machine") {
  const auto shown = [](const char* text) { return text_of(without_zone(boost::asio::ip::make_address(text))); };
  CHECK(shown("fe80::1%1") == "fe80::1");
  CHECK(shown("2001:db8::1") == "2001:db8::1");
  CHECK(shown("192.0.2.1") == "192.0.2.1");
}

TEST_CASE("address: with and without a port, with and without brackets") {
  CHECK(read("1.2.3.4") == "1.2.3.4");
  CHECK(read("1.2.3.4:80") == "1.2.3.4");
  CHECK(read("::1") == "::1");
  CHECK(read("2001:DB8::1") == "2001:db8::1");
  CHECK(read("[::1]") == "::1");
  CHECK(read("[2001:db8::1]:65535") == "2001:db8::1");
  CHECK(read("::ffff:1.2.3.4") == "::ffff:1.2.3.4");
}

TEST_CASE("address: its text") {
  for (const char* text :
       {"0.0.0.0", "127.0.0.1", "10.20.30.40", "255.255.255.255", "::", "::1", "2001:db8::a:1", "::ffff:1.2.3.4"}) {
    CAPTURE(text);
    CHECK(text_of(boost::asio::ip::make_address(text)) == text);
  }
}

TEST_CASE("address: what is not one") {
  for (const char* text : {"",
                           "unknown",
                           "_hidden",
                           "localhost",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "01.2.3.4",
                           "1.2.3.4:",
                           "1.2.3.4:x",
                           "1.2.3.4:65536",
                           "1.2.3.4:000080",
                           "1.2.3.4:-1",
                           "[1.2.3.4]",
                           "[::1",
                           "::1]",
                           "[]",
                           "[::1]80",
                           "[::1]:",
                           "[::1]:x",
                           "[[::1]]",
                           ":::",
                           ":80",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.4,5.6.7.8",
                           "fe80::1%eth0",
                           "[fe80::1%25eth0]",
                           "0x1.2.3.4",
                           "1:2:3:4:5:6:7:8:9",
                           "12345::"}) {
    CAPTURE(text);
    CHECK(read(text) == "nothing");
  }
  CHECK(read(std::string_view("1.2.3.4\0junk", 12)) == "nothing");
}

TEST_CASE("address: a mapped IPv6 address is the IPv4 address that it is") {
  using boost::asio::ip::make_address;
  CHECK(plain(make_address("::ffff:1.2.3.4")) == make_address("1.2.3.4"));
  CHECK(plain(make_address("1.2.3.4")) == make_address("1.2.3.4"));
  CHECK(plain(make_address("::1")) == make_address("::1"));
  CHECK(plain(make_address("::1.2.3.4")) == make_address("::1.2.3.4"));
}

TEST_CASE("address set: networks and single addresses") {
  const char* set = "10.0.0.0/8, 192.168.1.5,fd00::/8,2001:db8::1";
  CHECK(in(set, "10.255.0.1"));
  CHECK_FALSE(in(set, "11.0.0.1"));
  CHECK(in(set, "192.168.1.5"));
  CHECK_FALSE(in(set, "192.168.1.4"));
  CHECK(in(set, "fd12::1"));
  CHECK_FALSE(in(set, "fe00::1"));
  CHECK(in(set, "2001:db8::1"));
  CHECK_FALSE(in(set, "2001:db8::2"));
}

TEST_CASE("address set: every length of a network") {
  for (int length = 0; length <= 32; ++length) {
    const std::string set = "255.255.255.255/" + std::to_string(length);
    CHECK(in(set, "255.255.255.255"));
    CHECK(in(set, "0.0.0.0") == (length == 0));
    CHECK(in(set, "255.255.255.254") == (length < 32));
  }
  for (int length = 0; length <= 128; ++length) {
    const std::string set = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/" + std::to_string(length);
    CHECK(in(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    CHECK(in(set, "7fff::") == (length == 0));
    CHECK(in(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe") == (length < 128));
  }
}

TEST_CASE("address set: bits past the length of a network don't matter") {
  CHECK(in("10.1.2.3/8", "10.200.0.1"));
  CHECK(in("fd00::1/8", "fd12::2"));
}

TEST_CASE("address set: mapped addresses are compared as IPv4, on both sides") {
  CHECK(in("10.0.0.0/8", "::ffff:10.1.1.1"));
  CHECK(in("::ffff:10.0.0.0/104", "10.1.1.1"));
  CHECK_FALSE(in("::ffff:10.0.0.0/104", "11.1.1.1"));
  CHECK_FALSE(in("::/0", "10.1.1.1"));
}

TEST_CASE("address set: the words") {
  CHECK(in("loopback", "127.0.0.1"));
  CHECK(in("loopback", "127.255.0.1"));
  CHECK(in("loopback", "::1"));
  CHECK(in("loopback", "::ffff:127.0.0.1"));
  CHECK_FALSE(in("loopback", "128.0.0.1"));
  CHECK_FALSE(in("loopback", "::2"));
  CHECK(in("all", "8.8.8.8"));
  CHECK(in("all", "2001:db8::1"));
  CHECK_FALSE(in("none", "127.0.0.1"));
  CHECK_FALSE(in("", "127.0.0.1"));
  CHECK(AddressSet::parse("none")->empty());
  CHECK(AddressSet::parse("")->empty());
  CHECK(AddressSet{}.empty());
  CHECK_FALSE(AddressSet::parse("loopback,10.0.0.5")->empty());
}

TEST_CASE("address set: an error names the piece") {
  for (const std::string piece : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8/8",
                                  "/8", "localhost", "Loopback", "10.0.0", "[::1]", "10.0.0.5:80", "10.0.0.0/ 8"}) {
    CAPTURE(piece);
    CHECK(refused("127.0.0.1," + piece + ",::1").starts_with("not an address or a network: " + piece + " (taken: "));
  }
}

}  // namespace
}  // namespace martd::wire
