#include "socket_faults.h"

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace martd::net::test::faults {
namespace {

/// The calls are made before anything here could be constructed: all of this is nothing but zeros at first.
struct Followed {
  bool open;
  bool dead;
  bool watched;
  int whose;
  int set;  ///< the epoll set that watches it, and for what
  epoll_event event;
};
constexpr int kMost = 16384;
Followed table[kMost];
std::size_t open_ones = 0;

Calls made;
bool failing = false;
Manner manner_now{};
std::size_t left = 0;
std::optional<Failed> last;
int accept_error = 0;
bool wait_interrupted = false;

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

Followed* find(int descriptor) {
  ++made.all;
  return descriptor >= 0 && descriptor < kMost && table[descriptor].open ? &table[descriptor] : nullptr;
}

int real_epoll_ctl(int set, int operation, int descriptor, epoll_event* event) {
  static auto* const call = next<int(int, int, int, epoll_event*)>("epoll_ctl");
  return call(set, operation, descriptor, event);
}

int real_shutdown(int descriptor, int how) {
  static auto* const call = next<int(int, int)>("shutdown");
  return call(descriptor, how);
}

/// As if it had only now become ready for what it is watched for.
void become_ready(int descriptor, Followed& socket) {
  if (socket.watched) real_epoll_ctl(socket.set, EPOLL_CTL_MOD, descriptor, &socket.event);
}

/// 0: this call doesn't fail so. `own`: the server makes it itself, and not OpenSSL for it, which takes an interrupted
/// call for one that found nothing. Linux interrupts no call that doesn't wait, so that is no more than a habit.
int error_of(Manner manner, Call call, bool own) {
  switch (manner) {
    case Manner::broken:
      if (call == Call::receive) return ECONNRESET;
      if (call == Call::send) return EPIPE;
      if (call == Call::shut_down) return ENOTCONN;
      return call == Call::option ? EINVAL : 0;
    case Manner::timed_out:
      return call == Call::receive || call == Call::send ? ETIMEDOUT : 0;
    case Manner::no_memory:
      if (call == Call::watch) return ENOMEM;
      if (call == Call::send || call == Call::option || call == Call::look) return ENOBUFS;
      return call == Call::receive ? ENOMEM : 0;
    case Manner::full:
      return call == Call::receive || call == Call::send ? EAGAIN : 0;
    case Manner::interrupted:
      return own && (call == Call::receive || call == Call::send) ? EINTR : 0;
    case Manner::in_part:
      return 0;
  }
  return 0;
}

bool due(const Followed& socket, Call call) {
  if (!failing || left == 0 || --left > 0) return false;
  last = Failed{socket.whose, call};
  return true;
}

/// The error with which this call fails, or 0.
int fault(int descriptor, Followed& socket, Call call, bool own = true) {
  ++made.of[static_cast<std::size_t>(call)];
  if (socket.dead) return call == Call::send ? EPIPE : call == Call::shut_down ? ENOTCONN : 0;
  const int error = failing ? error_of(manner_now, call, own) : 0;
  if (error == 0 || !due(socket, call)) return 0;
  if (manner_now == Manner::broken || manner_now == Manner::timed_out) {
    socket.dead = true;
    real_shutdown(descriptor, SHUT_RDWR);
  }
  if (manner_now == Manner::full) become_ready(descriptor, socket);
  return error;
}

/// How much of `size` may be moved.
std::size_t part(int descriptor, Followed& socket, Call call, std::size_t size) {
  if (!failing || manner_now != Manner::in_part || size < 2 || socket.dead || !due(socket, call)) return size;
  become_ready(descriptor, socket);
  return 1;
}

template <class Move>
ssize_t move(int descriptor, Call call, std::size_t size, Move real, bool own = true) {
  Followed* const socket = find(descriptor);
  if (!socket) return real(size);
  if (const int error = fault(descriptor, *socket, call, own)) {
    errno = error;
    return -1;
  }
  if (call == Call::receive && socket->dead) return 0;
  return real(part(descriptor, *socket, call, size));
}

template <class Real>
int other(int descriptor, Call call, Real real) {
  Followed* const socket = find(descriptor);
  if (!socket) return real();
  if (const int error = fault(descriptor, *socket, call)) {
    errno = error;
    return -1;
  }
  return real();
}

/// Nothing of the server's makes these calls on a connection. Whoever changes that has to say here how they fail.
void unexpected(int descriptor, const char* call) {
  if (!find(descriptor)) return;
  std::fprintf(stderr, "socket_faults.cpp doesn't know %s on a connection\n", call);
  std::abort();
}

}  // namespace

const char* name_of(Manner manner) {
  constexpr const char* kNames[] = {"broken", "timed out", "no memory", "full", "interrupted", "in part"};
  return kNames[static_cast<std::size_t>(manner)];
}

void follow(int descriptor, int whose) {
  if (descriptor < 0 || descriptor >= kMost || table[descriptor].open) std::abort();
  table[descriptor] = {true, false, false, whose, -1, {}};
  ++open_ones;
}

std::size_t followed() { return open_ones; }

const Calls& calls() { return made; }

void fail(Manner manner, std::size_t nth) {
  failing = true;
  manner_now = manner;
  left = nth;
  last.reset();
}

void fail_accept(int error) { accept_error = error; }

void interrupt_wait() { wait_interrupted = true; }

void stop() {
  failing = false;
  accept_error = 0;
  wait_interrupted = false;
}

std::optional<Failed> failed() { return last; }

}  // namespace martd::net::test::faults

