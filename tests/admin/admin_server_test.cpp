#include "admin/admin_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <thread>

#include "push/hub.h"
#include "push/roster.h"
#include "some_figures.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

/// How many threads this process has.
std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

/// A public side without loops.
class QuietSide final : public PublicSide {
 public:
  ~QuietSide() = default;
  Time now() override { return now_; }
  Figures figures() override {
    Figures figures = test::all_figures();
    figures.accepting = accepting;
    return figures;
  }
  Setup setup() override { return {{"http://127.0.0.1:1"}, "/push", 1000, {{"max-size", "100"}}}; }
  push::Hub& hub() override { return hub_; }
  Gathered<push::SubscriberInfo> subscribers(const std::optional<std::string>&, std::size_t,
                                             std::chrono::milliseconds) override {
    return {{}, {0}};
  }
  Gathered<push::EndingNote> endings(std::chrono::milliseconds) override { return {{}, {0}}; }
  int connect(const wire::Address&, bool) override { return -1; }

  void publish(const std::string& channel, std::string payload) {
    auto* content = new push::Content;
    push::PushJob job;
    job.channels = {channel};
    job.content = push::ContentPtr(content);
    content->payload = std::move(payload);
    job.claim.rights = push::Rights::to_all();
    struct None final : push::Tickets {
      push::AnswerTo draw() override { return {}; }
    } none;
    REQUIRE(hub_.publish(std::move(job), now_, none)->has_value());
  }

  std::atomic<bool> accepting = true;

 private:
  Time now_{std::chrono::seconds{1763600000}};
  push::Hub hub_{now_ - 1s};
};

