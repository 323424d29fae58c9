#include "support/upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "support/deadline.h"
#include "support/text.h"

namespace martd::test {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

bool Asked::has(std::string_view name) const { return count(name) > 0; }

int Asked::count(std::string_view name) const {
  int found = 0;
  for (const auto& header : headers) found += same(header.first, name) ? 1 : 0;
  return found;
}

std::string Asked::header(std::string_view name) const {
  for (const auto& header : headers)
    if (same(header.first, name)) return header.second;
  return {};
}

Upstream::Upstream(const std::string& address) : address_(address) {
  if (address.empty()) {
    static std::atomic<int> made{0};
    const std::string name = "martd-site-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
    path_ = (std::filesystem::temp_directory_path() / name).string();
  }
  listen();
}

Upstream::~Upstream() { go_away(); }

void Upstream::listen() {
  sockaddr_storage address{};
  socklen_t size = 0;
  if (!path_.empty()) {
    auto& local = reinterpret_cast<sockaddr_un&>(address);
    local.sun_family = AF_UNIX;
    path_.copy(local.sun_path, sizeof local.sun_path - 1);
    size = sizeof local;
  } else if (contains(address_, ":")) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port_);
    ::inet_pton(AF_INET6, address_.c_str(), &v6.sin6_addr);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    ::inet_pton(AF_INET, address_.c_str(), &v4.sin_addr);
    size = sizeof v4;
  }
  check(fd_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int yes = 1;
  if (path_.empty()) ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  check(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), "bind");
  check(::listen(fd_, 128), "listen");
  if (path_.empty() && port_ == 0) {
    sockaddr_in6 bound{};
    socklen_t room = sizeof bound;
    check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &room), "getsockname");
    port_ = ntohs(bound.sin6_port);  // at the same place in both families
  }
}

std::string Upstream::url() const { return path_.empty() ? "http://" + authority() : "unix:" + path_; }

bool Upstream::pending(std::chrono::milliseconds within) {
  pollfd wait{fd_, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(within.count())) > 0;
}

Connection Upstream::accept() {
  if (!pending(kPatience)) throw std::runtime_error("nobody connected to the site");
  const int accepted = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  check(accepted, "accept");
  return Connection::accepted(accepted);
}

void Upstream::go_away() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Upstream::come_back() { listen(); }

Asked read_request_head(Connection& connection) {
  Asked asked;
  bool first = true;
  for (std::string line : lines_of(connection.read_until("\r\n\r\n"))) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    if (std::exchange(first, false)) {
      asked.line = line;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string::npos) throw std::runtime_error("no header line: " + line);
    const auto value = line.find_first_not_of(' ', colon + 1);
    asked.headers.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
  }
  return asked;
}

Asked read_request(Connection& connection) {
  Asked asked = read_request_head(connection);
  if (asked.has("Content-Length")) {
    asked.body = connection.read_exactly(std::stoul(asked.header("Content-Length")));
  } else if (same(asked.header("Transfer-Encoding"), "chunked")) {
    while (const std::size_t size = std::stoul(connection.read_until("\r\n"), nullptr, 16)) {
      asked.body += connection.read_exactly(size);
      if (connection.read_exactly(2) != "\r\n") throw std::runtime_error("a chunk doesn't end where it says");
    }
    if (connection.read_until("\r\n") != "\r\n") throw std::runtime_error("trailer fields");
  }
  return asked;
}

}  // namespace martd::test
