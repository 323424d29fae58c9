#include "admin/logins.h"

#include <doctest/doctest.h>

#include <set>

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::seconds{1763600000}};

TEST_CASE("logins: a cookie's value is random, long, and known until its time is over") {
  Logins logins;
  std::set<std::string> values;
  for (int i = 0; i < 50; ++i) values.insert(logins.open(kNow));
  CHECK(values.size() == 50);
  const std::string& value = *values.begin();
  CHECK(value.size() == 64);
  CHECK(logins.known(value, kNow));
  CHECK(logins.known(value, kNow + Logins::kLife - 1ns));
  CHECK_FALSE(logins.known(value, kNow + Logins::kLife));
  CHECK_FALSE(logins.known(value.substr(1), kNow));
  CHECK_FALSE(logins.known("", kNow));
}

TEST_CASE("logins: closed, all closed, and the oldest forgotten for another") {
  Logins logins;
  const std::string first = logins.open(kNow);
  const std::string second = logins.open(kNow);
  logins.close(first);
  CHECK_FALSE(logins.known(first, kNow));
  CHECK(logins.known(second, kNow));
  for (std::size_t i = 0; i < Logins::kMost; ++i) logins.open(kNow);
  CHECK_FALSE(logins.known(second, kNow));
  const std::string last = logins.open(kNow);
  logins.clear();
  CHECK_FALSE(logins.known(last, kNow));
}

TEST_CASE("logins: the cookie among others") {
  CHECK(cookie_in("martd_admin=x", "martd_admin") == "x");
  CHECK(cookie_in("a=1; martd_admin=x; b=2", "martd_admin") == "x");
  CHECK(cookie_in("a=1;martd_admin=x", "martd_admin") == "x");
  for (const char* header : {"", ";", "martd_admin", "xmartd_admin=x", "martd_admins=x", "a=martd_admin=x"}) {
    CAPTURE(header);
    CHECK(cookie_in(header, "martd_admin").empty());
  }
}

}  // namespace
}  // namespace martd::admin
