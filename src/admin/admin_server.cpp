#include "admin/admin_server.h"

#include <fcntl.h>
#include <httplib.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "admin/admin_guard.h"
#include "admin/process_figures.h"
#include "admin/reports.h"
#include "net/listener.h"
#include "wire/text.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kThreads = 4;  ///< for each address
constexpr std::size_t kMostOfBody = 64 << 10;
constexpr auto kStopPatience = 1s;

constexpr const char* kIndex = "martd " MARTD_VERSION
                               ", admin listener\n"
                               "\n"
                               "  /healthz   200 while every event loop turns\n"
                               "  /readyz    200 while it is well and takes connections\n"
                               "  /stats     what it counts, JSON\n"
                               "  /metrics   what it counts, for Prometheus\n";

std::string error_json(std::string_view message) {
  std::string body = "{\"error\":";
  wire::append_json_string(body, message);
  return body + "}\n";
}

void answer_error(httplib::Response& response, int status, std::string_view message) {
  response.status = status;
  response.set_content(error_json(message), "application/json");
}

void answer_health(httplib::Response& response, const std::string& problem) {
  if (problem.empty()) return response.set_content("{\"status\":\"ok\"}\n", "application/json");
  answer_error(response, 503, problem);
}

std::optional<std::string> header(const httplib::Request& request, const char* name) {
  if (!request.has_header(name)) return std::nullopt;
  return request.get_header_value(name);
}

/// httplib::Server on a socket that listens already: its own bind knows one address, and lets another process take the
/// same port beside us (SO_REUSEPORT).
class AdoptingServer : public httplib::Server {
 public:
  void adopt(int descriptor) { svr_sock_ = descriptor; }
};

}  // namespace

/// What requests touch. Lives until the last thread has let go of it.
struct AdminServer::Shared {
  std::string host;
  std::shared_mutex mutex;
  std::string token;
  ReadFigures read;  ///< empty once stopped; called under the shared lock, so that stop() waits for who is in it

  void serve(const httplib::Request& request, httplib::Response& response) {
    const std::shared_lock lock(mutex);
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Content-Type-Options", "nosniff");
    const Caller caller{header(request, "Host"), header(request, "Origin"), request.get_header_value("Authorization")};
    const bool two_hosts = request.get_header_value_count("Host") > 1 || request.get_header_value_count("Origin") > 1;
    if (two_hosts) return answer_error(response, 400, "Host, Origin: given twice");
    if (const auto refusal = refuse(caller, host, token)) {
      if (refusal->status == 401) response.set_header("WWW-Authenticate", "Bearer");
      return answer_error(response, refusal->status, refusal->message);
    }
    if (!read) return answer_error(response, 503, "stopping");
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      return answer_error(response, 405, request.method + ": not taken here (taken: GET, HEAD)");
    }
    answer(request.path, response);
  }

 private:
  void answer(const std::string& path, httplib::Response& response) const {
    if (path == "/") return response.set_content(kIndex, "text/plain; charset=utf-8");
    if (path == "/healthz") return answer_health(response, ailment(read()));
    if (path == "/readyz") return answer_health(response, unreadiness(read()));
    if (path == "/stats") return response.set_content(stats_json(read(), read_process_figures()), "application/json");
    if (path == "/metrics") {
      return response.set_content(metrics_text(read(), read_process_figures()),
                                  "text/plain; version=0.0.4; charset=utf-8");
    }
    answer_error(response, 404, "no such path (taken: /, /healthz, /readyz, /stats, /metrics)");
  }
};

/// One address.
struct AdminServer::Door {
  explicit Door(net::ListenSocket listening) : socket(std::move(listening)) {}

  net::ListenSocket socket;
  std::shared_ptr<AdoptingServer> server;
  std::thread thread;
  std::future<void> ended;

  void start(const std::shared_ptr<Shared>& shared) {
    server = std::make_shared<AdoptingServer>();
    server->set_pre_routing_handler([shared](const httplib::Request& request, httplib::Response& response) {
      shared->serve(request, response);
      return httplib::Server::HandlerResponse::Handled;
    });
    // What cpp-httplib refuses by itself has no body.
    server->set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) response.set_content(error_json("not a request that can be read"), "application/json");
    });
    server->set_keep_alive_max_count(1);
    server->set_keep_alive_timeout(2);
    server->set_read_timeout(2);
    server->set_write_timeout(5);
    server->set_payload_max_length(kMostOfBody);
    server->set_tcp_nodelay(true);
    server->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };

    // Its accept blocks, and closes the descriptor in the end.
    const int descriptor = ::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0);
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
    server->adopt(descriptor);
    std::packaged_task<void()> serve([server = server] { server->listen_after_bind(); });
    ended = serve.get_future();
    thread = std::thread(std::move(serve));
    // Its stop() does nothing before it runs.
    while (!server->is_running() && ended.wait_for(1ms) != std::future_status::ready) continue;
  }

  void stop(std::chrono::steady_clock::time_point end) {
    if (!thread.joinable()) return;
    server->stop();
    if (ended.wait_until(end) == std::future_status::ready) {
      thread.join();
    } else {
      thread.detach();
    }
  }
};

AdminServer::AdminServer() : shared_(std::make_shared<Shared>()) {}

AdminServer::~AdminServer() { stop(); }

std::variant<std::unique_ptr<AdminServer>, std::string> AdminServer::listen(const std::string& host, std::uint16_t port,
                                                                            std::string token, ReadFigures read) {
  auto listening = net::listen(host, port);
  if (auto* wrong = std::get_if<std::string>(&listening)) return std::move(*wrong);
  std::unique_ptr<AdminServer> made(new AdminServer);
  made->shared_->host = host;
  made->shared_->token = std::move(token);
  made->shared_->read = std::move(read);
  for (net::ListenSocket& socket : std::get<std::vector<net::ListenSocket>>(listening)) {
    made->addresses_.push_back(socket.name());
    made->doors_.push_back(std::make_unique<Door>(std::move(socket)));
  }
  return made;
}

void AdminServer::start() {
  for (auto& door : doors_) door->start(shared_);
}

void AdminServer::set_token(std::string token) {
  const std::unique_lock lock(shared_->mutex);
  shared_->token = std::move(token);
}

void AdminServer::stop() {
  {
    const std::unique_lock lock(shared_->mutex);
    shared_->read = nullptr;
  }
  const auto end = std::chrono::steady_clock::now() + kStopPatience;
  for (auto& door : doors_) door->stop(end);
}

}  // namespace martd::admin
