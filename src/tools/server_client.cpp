#include "tools/server_client.h"

#include <httplib.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tools/http_client.h"

namespace martd::tools {
namespace {

constexpr std::size_t kMostOfBody = 64 << 10;
constexpr std::time_t kAnswerSeconds = 30;
/// The watch ends a stream long before.
constexpr std::time_t kStreamSeconds = 24 * 3600;

Answer::Reached reached(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
    case httplib::Error::BindIPAddress:
      return Answer::Reached::nothing;
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return Answer::Reached::untrusted;
    default:
      return Answer::Reached::broken;
  }
}

/// Ends a request from a thread of its own when nothing was heard for too long.
class Watch {
 public:
  Watch(httplib::ClientImpl& client, Duration patience) : client_(client) {
    heard(patience);
    thread_ = std::thread([this] { run(); });
  }
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void heard(Duration patience) {
    const std::lock_guard lock(mutex_);
    end_ = std::chrono::steady_clock::now() + patience;
    // A later end is found when the thread wakes for the earlier one.
    if (end_ < wakes_) changed_.notify_one();
  }
  /// Until heard(): who reads is busy, which is not the stream's silence.
  void pause() {
    const std::lock_guard lock(mutex_);
    end_ = std::chrono::steady_clock::time_point::max();
  }
  bool ended_it() const { return ended_it_; }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      if (std::chrono::steady_clock::now() >= end_) {
        ended_it_ = true;
        // Again until the request has noticed: one that is still connecting has no socket that could be shut.
        client_.stop();
        end_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
      }
      // Not the far end of time, which some libraries' arithmetic passes.
      wakes_ = std::min(end_, std::chrono::steady_clock::now() + std::chrono::hours(1));
      changed_.wait_until(lock, wakes_);
    }
  }

  httplib::ClientImpl& client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::steady_clock::time_point end_;
  std::chrono::steady_clock::time_point wakes_;
  bool over_ = false;
  std::atomic<bool> ended_it_ = false;
  std::thread thread_;
};

httplib::Request make_request(const ServerAddress& address, const ClientRequest& from) {
  httplib::Request request;
  request.method = from.method;
  request.path = address.prefix + from.target;
  for (const auto& [name, value] : from.headers) request.headers.emplace(name, value);
  request.body = from.body;
  return request;
}

void take_head(const httplib::Response& response, Answer& answer) {
  answer.reached = Answer::Reached::answered;
  answer.status = response.status;
  answer.content_type = response.get_header_value("Content-Type");
  const std::string after = response.get_header_value("Retry-After");
  unsigned seconds = 0;
  if (const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), seconds);
      error == std::errc{} && end == after.data() + after.size()) {
    answer.retry_after = std::chrono::seconds(seconds);
  }
}

}  // namespace

std::optional<ServerAddress> parse_server(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || !url->has_authority() || url->has_userinfo() || url->has_query() || url->has_fragment()) {
    return std::nullopt;
  }
  ServerAddress address;
  address.tls = url->scheme_id() == boost::urls::scheme::https;
  if (!address.tls && url->scheme_id() != boost::urls::scheme::http) return std::nullopt;
  const auto host = url->encoded_host_address();
  address.host = std::string(host.data(), host.size());
  address.port = address.tls ? 443 : 80;
  if (const auto port = url->port(); url->has_port()) {
    // port_number() takes 99999, too, and cuts it.
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  }
  const auto path = url->encoded_path();
  address.prefix = std::string(path.data(), path.size());
  while (!address.prefix.empty() && address.prefix.back() == '/') address.prefix.pop_back();
  if (address.host.empty() || address.port == 0) return std::nullopt;
  // A second port is read as a path: http://localhost:80:90.
  if (!address.prefix.empty() && address.prefix.front() != '/') return std::nullopt;
  return address;
}

std::string Answer::problem() const {
  switch (reached) {
    case Reached::nothing:
      return "can't be reached";
    case Reached::untrusted:
      return "its certificate is not trusted or not for this name (--cafile FILE names those to trust; "
             "--insecure takes any)";
    case Reached::broken:
      return "broke off";
    case Reached::silent:
      return "silent for too long";
    case Reached::answered:
      break;
  }
  std::string words;
  boost::system::error_code none;
  const boost::json::value json = boost::json::parse(body, none);
  if (!none && json.is_object()) {
    const boost::json::value* error = json.get_object().if_contains("error");
    if (error != nullptr && error->is_string()) words = std::string(error->get_string()) + ' ';
  }
  return words + '(' + std::to_string(status) + ')';
}

struct ServerClient::Impl {
  Impl(const ServerAddress& where, Certificate certificate)
      : address(where), client(make_http_client(where, certificate)) {}

  ServerAddress address;
  std::unique_ptr<httplib::ClientImpl> client;
};

ServerClient::ServerClient(const ServerAddress& address, Certificate certificate)
    : impl_(std::make_unique<Impl>(address, certificate)) {}
ServerClient::~ServerClient() = default;

Answer ServerClient::ask(const ClientRequest& request) {
  impl_->client->set_read_timeout(kAnswerSeconds);
  Answer answer;
  const auto result = impl_->client->send(make_request(impl_->address, request));
  if (!result) {
    answer.reached = reached(result.error());
    return answer;
  }
  take_head(*result, answer);
  answer.body = result->body;
  return answer;
}

Answer ServerClient::follow(const ClientRequest& from, StreamReceiver& receiver) {
  impl_->client->set_read_timeout(kStreamSeconds);
  Answer answer;
  Watch watch(*impl_->client, receiver.patience());
  bool enough = false;

  httplib::Request request = make_request(impl_->address, from);
  request.response_handler = [&](const httplib::Response& response) {
    take_head(response, answer);
    answer.streamed = answer.status == 200 && answer.content_type.starts_with("application/x-ndjson");
    if (answer.streamed) receiver.opened();
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    if (!answer.streamed) {
      answer.body.append(data, std::min(size, kMostOfBody - answer.body.size()));
      return answer.body.size() < kMostOfBody;
    }
    watch.pause();
    enough = !receiver.received({data, size});
    watch.heard(receiver.patience());
    return !enough;
  };

  httplib::Response response;
  auto error = httplib::Error::Success;
  const bool whole = impl_->client->send(request, response, error);
  if (!whole && !enough && (answer.reached != Answer::Reached::answered || answer.streamed)) {
    answer.reached = watch.ended_it() ? Answer::Reached::silent : reached(error);
  }
  return answer;
}

}  // namespace martd::tools
