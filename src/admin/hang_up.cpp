#include "admin/hang_up.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace martd::admin {
namespace {

using boost::asio::ip::tcp;

/// Nothing where it isn't a socket of the internet.
std::optional<tcp::endpoint> local_end(int descriptor) {
  tcp::endpoint end;
  auto size = static_cast<socklen_t>(end.capacity());
  if (::getsockname(descriptor, end.data(), &size) != 0 || size > end.capacity()) return std::nullopt;
  if (end.data()->sa_family != AF_INET && end.data()->sa_family != AF_INET6) return std::nullopt;
  end.resize(size);
  return end;
}

bool came_in_at(const net::ListenSocket& door, int descriptor) {
  const auto end = local_end(descriptor);
  return descriptor != door.descriptor() && end && end->port() == door.port() &&
         end->address().is_v6() == door.address().is_v6() &&
         (door.address().is_unspecified() || end->address() == door.address());
}

}  // namespace

void hang_up(const net::ListenSocket& door) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), none; !error && entry != none;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (descriptor >= 0 && came_in_at(door, descriptor)) ::shutdown(descriptor, SHUT_RDWR);
  }
}

}  // namespace martd::admin
