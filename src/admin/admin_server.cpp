#include "admin/admin_server.h"

#include <fcntl.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <system_error>
#include <thread>

#include "admin/answers.h"
#include "admin/client_stream.h"
#include "admin/requests.h"
#include "admin/task_pool.h"
#include "admin/under_way.h"
#include "net/listener.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

/// For each address: those who watch hold a thread each, and some are left for all others.
constexpr std::size_t kThreads = Watching::kMost + 8;
constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kLeastOfBody = 64 << 10;
/// Read and dropped of a body that is too large, so that its sender comes to read the answer.
constexpr std::size_t kMostOver = 1 << 20;
constexpr auto kStopPatience = 1s;
constexpr ClientStream::Patience kPatience{2s, 10s, 5s};

/// httplib::Server on a socket that listens already: its own bind knows one address, and lets another process take the
/// same port beside us (SO_REUSEPORT). And with connections of our own, a request each, that can be cut off.
class AdoptingServer : public httplib::Server {
 public:
  void adopt(int descriptor) { svr_sock_ = descriptor; }
  /// Those that are there, and all that come from now on.
  void cut() { clients_.cut(); }

 private:
  bool process_and_close_socket(socket_t descriptor) override {
    return serve(*this, *clients_.begin(descriptor, kPatience));
  }

  /// A template, so that what this cpp-httplib hasn't got is not looked at: from 0.18 on it wants the addresses.
  template <class Self>
  static bool serve(Self& self, ClientStream& client) {
    bool closed = false;
    if constexpr (requires { self.process_request(client, true, closed, nullptr); }) {
      return self.process_request(client, true, closed, nullptr);
    } else {
      std::string remote, local;
      int remote_port = 0, local_port = 0;
      client.get_remote_ip_and_port(remote, remote_port);
      client.get_local_ip_and_port(local, local_port);
      return self.process_request(client, remote, remote_port, local, local_port, true, closed, nullptr);
    }
  }

  UnderWay<ClientStream> clients_;
};

}  // namespace

/// One address.
struct AdminServer::Listener {
  explicit Listener(net::ListenSocket listening) : socket(std::move(listening)) {}

  net::ListenSocket socket;
  std::shared_ptr<AdoptingServer> server;
  std::thread thread;
  std::future<void> ended;

  /// `max_body`: bytes that a request's body has at most, packed or not.
  void start(const std::shared_ptr<Requests>& requests, std::size_t max_body) {
    server = std::make_shared<AdoptingServer>();
    server->set_pre_routing_handler([requests](const httplib::Request& request, httplib::Response& response) {
      return requests->begin(request, response) ? httplib::Server::HandlerResponse::Handled
                                                : httplib::Server::HandlerResponse::Unhandled;
    });
    // Only for what has a body. It is read here: cpp-httplib knows no limit for one in chunks, or for one that is
    // packed.
    const auto answer = [requests, max_body](const httplib::Request& request, httplib::Response& response,
                                             const httplib::ContentReader& read) {
      httplib::Request whole = request;
      std::size_t over = 0;
      const bool read_all = read([&](const char* bytes, std::size_t size) {
        if (over > 0 || size > max_body - whole.body.size()) return (over += size) <= kMostOver;
        whole.body.append(bytes, size);
        return true;
      });
      if (over > 0) {
        response.status = 413;
      } else if (read_all) {
        requests->answer(whole, response);
      }
    };
    server->Post(R"([\s\S]*)", answer).Put(R"([\s\S]*)", answer);
    // What cpp-httplib refuses by itself has no body.
    server->set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      const bool large = response.status == 413;
      response.set_content(
          error_json(large ? "payload: more than --max-payload has" : "not a request that can be read"),
          "application/json");
    });
    server->set_payload_max_length(max_body);
    server->new_task_queue = [] { return new TaskPool(kThreads, kMostWaiting); };

    // Its accept blocks, and closes the descriptor in the end.
    const int descriptor = ::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "the admin listener");
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
    // Who still asks or reads then has been too slow.
    ended.wait_until(end);
    server->cut();
    thread.join();
  }
};

AdminServer::~AdminServer() { stop(); }

std::variant<std::unique_ptr<AdminServer>, std::string> AdminServer::listen(const std::string& host, std::uint16_t port,
                                                                            std::string token, PublicSide& side) {
  auto listening = net::listen(host, port);
  if (auto* wrong = std::get_if<std::string>(&listening)) return std::move(*wrong);
  std::unique_ptr<AdminServer> made(new AdminServer);
  made->side_ = &side;
  made->requests_ = std::make_shared<Requests>(side, host, std::move(token));
  for (net::ListenSocket& socket : std::get<std::vector<net::ListenSocket>>(listening)) {
    made->addresses_.push_back(socket.name());
    made->listeners_.push_back(std::make_unique<Listener>(std::move(socket)));
  }
  return made;
}

void AdminServer::start() {
  requests_->start();
  const std::size_t max_body = std::max(side_->setup().max_payload, kLeastOfBody);
  for (auto& listener : listeners_) listener->start(requests_, max_body);
}

void AdminServer::set_token(std::string token) { requests_->set_token(std::move(token)); }

void AdminServer::stop() {
  if (!requests_) return;
  requests_->close();
  const auto end = std::chrono::steady_clock::now() + kStopPatience;
  for (auto& listener : listeners_) listener->stop(end);
}

}  // namespace martd::admin
