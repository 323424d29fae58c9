#include "client/endpoints.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace martd::client {
namespace {

/// What a name stands for may change while we run: a container that was started again.
constexpr Duration kKept = std::chrono::seconds{10};

template <class Address>
Endpoint endpoint_of(const Address& address, std::size_t size) {
  Endpoint endpoint;
  std::memcpy(&endpoint.address, &address, size);
  endpoint.size = static_cast<socklen_t>(size);
  return endpoint;
}

/// One of each family after the other, as far as there are both: where one kind leads nowhere, the second try is of the
/// other. The first stays the first.
std::vector<Endpoint> alternated(std::vector<Endpoint> found) {
  const auto second = [&found](const Endpoint& endpoint) {
    return endpoint.address.ss_family != found.front().address.ss_family;
  };
  std::vector<Endpoint> mixed;
  mixed.reserve(found.size());
  auto a = found.begin();
  auto b = std::find_if(found.begin(), found.end(), second);
  while (mixed.size() < found.size()) {
    if (a != found.end()) {
      mixed.push_back(*a);
      a = std::find_if_not(a + 1, found.end(), second);
    }
    if (b != found.end()) {
      mixed.push_back(*b);
      b = std::find_if(b + 1, found.end(), second);
    }
  }
  return mixed;
}

}  // namespace

bool Endpoint::operator==(const Endpoint& other) const {
  return size == other.size && std::memcmp(&address, &other.address, size) == 0;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.address.ss_family == AF_UNIX)
    return std::string("unix:") + reinterpret_cast<const sockaddr_un&>(endpoint.address).sun_path;
  const bool v6 = endpoint.address.ss_family == AF_INET6;
  const auto& four = reinterpret_cast<const sockaddr_in&>(endpoint.address);
  const auto& six = reinterpret_cast<const sockaddr_in6&>(endpoint.address);
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(endpoint.address.ss_family, v6 ? static_cast<const void*>(&six.sin6_addr) : &four.sin_addr, text,
              sizeof text);
  const std::string port = std::to_string(ntohs(v6 ? six.sin6_port : four.sin_port));
  return v6 ? '[' + std::string(text) + "]:" + port : text + (':' + port);
}

Found look_up(const std::string& host, std::uint16_t port) {
  boost::asio::io_context context(1);
  boost::system::error_code error;
  const auto results = boost::asio::ip::tcp::resolver(context).resolve(host, std::to_string(port), error);
  if (error) return std::nullopt;
  std::vector<Endpoint> endpoints;
  for (const auto& result : results)
    endpoints.push_back(endpoint_of(*result.endpoint().data(), result.endpoint().size()));
  return endpoints;
}

struct Endpoints::Mailbox {
  std::mutex mutex;
  net::Loop* loop;       ///< guarded; null: there is nobody any more
  Endpoints* endpoints;  ///< the loop's alone; likewise
};

Endpoints::Endpoints(net::Loop& loop, const Site& site, LookUp look_up)
    : loop_(loop), site_(site), look_up_(look_up), mailbox_(new Mailbox{{}, &loop, this}) {
  if (!site.socket_path.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    site.socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    known_.push_back(endpoint_of(address, sizeof address));
    known_until_ = Time::max();
    return;
  }
  boost::system::error_code named;
  const auto address = boost::asio::ip::make_address(site.host, named);
  if (named) return;
  const boost::asio::ip::tcp::endpoint endpoint(address, site.port);
  known_.push_back(endpoint_of(*endpoint.data(), endpoint.size()));
  known_until_ = Time::max();
}

void Endpoints::get(std::function<void(std::span<const Endpoint>)> ready) {
  if (loop_.now() < known_until_) return ready(known_);
  waiting_.push_back(std::move(ready));
  if (waiting_.size() == 1) begin_look_up();
}

Endpoints::~Endpoints() {
  mailbox_->endpoints = nullptr;
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->loop = nullptr;
}

void Endpoints::begin_look_up() {
  const auto answer = [mailbox = mailbox_](Found endpoints) {
    // Under the lock, for the loop to stay.
    const std::lock_guard lock(mailbox->mutex);
    if (!mailbox->loop) return;
    mailbox->loop->post([mailbox, endpoints = std::move(endpoints)]() mutable {
      if (mailbox->endpoints) mailbox->endpoints->found(std::move(endpoints));
    });
  };
  try {
    std::thread([answer, look_up = look_up_, host = site_.host, port = site_.port] {
      answer(look_up(host, port));
    }).detach();
  } catch (const std::system_error&) {  // no thread to be had
    answer(std::nullopt);
  }
}

void Endpoints::found(Found endpoints) {
  // Where the look-up fails, what was known may still be right.
  know(endpoints ? std::move(*endpoints) : std::move(known_));
  for (const auto& ready : std::exchange(waiting_, {})) ready(known_);
}

void Endpoints::know(std::vector<Endpoint> found) {
  known_ = alternated(std::move(found));
  // What took a connection is tried first again: else each look-up would cost the wait for one that takes none.
  put_first(last_);
  known_until_ = known_.empty() ? Time{} : loop_.now() + kKept;
}

void Endpoints::took(const Endpoint& endpoint) {
  last_ = endpoint;
  put_first(endpoint);
}

void Endpoints::put_first(const Endpoint& endpoint) {
  const auto found = std::find(known_.begin(), known_.end(), endpoint);
  if (found != known_.end()) std::rotate(known_.begin(), found, found + 1);
}

void Endpoints::forget() {
  if (known_until_ != Time::max()) known_until_ = Time{};
}

}  // namespace martd::client
