#include "net/tcp.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstddef>

namespace martd::net {
namespace {

void set(int descriptor, int level, int option, std::int64_t value) {
  const int wanted = static_cast<int>(std::clamp<std::int64_t>(value, 0, INT_MAX));
  ::setsockopt(descriptor, level, option, &wanted, sizeof wanted);
}

std::int64_t milliseconds(Duration duration) { return std::chrono::ceil<std::chrono::milliseconds>(duration).count(); }

std::int64_t seconds(Duration duration) { return std::chrono::ceil<std::chrono::seconds>(duration).count(); }

}  // namespace

void limit_silence(int descriptor, const PeerSilence& silence) {
  constexpr std::int64_t kEvery = 5;
  constexpr std::int64_t kMostQuiet = 32767;  // the kernel takes no more
  const std::int64_t most = seconds(silence.most);
  // The last question is to come when `most` is over, not up to 5 s later.
  std::int64_t quiet = std::clamp<std::int64_t>(seconds(silence.quiet), 1, kMostQuiet);
  if (const std::int64_t late = (most - quiet) % kEvery; late > 0) quiet += quiet > kEvery ? late - kEvery : late;
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, quiet);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, kEvery);
  // Counts where there is no limit for what isn't acknowledged.
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, std::clamp<std::int64_t>((most - quiet) / kEvery, 1, 127));
  limit_unacknowledged(descriptor, silence.most);
}

void limit_unacknowledged(int descriptor, Duration most) {
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds(most));
}

void bound_send_buffer(int descriptor, std::size_t bytes) {
  // The kernel doubles what is said, for what it needs itself.
  set(descriptor, SOL_SOCKET, SO_SNDBUF, static_cast<std::int64_t>(std::min<std::size_t>(bytes / 2, INT_MAX / 2)));
}

Taken taken_by_peer(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
      size >= offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
    return {info.tcpi_bytes_acked, info.tcpi_unacked > 0};
  // No TCP, or an old kernel's: what waits in the socket changes as it is taken.
  int waiting = 0;
  ::ioctl(descriptor, SIOCOUTQ, &waiting);
  return {static_cast<std::uint64_t>(waiting), false};
}

}  // namespace martd::net
