#include "server/http_settings.h"

#include <doctest/doctest.h>

namespace martd {
namespace {

using namespace std::chrono_literals;

TEST_CASE("http settings: what an option sets is there as it is") {
  Options options;
  options.max_behind = 5000;
  options.publish.max_size = 7;
  options.subscribe.max_wait = 8s;
  options.access.publish_secret = "s";
  options.admin_token = "t";
  options.prefix = "/push";
  const http::Settings settings = http_settings(options, 9, 0);
  CHECK(settings.max_behind == 5000);
  CHECK(settings.publish.max_size == 7);
  CHECK(settings.subscribe.max_wait == 8s);
  CHECK(settings.access.publish_secret == "s");
  CHECK(settings.admin_token == "t");
  CHECK(settings.prefix == "/push");
  CHECK(settings.max_connections == 9);
  CHECK_FALSE(settings.has_upstream);
}

TEST_CASE("http settings: what follows from several") {
  Options options;
  options.http = {{"push.example", 1}};
  options.https = {{"secure.example", 2}};
  options.access.origins = wire::OriginList::parse("https://www.example").value();
  options.max_memory = 4000;
  options.max_payload = 100;
  const http::Settings settings = http_settings(options, 9, 8443);
  for (const char* name : {"push.example", "secure.example", "www.example"}) CHECK(settings.access.hosts.knows(name));
  CHECK_FALSE(settings.access.hosts.knows("evil.example"));
  CHECK(settings.max_bodies == 1000);
  CHECK(settings.redirect_port == 0);
  CHECK(settings.hsts.empty());

  options.https_redirect = true;
  options.hsts = 90s;
  options.max_payload = 3000;
  const http::Settings more = http_settings(options, 9, 8443);
  CHECK(more.redirect_port == 8443);
  CHECK(more.hsts.find("max-age=90") != std::string::npos);
  CHECK(more.max_bodies == 3000);
}

TEST_CASE("http settings: a site may have to be quick, its clients needn't") {
  Options options;
  options.upstream_timeouts.answer = 1s;
  CHECK(http_settings(options, 9, 0).upstream_timeouts.answer == 1s);
  CHECK(http_settings(options, 9, 0).upstream_timeouts.taking == 60s);
  options.upstream_timeouts.answer = 90s;
  CHECK(http_settings(options, 9, 0).upstream_timeouts.taking == 90s);
}

}  // namespace
}  // namespace martd