/// An admin listener on 127.0.0.1 and a port of its own.
struct Listener {
  explicit Listener(std::string token = "") {
    auto made = AdminServer::listen("127.0.0.1", 0, std::move(token), side);
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

  httplib::Result post(const std::string& path, const httplib::Headers& headers = {},
                       const std::string& body = "") const {
    return httplib::Client("127.0.0.1", port).Post(path, headers, body, "text/plain");
  }

  QuietSide side;
  std::unique_ptr<AdminServer> server;
  int port = 0;
};

TEST_CASE("admin: what it serves") {
  const Listener admin;
  for (const char* path : {"/", "/healthz", "/readyz", "/stats", "/metrics", "/channels", "/subscribers", "/endings"}) {
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
  admin.side.accepting = false;
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
  answer = admin.post("/metrics", token, "x");
  CHECK(answer->status == 405);
  CHECK(answer->get_header_value("Allow") == "GET, HEAD");
  CHECK(httplib::Client("127.0.0.1", admin.port).Head("/metrics", token)->status == 200);

  admin.server->set_token("other");
  CHECK(admin.get("/stats", token)->status == 401);
  CHECK(admin.get("/", {{"Authorization", "Bearer other"}})->status == 200);
}

// `curl -X POST .../kick?cid=x` sends neither a body nor its length. A body was waited for, and two seconds later the
// answer was 400: not a request that can be read.
TEST_CASE("admin: a request that needs no body needs no length") {
  Listener admin;
  admin.side.publish("news", "a");
  const auto said = [&](const std::string& line) {
    const int descriptor = admin.connect(line + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::string all;
    char piece[4096];
    for (ssize_t got; (got = ::recv(descriptor, piece, sizeof piece, 0)) > 0;)
      all.append(piece, static_cast<std::size_t>(got));
    ::close(descriptor);
    return all;
  };
  const std::string kicked = said("POST /channels/news/kick?cid=x");
  CHECK(kicked.starts_with("HTTP/1.1 200"));
  CHECK(kicked.ends_with("{\"kicked\":0,\"more\":false}\n"));
  CHECK(said("POST /channels/news/kick").find("cid, seat: one of them is needed") != std::string::npos);
  CHECK(said("POST /publish?channel=news").find("no event loop takes a connection now") != std::string::npos);
  CHECK(said("PUT /publish?channel=news").find("no event loop takes a connection now") != std::string::npos);
  CHECK(said("POST /stats").starts_with("HTTP/1.1 405"));
  CHECK(said("POST /logout").starts_with("HTTP/1.1 303"));
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
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  admin.server->stop();
  CHECK_FALSE(admin.get("/healthz"));
  for (const int descriptor : silent) ::close(descriptor);
}

// The library's limit was for a Content-Length only: in chunks a body took as much memory as its sender liked.
TEST_CASE("admin: a body has its limit, however it comes") {
  const Listener admin;
  const std::string large(100 << 10, 'a');  // more than the 64 KiB that are always taken
  httplib::Client client("127.0.0.1", admin.port);
  const auto in_chunks = [&](std::size_t count) {
    return client.Post(
        "/publish?channel=a",
        [&, left = count](std::size_t, httplib::DataSink& sink) mutable {
          const std::size_t size = std::min<std::size_t>(left, 1000);
          left -= size;
          sink.write(large.data(), size);
          if (left == 0) sink.done();
          return true;
        },
        "text/plain");
  };
  // It goes on to an event loop, and there is none.
  CHECK(in_chunks(1000)->status == 503);
  CHECK(admin.post("/publish?channel=a", {}, std::string(1000, 'a'))->status == 503);
  CHECK(in_chunks(large.size())->status == 413);
  CHECK(admin.post("/publish?channel=a", {}, large)->status == 413);
}

// The library unpacks what comes packed, so this door took what the public one kept as it was.
TEST_CASE("admin: a packed body is refused, and what is taken named") {
  const Listener admin;
  httplib::Client client("127.0.0.1", admin.port);
  client.set_compress(true);
  const auto packed = client.Post("/publish?channel=a", std::string(1000, 'a'), "text/plain");
  REQUIRE(packed);
  CHECK(packed->status == 415);
  CHECK(packed->get_header_value("Accept-Encoding") == "identity");
  CHECK(boost::json::parse(packed->body).at("error").as_string().starts_with("Content-Encoding: gzip"));
}

// It was published as an empty message.
TEST_CASE("admin: a form with files is no payload") {
  const Listener admin;
  httplib::Client client("127.0.0.1", admin.port);
  const auto answer = client.Post("/publish?channel=a", httplib::MultipartFormDataItems{{"f", "hello", "f.txt", ""}});
  REQUIRE(answer);
  CHECK(answer->status == 415);
}

// A thread whose client was slow was left to itself, and could still be sending when the process took its strings down.
TEST_CASE("admin: once stopped none of its threads is left, though a client sends on byte by byte") {
  const std::ptrdiff_t before = threads();
  Listener admin;
  const int slow = admin.connect("GET / HTTP/1.1\r\nHost: ");
  std::thread sending([slow] {
    char byte = 0;
    pollfd one{slow, POLLIN, 0};
    while (::poll(&one, 1, 200) == 0 || ::recv(slow, &byte, 1, 0) > 0)
      if (::send(slow, "x", 1, MSG_NOSIGNAL) <= 0) break;
  });
  admin.server->stop();
  sending.join();
  // A thread that was joined may be seen for a moment longer.
  while (threads() > before) std::this_thread::yield();
  ::close(slow);
}

TEST_CASE("admin: a page's answer says what the page may do, and nobody may frame it") {
  const Listener admin;
  const auto page = admin.get("/");
  const std::string policy = page->get_header_value("Content-Security-Policy");
  CHECK(page->get_header_value("Content-Type") == "text/html; charset=utf-8");
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("script-src 'sha256-") != std::string::npos);
  CHECK(policy.find("style-src 'sha256-") != std::string::npos);
  CHECK(policy.find("connect-src 'self'") != std::string::npos);
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(page->get_header_value("Cross-Origin-Resource-Policy") == "same-origin");
}

TEST_CASE("admin: a browser logs in and gets a cookie that isn't the token") {
  const Listener admin("secret");
  auto answer = admin.get("/");
  CHECK(answer->status == 303);
  CHECK(answer->get_header_value("Location") == "/login");
  answer = admin.get("/login");
  CHECK(answer->status == 200);
  CHECK(answer->body.find("secret") == std::string::npos);
  for (const char* form : {"token=wrong", "token=", "", "token=secret&token=secret", "%"}) {
    CAPTURE(form);
    answer = admin.post("/login", {}, form);
    CHECK(answer->status == 401);
    CHECK_FALSE(answer->has_header("Set-Cookie"));
    CHECK(answer->body.find("not the token") != std::string::npos);
  }
  answer = admin.post("/login", {}, "token=secret");
  CHECK(answer->status == 303);
  CHECK(answer->get_header_value("Location") == "/");
  const std::string set = answer->get_header_value("Set-Cookie");
  CHECK(set.find("HttpOnly") != std::string::npos);
  CHECK(set.find("SameSite=Strict") != std::string::npos);
  CHECK(set.find("secret") == std::string::npos);
  const httplib::Headers cookie{{"Cookie", set.substr(0, set.find(';'))}};
  CHECK(admin.get("/", cookie)->status == 200);
  CHECK(admin.get("/stats", cookie)->status == 200);
  CHECK(admin.get("/stats", {{"Cookie", "martd_admin=secret"}})->status == 401);
  CHECK(admin.get("/stats")->status == 401);

  SUBCASE("and out again") {
    answer = admin.post("/logout", cookie);
    CHECK(answer->get_header_value("Set-Cookie").find("Max-Age=0") != std::string::npos);
    CHECK(admin.get("/stats", cookie)->status == 401);
  }
  SUBCASE("a new token ends it") {
    admin.server->set_token("other");
    CHECK(admin.get("/stats", cookie)->status == 401);
  }
  SUBCASE("the same token again doesn't") {
    admin.server->set_token("secret");
    CHECK(admin.get("/stats", cookie)->status == 200);
  }
  SUBCASE("a page elsewhere can't use it") {
    httplib::Headers foreign = cookie;
    foreign.emplace("Origin", "http://localhost:3000");
    CHECK(admin.get("/stats", foreign)->status == 403);
    CHECK(admin.post("/publish?channel=a", foreign, "x")->status == 403);
  }
}

TEST_CASE("admin: without a token there is nothing to log in to") {
  const Listener admin;
  CHECK(admin.get("/login")->get_header_value("Location") == "/");
  CHECK(admin.post("/login", {}, "token=x")->get_header_value("Location") == "/");
}

TEST_CASE("admin: what can't be asked of the loops is said to be missing") {
  Listener admin;
  const std::string name = "a/b ?+%";
  admin.side.publish(name, "hello");
  const auto channel = admin.get("/channels/a%2Fb%20%3F+%25");
  REQUIRE(channel->status == 200);
  const auto json = boost::json::parse(channel->body);
  CHECK(json.at("channel").as_string() == name.c_str());
  CHECK(json.at("messages").to_number<int>() == 1);
  CHECK(json.at("silent_loops").at(0).to_number<int>() == 0);
  CHECK(boost::json::parse(admin.get("/subscribers")->body).at("silent_loops").as_array().size() == 1);
  CHECK(admin.post("/publish?channel=a", {}, "x")->status == 503);
  CHECK(admin.get("/subscribe?a=0")->status == 503);
  CHECK(httplib::Client("127.0.0.1", admin.port).Delete("/channels/a")->status == 503);
}

TEST_CASE("admin: wrong parameters are named") {
  Listener admin;
  admin.side.publish("news", "hello");
  const std::pair<const char*, const char*> wrongs[] = {
      {"/channels?limit=0", "limit"},
      {"/channels?limt=1", "nearest: limit"},
      {"/channels/news?messages=x", "messages"},
      {"/channels/news/watch?since=yesterday", "since"},
      {"/subscribers?limit=1001", "limit"},
  };
  for (const auto& wrong : wrongs) {
    const char* path = wrong.first;
    CAPTURE(path);
    const auto answer = admin.get(path);
    CHECK(answer->status == 400);
    CHECK(answer->body.find(wrong.second) != std::string::npos);
  }
  CHECK(admin.post("/channels/news/kick")->status == 400);
  CHECK(admin.post("/channels/news/kick?cid=a&seat=1")->status == 400);
  CHECK(admin.post("/channels/news/kick?seat=x")->status == 400);
  CHECK(admin.post("/channels/nothing/kick?cid=a")->status == 404);
  CHECK(boost::json::parse(admin.post("/channels/news/kick?cid=a")->body).at("kicked").to_number<int>() == 0);
  CHECK(admin.get("/channels/nothing")->status == 404);
  CHECK(admin.post("/publish?channel=a", {}, std::string(70000, 'x'))->status == 413);
}

TEST_CASE("admin: watchers are counted, and health is answered beside them") {
  Listener admin;
  std::vector<int> watching;
  for (int i = 0; i < 16; ++i) watching.push_back(admin.connect("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  // They have their places when they have been sent something.
  for (const int descriptor : watching) {
    char byte = 0;
    REQUIRE(::recv(descriptor, &byte, 1, 0) == 1);
  }
  CHECK(admin.get("/events")->status == 503);
  CHECK(admin.get("/healthz")->status == 200);
  for (const int descriptor : watching) ::close(descriptor);
  // The places are free when their threads have found out.
  for (bool free = false; !free;) {
    const int next = admin.connect("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    char line[12];
    REQUIRE(::recv(next, line, sizeof line, MSG_WAITALL) == sizeof line);
    free = std::string_view(line, sizeof line) == "HTTP/1.1 200";
    ::close(next);
  }
}

TEST_CASE("admin: an address that can't be had is named") {
  const Listener admin;
  QuietSide side;
  const auto taken = AdminServer::listen("127.0.0.1", static_cast<std::uint16_t>(admin.port), "", side);
  REQUIRE(std::holds_alternative<std::string>(taken));
  CHECK(std::get<std::string>(taken).find(std::to_string(admin.port)) != std::string::npos);
}

TEST_CASE("admin: never started is stopped, too") {
  QuietSide side;
  auto made = AdminServer::listen("localhost", 0, "", side);
  CHECK(std::holds_alternative<std::unique_ptr<AdminServer>>(made));
}

}  // namespace
}  // namespace martd::admin
