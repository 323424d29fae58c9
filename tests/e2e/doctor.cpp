// `martd doctor` against martd itself. Behind proxies it is tried in tests/operations.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/program.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

struct Examined {
  int code;
  std::string said;

  /// `PASS`, `WARN` or `FAIL` of that subject; empty where there is no line for it.
  std::string of(const std::string& subject) const {
    for (const std::string& line : lines_of(said))
      if (line.rfind(subject, 6) == 6) return line.substr(0, 4);
    return {};
  }
};

Examined examine(const std::string& url, std::vector<std::string> options,
                 const Program::Environment& environment = {}) {
  std::vector<std::string> arguments{"doctor", url};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Program doctor(arguments, environment);
  const int code = doctor.await_exit();
  CHECK(doctor.sanitizer_report() == "");
  CHECK(doctor.errors() == "");
  return {code, doctor.output()};
}

Examined examine(const Client& server, std::vector<std::string> options) {
  return examine(server.endpoint().url(), std::move(options));
}

}  // namespace

TEST_SUITE_BEGIN("doctor");

TEST_CASE("a server that has everything right") {
  TestServer server({"--heartbeat", "300ms", "--origin", "https://www.example"});
  const Examined found = examine(server, {"--origin", "https://www.example"});
  INFO(found.said);
  CHECK(found.code == 0);
  for (const char* subject : {"server", "tls", "clock", "keep-alive", "pushing", "own pages", "cors", "gzip", "stream",
                              "delivery", "resume", "heartbeat"}) {
    CAPTURE(subject);
    CHECK(found.of(subject) == "PASS");
  }
  CHECK(lines_of(found.said).size() == 12);
}

TEST_CASE("what it published is gone after it") {
  TestServer server({"--heartbeat", "100ms", "--access-log"});
  CHECK(examine(server, {}).code == 0);
  server.program().await_errors([](const std::string& text) { return contains(text, "DELETE /pub 200"); });
}

TEST_CASE("who may publish: by address, by nobody, by the secret") {
  TestServer open({"--heartbeat", "100ms"});
  CHECK(examine(open, {}).of("pushing") == "PASS");
  const Examined outside = examine(open, {"--outside"});
  CHECK(outside.code == 1);
  CHECK(outside.of("pushing") == "FAIL");
  CHECK(contains(outside.said, "--trusted-proxy"));

  TestServer closed({"--heartbeat", "100ms", "--publish-from", "none", "--publish-secret", "hunter2"});
  const Examined without = examine(closed, {"--outside"});
  CHECK(without.code == 0);
  CHECK(without.of("pushing") == "PASS");
  CHECK(without.of("delivery") == "WARN");
  CHECK(without.of("resume") == "PASS");  // by a cursor that is too old
  const Examined with = examine(closed.endpoint().url(), {"--outside"}, {{"MARTD_PUBLISH_SECRET", "hunter2"}});
  CHECK(with.of("delivery") == "PASS");
  CHECK(with.of("resume") == "PASS");
  CHECK_FALSE(contains(with.said, "hunter2"));
}

TEST_CASE("a header of the client that is believed is found") {
  // Whoever connects is taken for a proxy, so what it says of itself counts.
  TestServer server({"--heartbeat", "100ms", "--trusted-proxy", "127.0.0.0/8"});
  const Examined found = examine(server, {"--outside"});
  CHECK(found.of("pushing") == "FAIL");
  CHECK(contains(found.said, "who sends X-Forwarded-For: 127.0.0.1"));
}

TEST_CASE("an origin that is not allowed, and one that is") {
  TestServer server({"--heartbeat", "100ms", "--origin", "https://a.example"});
  CHECK(examine(server, {"--origin", "https://a.example"}).of("cors") == "PASS");
  const Examined found = examine(server, {"--origin", "https://b.example"});
  CHECK(found.code == 1);
  CHECK(found.of("cors") == "FAIL");
  CHECK(contains(found.said, "--origin https://b.example"));
}

TEST_CASE("a heartbeat that doesn't come in time is a warning") {
  TestServer server({"--heartbeat", "1h"});
  const Examined found = examine(server, {"--wait", "100ms"});
  CHECK(found.code == 0);
  CHECK(found.of("heartbeat") == "WARN");
}

TEST_CASE("below a prefix, and at a wrong one") {
  TestServer server({"--heartbeat", "100ms", "--prefix", "/push"});
  CHECK(examine(server.endpoint().url() + "/push", {}).code == 0);
  const Examined wrong = examine(server, {});
  CHECK(wrong.code == 1);
  CHECK(wrong.of("server") == "FAIL");
}

TEST_CASE("nobody there, and wrong use") {
  std::string url;
  {
    TestServer gone;
    url = gone.endpoint().url();
  }
  const Examined found = examine(url, {});
  CHECK(found.code == 1);
  CHECK(found.of("server") == "FAIL");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"doctor"},
                                             {"doctor", "nonsense"},
                                             {"doctor", url, url},
                                             {"doctor", url, "--origin", "app.example"},
                                             {"doctor", url, "--wait", "long"},
                                             {"doctor", url, "--inside", "--outside"}}) {
    Program doctor(arguments);
    CHECK(doctor.await_exit() == 2);
    CHECK(lines_of(doctor.errors()).size() == 1);
  }
}

TEST_CASE("over TLS: a certificate that is trusted, one that isn't, and one that isn't looked at") {
  TestServer server({"--http", "none", "--https", "localhost:0", "--heartbeat", "100ms"});
  const std::string url = "https://localhost:" + std::to_string(server.listening("https").at(0).port);
  const TempFile authority(Connection(server.endpoint()).certificate());
  const Examined trusted = examine(url, {}, {{"SSL_CERT_FILE", authority.path()}});
  INFO(trusted.said);
  CHECK(trusted.code == 0);
  CHECK(trusted.of("tls") == "PASS");
  CHECK(contains(trusted.said, "TLSv1.3"));
  CHECK(examine(url, {"--cafile", authority.path()}).of("tls") == "PASS");
  const Examined untrusted = examine(url, {});
  CHECK(untrusted.code == 1);
  CHECK(untrusted.of("tls") == "FAIL");
  const Examined unlooked = examine(url, {"--insecure"});
  CHECK(unlooked.code == 0);
  CHECK(unlooked.of("tls") == "WARN");
  CHECK(unlooked.of("stream") == "PASS");
}

TEST_SUITE_END();