namespace faults = martd::net::test::faults;
using faults::Call;

extern "C" {

ssize_t recv(int descriptor, void* into, std::size_t size, int flags) {
  static auto* const real = faults::next<ssize_t(int, void*, std::size_t, int)>("recv");
  return faults::move(descriptor, Call::receive, size,
                      [&](std::size_t most) { return real(descriptor, into, most, flags); });
}

ssize_t read(int descriptor, void* into, std::size_t size) {
  static auto* const real = faults::next<ssize_t(int, void*, std::size_t)>("read");
  return faults::move(
      descriptor, Call::receive, size, [&](std::size_t most) { return real(descriptor, into, most); }, false);
}

ssize_t send(int descriptor, const void* bytes, std::size_t size, int flags) {
  static auto* const real = faults::next<ssize_t(int, const void*, std::size_t, int)>("send");
  return faults::move(descriptor, Call::send, size,
                      [&](std::size_t most) { return real(descriptor, bytes, most, flags); });
}

ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  static auto* const real = faults::next<ssize_t(int, const void*, std::size_t)>("write");
  return faults::move(
      descriptor, Call::send, size, [&](std::size_t most) { return real(descriptor, bytes, most); }, false);
}

ssize_t writev(int descriptor, const iovec* pieces, int count) {
  static auto* const real = faults::next<ssize_t(int, const iovec*, int)>("writev");
  faults::unexpected(descriptor, "writev");
  return real(descriptor, pieces, count);
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static auto* const real = faults::next<ssize_t(int, const msghdr*, int)>("sendmsg");
  faults::unexpected(descriptor, "sendmsg");
  return real(descriptor, message, flags);
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  static auto* const real = faults::next<ssize_t(int, msghdr*, int)>("recvmsg");
  faults::unexpected(descriptor, "recvmsg");
  return real(descriptor, message, flags);
}

/// How the server receives and sends where no sanitizer looks (net/socket.cpp).
long syscall(long number, ...) noexcept {
  static auto* const real = faults::next<long(long, ...)>("syscall");
  std::va_list list;
  va_start(list, number);
  long given[6];
  for (long& one : given) one = va_arg(list, long);
  va_end(list);
  const auto call = [&](std::size_t size) {
    return real(number, given[0], given[1], static_cast<long>(size), given[3], given[4], given[5]);
  };
  const auto descriptor = static_cast<int>(given[0]);
  const auto size = static_cast<std::size_t>(given[2]);
  if (number == SYS_recvfrom) return faults::move(descriptor, Call::receive, size, call);
  if (number == SYS_sendto) return faults::move(descriptor, Call::send, size, call);
  return call(size);
}

int shutdown(int descriptor, int how) noexcept {
  return faults::other(descriptor, Call::shut_down, [&] { return faults::real_shutdown(descriptor, how); });
}

int setsockopt(int descriptor, int level, int option, const void* value, socklen_t size) noexcept {
  static auto* const real = faults::next<int(int, int, int, const void*, socklen_t)>("setsockopt");
  return faults::other(descriptor, Call::option, [&] { return real(descriptor, level, option, value, size); });
}

int getsockopt(int descriptor, int level, int option, void* value, socklen_t* size) noexcept {
  static auto* const real = faults::next<int(int, int, int, void*, socklen_t*)>("getsockopt");
  return faults::other(descriptor, Call::look, [&] { return real(descriptor, level, option, value, size); });
}

int ioctl(int descriptor, unsigned long request, ...) noexcept {
  static auto* const real = faults::next<int(int, unsigned long, ...)>("ioctl");
  std::va_list list;
  va_start(list, request);
  void* const value = va_arg(list, void*);
  va_end(list);
  return faults::other(descriptor, Call::look, [&] { return real(descriptor, request, value); });
}

int epoll_ctl(int set, int operation, int descriptor, epoll_event* event) noexcept {
  const int result =
      faults::other(descriptor, Call::watch, [&] { return faults::real_epoll_ctl(set, operation, descriptor, event); });
  if (result != 0 || !event || descriptor < 0 || descriptor >= faults::kMost) return result;
  faults::Followed& socket = faults::table[descriptor];
  if (!socket.open) return result;
  socket.watched = operation != EPOLL_CTL_DEL;
  socket.set = set;
  socket.event = *event;
  return result;
}

int epoll_wait(int set, epoll_event* events, int most, int milliseconds) {
  static auto* const real = faults::next<int(int, epoll_event*, int, int)>("epoll_wait");
  ++faults::made.waits;
  if (std::exchange(faults::wait_interrupted, false)) {
    errno = EINTR;
    return -1;
  }
  return real(set, events, most, milliseconds);
}

int accept4(int listening, sockaddr* peer, socklen_t* size, int flags) {
  static auto* const real = faults::next<int(int, sockaddr*, socklen_t*, int)>("accept4");
  ++faults::made.all;
  ++faults::made.of[static_cast<std::size_t>(Call::accept)];
  if (const int error = std::exchange(faults::accept_error, 0)) {
    errno = error;
    return -1;
  }
  return real(listening, peer, size, flags);
}

int close(int descriptor) {
  static auto* const real = faults::next<int(int)>("close");
  if (faults::Followed* const socket = faults::find(descriptor)) {
    socket->open = false;
    --faults::open_ones;
  }
  return real(descriptor);
}

}  // extern "C"
