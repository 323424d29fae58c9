// ServerClient against a server that is scripted: cpp-httplib's, on a port of its own.

#include <doctest/doctest.h>
#include <httplib.h>

#include <thread>

#include "tools/server_client.h"

namespace martd::tools {
namespace {

using namespace std::chrono_literals;

struct Site {
  Site() {
    port = server.bind_to_any_port("127.0.0.1");
    server.Get("/x/lines", [](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("application/x-ndjson", [](std::size_t, httplib::DataSink& sink) {
        sink.write("one\n", 4);
        sink.write("two\n", 4);
        sink.done();
        return true;
      });
    });
    server.Get("/x/silent", [this](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("application/x-ndjson",
                                            [this](std::size_t offset, httplib::DataSink& sink) {
                                              if (offset == 0) sink.write("one\n", 4);
                                              std::this_thread::sleep_for(20ms);
                                              return !over;
                                            });
    });
    server.Get("/x/busy", [](const httplib::Request&, httplib::Response& response) {
      response.status = 503;
      response.set_header("Retry-After", "7");
      response.set_content("{\"error\":\"full\"}", "application/json");
    });
    server.Post("/x/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.get_header_value("X-A") + ':' + request.body, "text/plain");
    });
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::sleep_for(1ms);  // its stop() does nothing before
  }
  ~Site() {
    over = true;
    server.stop();
    thread.join();
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  ServerAddress address() const { return {false, "127.0.0.1", static_cast<std::uint16_t>(port), "/x"}; }

  httplib::Server server;
  std::atomic<bool> over = false;
  int port = 0;
  std::thread thread;
};

struct Receiver final : StreamReceiver {
  void opened() override { text += '('; }
  bool received(std::string_view bytes) override {
    text += bytes;
    return text.find(enough) == std::string::npos;
  }
  push::Duration patience() const override { return limit; }

  std::string text;
  std::string enough = "never";
  push::Duration limit = 30s;
};

TEST_CASE("client: a stream from its head to its end") {
  const Site site;
  ServerClient client(site.address());
  Receiver receiver;
  const Answer answer = client.follow({"GET", "/lines", {}, ""}, receiver);
  CHECK(answer.reached == Answer::Reached::answered);
  CHECK(answer.streamed);
  CHECK(receiver.text == "(one\ntwo\n");
}

TEST_CASE("client: a stream of which there was enough") {
  const Site site;
  ServerClient client(site.address());
  Receiver receiver;
  receiver.enough = "one";
  const Answer answer = client.follow({"GET", "/silent", {}, ""}, receiver);
  CHECK(answer.streamed);
  CHECK(receiver.text == "(one\n");
}

TEST_CASE("client: a stream that is silent for too long is given up, and the next request is as any") {
  const Site site;
  ServerClient client(site.address());
  Receiver receiver;
  receiver.limit = 200ms;
  const Answer answer = client.follow({"GET", "/silent", {}, ""}, receiver);
  CHECK(answer.reached == Answer::Reached::silent);
  CHECK(client.ask({"POST", "/echo", {{"X-A", "b"}}, "c"}).body == "b:c");
}

TEST_CASE("client: an answer that is no stream") {
  const Site site;
  ServerClient client(site.address());
  Receiver receiver;
  const Answer answer = client.follow({"GET", "/busy", {}, ""}, receiver);
  CHECK(answer.status == 503);
  CHECK_FALSE(answer.streamed);
  CHECK(answer.retry_after == 7s);
  CHECK(answer.problem() == "full (503)");
  CHECK(receiver.text.empty());
}

TEST_CASE("client: nobody there") {
  std::optional<ServerAddress> gone;
  {
    const Site site;
    gone = site.address();
  }
  ServerClient client(*gone);
  CHECK(client.ask({"GET", "/", {}, ""}).reached == Answer::Reached::nothing);
  Receiver receiver;
  CHECK(client.follow({"GET", "/", {}, ""}, receiver).reached == Answer::Reached::nothing);
}

}  // namespace
}  // namespace martd::tools
