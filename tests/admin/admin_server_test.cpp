#include "admin/admin_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

/// An admin listener on 127.0.0.1 and a port of its own.
struct Listener {
  explicit Listener(std::string token = "") {
    auto made = AdminServer::listen("127.0.0.1", 0, std::move(token), [this] {
      Figures figures;
      figures.accepting = accepting;
      figures.loops = {{0s, 0}};
      return figures;
    });
    REQUIRE(std::holds_alternative<std::unique_ptr<AdminServer>>(made));
    server = std::get<std::unique_ptr<AdminServer>>(std::move(made));
    REQUIRE(server->addresses().size() == 1);
    const std::string& address = server->addresses()[0];
    port = std::stoi(address.substr(address.rfind(':') + 1));
    server->start();
  }

  httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) const {
    return httplib::Client("127.0.0.1", port).Get(path, headers);
  }

  /// A connection that says `text` and nothing more.
  int connect(std::string_view text) const {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    REQUIRE(::send(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return descriptor;
  }

  std::unique_ptr<AdminServer> server;
  std::atomic<bool> accepting = true;
  int port = 0;
};

TEST_CASE("admin: what it serves") {
  const Listener admin;
  for (const char* path : {"/", "/healthz", "/readyz", "/stats", "/metrics"}) {
    CAPTURE(path);
    const auto answer = admin.get(path);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->get_header_value("Cache-Control") == "no-store");
  }
  CHECK(admin.get("/healthz?x=1")->status == 200);
  CHECK(admin.get("/metrics")->get_header_value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(boost::json::parse(admin.get("/stats")->body).is_object());
}

TEST_CASE("admin: not ready while the public listeners don't accept") {
  Listener admin;
  admin.accepting = false;
  CHECK(admin.get("/healthz")->status == 200);
  CHECK(admin.get("/readyz")->status == 503);
}

TEST_CASE("admin: refusals are JSON") {
  const Listener admin("secret");
  const httplib::Headers token{{"Authorization", "Bearer secret"}};
  const auto error = [](const httplib::Result& answer) {
    return std::string(boost::json::parse(answer->body).at("error").as_string());
  };
  auto answer = admin.get("/metrics");
  CHECK(answer->status == 401);
  CHECK(answer->get_header_value("WWW-Authenticate") == "Bearer");
  CHECK(error(answer).find("Authorization") != std::string::npos);
  answer = admin.get("/nothing", token);
  CHECK(answer->status == 404);
  CHECK(error(answer).find("/metrics") != std::string::npos);
  answer = admin.get("/", {{"Authorization", "Bearer secret"}, {"Host", "evil.example"}});
  CHECK(answer->status == 403);
  answer = httplib::Client("127.0.0.1", admin.port).Post("/metrics", token, "x", "text/plain");
  CHECK(answer->status == 405);
  CHECK(answer->get_header_value("Allow") == "GET, HEAD");
  CHECK(httplib::Client("127.0.0.1", admin.port).Head("/metrics", token)->status == 200);

  admin.server->set_token("other");
  CHECK(admin.get("/", token)->status == 401);
  CHECK(admin.get("/", {{"Authorization", "Bearer other"}})->status == 200);
}

TEST_CASE("admin: answers while clients that say nothing hold some of its threads") {
  const Listener admin;
  const int silent[] = {admin.connect(""), admin.connect("GET / HT"), admin.connect("GET / HTTP/1.1\r\nHost: ")};
  CHECK(admin.get("/healthz")->status == 200);
  for (const int descriptor : silent) ::close(descriptor);
}

TEST_CASE("admin: stops soon, whoever is connected, and the port is free") {
  Listener admin;
  const int silent[] = {admin.connect(""), admin.connect("GET / HTTP/1.1\r\nHost: ")};
  const auto begin = std::chrono::steady_clock::now();
  admin.server->stop();
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
  admin.server->stop();
  CHECK_FALSE(admin.get("/healthz"));
  for (const int descriptor : silent) ::close(descriptor);
  admin.server.reset();
  // Threads that were left to themselves end before the program does, for the sanitizers' sake.
  std::this_thread::sleep_for(2500ms);
}

TEST_CASE("admin: an address that can't be had is named") {
  const Listener admin;
  const auto taken =
      AdminServer::listen("127.0.0.1", static_cast<std::uint16_t>(admin.port), "", [] { return Figures(); });
  REQUIRE(std::holds_alternative<std::string>(taken));
  CHECK(std::get<std::string>(taken).find(std::to_string(admin.port)) != std::string::npos);
}

TEST_CASE("admin: never started is stopped, too") {
  auto made = AdminServer::listen("localhost", 0, "", [] { return Figures(); });
  CHECK(std::holds_alternative<std::unique_ptr<AdminServer>>(made));
}

}  // namespace
}  // namespace martd::admin
