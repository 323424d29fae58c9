// ServerClient against a server that is scripted: cpp-httplib's, on a port of its own.

#include <doctest/doctest.h>
#include <httplib.h>

#include <condition_variable>
#include <mutex>
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
                                              if (offset == 0) return sink.write("one\n", 4);
                                              await(over);
                                              return false;
                                            });
    });
    server.Get("/x/later", [this](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("application/x-ndjson",
                                            [this](std::size_t offset, httplib::DataSink& sink) {
                                              if (offset == 0) return sink.write("one\n", 4);
                                              await(go);
                                              sink.write("two\n", 4);
                                              await(over);
                                              return false;
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
    server.Get("/x/up", [](const httplib::Request&, httplib::Response&) {});
    thread = std::thread([this] { server.listen_after_bind(); });
    // Its stop() does nothing before it runs, and the first answer says that it does.
    httplib::Client("127.0.0.1", port).Get("/x/up");
  }
  ~Site() {
    tell(go);
    tell(over);
    server.stop();
    thread.join();
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  ServerAddress address() const { return {false, "127.0.0.1", static_cast<std::uint16_t>(port), "/x"}; }

  void await(const bool& flag) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return flag; });
  }
  void tell(bool& flag) {
    {
      const std::lock_guard lock(mutex);
      flag = true;
    }
    changed.notify_all();
  }

  httplib::Server server;
  std::mutex mutex;
  std::condition_variable changed;
  bool go = false;
  bool over = false;
  int port = 0;
  std::thread thread;
};

struct Receiver final : StreamReceiver {
  void opened() override { text += '('; }
  bool received(std::string_view bytes) override {
    text += bytes;
    return text.find(enough) == std::string::npos;
  }
  Duration patience() const override { return limit; }

  std::string text;
  std::string enough = "never";
  Duration limit = 30s;
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

/// Busy with the first piece for longer than the stream may be silent; the second comes only then.
struct BusyReceiver final : StreamReceiver {
  explicit BusyReceiver(Site& from) : site(from) {}
  void opened() override {}
  bool received(std::string_view bytes) override {
    text += bytes;
    if (text != "one\n") return false;
    const auto end = std::chrono::steady_clock::now() + 4 * patience();
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    site.tell(site.go);
    return true;
  }
  Duration patience() const override { return 100ms; }
  Site& site;
  std::string text;
};

TEST_CASE("client: who is busy with a message is not taken for a silent server") {
  // The watch once ran on while a command of --exec was running, and cut the stream that nobody read from.
  Site site;
  ServerClient client(site.address());
  BusyReceiver receiver(site);
  const Answer answer = client.follow({"GET", "/later", {}, ""}, receiver);
  CHECK(receiver.text == "one\ntwo\n");
  CHECK(answer.reached == Answer::Reached::answered);
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
