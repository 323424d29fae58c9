// A push server written plainly on cpp-httplib: a thread for each connection, which sleeps until its channel has news.
// It answers martd's interface as far as the benchmark asks. The row that explains why martd holds its subscribers on
// event loops.

#include <httplib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kBacklog = 10;

struct Message {
  std::uint64_t etag;
  std::string payload;
};

/// The newest messages of one channel. Thread-safe.
class Channel {
 public:
  std::uint64_t publish(std::string payload) {
    const std::lock_guard lock(mutex_);
    backlog_.push_back({++newest_, std::move(payload)});
    if (backlog_.size() > kBacklog) backlog_.pop_front();
    changed_.notify_all();
    return newest_;
  }

  std::uint64_t newest() {
    const std::lock_guard lock(mutex_);
    return newest_;
  }

  /// What is kept after `seen`; waits for it for a while.
  std::vector<Message> after(std::uint64_t seen, std::chrono::seconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return newest_ > seen; });
    std::vector<Message> news;
    for (const auto& message : backlog_) {
      if (message.etag > seen) news.push_back(message);
    }
    return news;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> backlog_;
  std::uint64_t newest_ = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
};

std::mutex g_mutex;
std::map<std::string, Channel> g_channels;

Channel& channel(const std::string& name) {
  const std::lock_guard lock(g_mutex);
  return g_channels[name];
}

/// The one parameter of a subscription that is no option: channel=cursor.
std::pair<std::string, std::string> wanted(const httplib::Request& request) {
  for (const auto& [name, value] : request.params) {
    if (name[0] != '.') return {name, value};
  }
  return {};
}

void stream(Channel& of, std::uint64_t seen, httplib::Response& response) {
  response.set_header("Cache-Control", "no-store, no-transform");
  response.set_content_provider("text/event-stream", [&of, seen](std::size_t offset, httplib::DataSink& sink) mutable {
    std::string bytes = offset == 0 ? "retry: 2000\n" : "";
    if (bytes.empty()) {
      for (const auto& message : of.after(seen, std::chrono::seconds(15))) {
        bytes += "id: " + std::to_string(message.etag) + "\ndata: " + message.payload + "\n\n";
        seen = message.etag;
      }
      if (bytes.empty()) bytes = ":\n\n";
    }
    return sink.write(bytes.data(), bytes.size());
  });
}

void poll(Channel& of, const std::string& name, std::uint64_t seen, httplib::Response& response) {
  std::string payloads;
  for (const auto& message : of.after(seen, std::chrono::seconds(300))) {
    payloads += (payloads.empty() ? "\"" : ",\"") + message.payload + '"';
    seen = message.etag;
  }
  const auto etag = std::to_string(seen);
  response.set_header("Cache-Control", "no-store");
  response.set_header("ETag", '"' + etag + '"');
  response.set_content(R"({"channels":{")" + name + R"(":{"etag":")" + etag + R"(","payload":[)" + payloads + "]}}}",
                       "application/json");
}

void subscribe(const httplib::Request& request, httplib::Response& response) {
  const auto [name, cursor] = wanted(request);
  auto& of = channel(name);
  const auto seen = cursor == "now" ? of.newest() : std::stoull(cursor);
  if (request.get_param_value(".transport") == "sse") {
    stream(of, seen, response);
  } else {
    poll(of, name, seen, response);
  }
}

void publish(const httplib::Request& request, httplib::Response& response) {
  const auto etag = channel(request.get_param_value("channel")).publish(request.body);
  response.set_content(R"({"etag":")" + std::to_string(etag) + "\"}", "application/json");
}

class ThreadForEach final : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override { std::thread(std::move(task)).detach(); }
  void shutdown() override {}
};

}  // namespace

int main() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  httplib::Server server;
  server.new_task_queue = [] { return new ThreadForEach; };
  server.set_keep_alive_max_count(SIZE_MAX);
  server.set_keep_alive_timeout(3600);
  server.set_tcp_nodelay(true);
  int listener = -1;
  server.set_socket_options([&listener](int socket) { listener = socket; });
  server.Get("/sub", subscribe);
  server.Post("/pub", publish);

  const int port = server.bind_to_any_port("127.0.0.1");
  // The library's own listen queue of 5 loses connections long before a thread for each is the limit.
  if (port < 0 || ::listen(listener, 4096) != 0) return 1;
  std::printf("listening http 127.0.0.1:%d\nready\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
