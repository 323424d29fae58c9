#include "admin/client_stream.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "admin/await.h"
#include "net/tcp.h"

namespace martd::admin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOfHead = 64 << 10;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

Clock::duration time_for(std::size_t bytes) { return std::chrono::seconds(bytes / (64 << 10)); }

bool later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// What getpeername() or getsockname() says; nothing is changed where it isn't an address.
template <class Ask>
void name(Ask ask, int descriptor, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const end = reinterpret_cast<sockaddr*>(&address);
  if (ask(descriptor, end, &size) != 0) return;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  if (::getnameinfo(end, size, host.data(), host.size(), service.data(), service.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return;
  ip = host.data();
  port = std::atoi(service.data());
}

}  // namespace

ClientStream::ClientStream(int descriptor, Patience patience)
    : descriptor_(descriptor), patience_(patience), begun_(Clock::now()) {
  // Whoever watches may go without a word, and there are few places.
  net::limit_silence(descriptor, {std::chrono::seconds{15}, std::chrono::seconds{45}});
}

ClientStream::~ClientStream() {
  cut();
  ::close(descriptor_);
}

void ClientStream::cut() { ::shutdown(descriptor_, SHUT_RDWR); }

bool ClientStream::is_readable() const {
  if (begin_ < end_) return true;
  const auto now = Clock::now();
  const auto end = begun_ + patience_.request + time_for(received_);
  return now < end && await(descriptor_, POLLIN, std::min(now + patience_.read, end));
}

bool ClientStream::is_writable() const {
  char byte = 0;
  const ssize_t got = ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got == 0 || (got < 0 && !later())) return false;
  return await(descriptor_, POLLOUT, Clock::now() + patience_.write);
}

ssize_t ClientStream::read(char* into, std::size_t size) {
  while (begin_ == end_) {
    if (!is_readable()) return -1;
    const ssize_t got = ::recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && later()) continue;
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
    received_ += end_;
    for (std::size_t i = 0; i < end_ && head_end_ < kHeadEnd.size(); ++i) {
      const char byte = buffer_[i];
      head_end_ = byte == kHeadEnd[head_end_] ? head_end_ + 1 : byte == '\r' ? 1 : 0;
    }
    if (head_end_ < kHeadEnd.size() && received_ > kMostOfHead) return -1;
  }
  size = std::min(size, end_ - begin_);
  std::memcpy(into, buffer_.data() + begin_, size);
  begin_ += size;
  return static_cast<ssize_t>(size);
}

ssize_t ClientStream::write(const char* from, std::size_t size) {
  const auto until = Clock::now() + patience_.write + time_for(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t sent = ::send(descriptor_, from + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      done += static_cast<std::size_t>(sent);
    } else if (!later() || !await(descriptor_, POLLOUT, until)) {
      return -1;
    }
  }
  return static_cast<ssize_t>(size);
}

void ClientStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  name(::getpeername, descriptor_, ip, port);
}

void ClientStream::get_local_ip_and_port(std::string& ip, int& port) const {
  name(::getsockname, descriptor_, ip, port);
}

}  // namespace martd::admin
