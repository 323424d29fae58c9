#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

/// Sockets that fail when a test says so, and calls that are counted. A program that has socket_faults.cpp among its
/// sources makes the calls of the C library by way of it, and so do the libraries that it uses. It does nothing but for
/// descriptors that a test has named: clients that the test plays itself never fail. One thread.
namespace martd::net::test::faults {

enum class Call : std::uint8_t { receive, send, watch, option, look, shut_down, accept };
inline constexpr std::size_t kCalls = 7;

/// What can happen to a socket. Each goes with the errors that Linux has for it, and only calls fail that can.
enum class Manner : std::uint8_t {
  broken,       ///< reset by the peer, or written to after that; nothing goes from then on
  timed_out,    ///< the peer acknowledges nothing; nothing goes from then on
  no_memory,    ///< the one call fails, and the socket is as it was
  full,         ///< it isn't ready after all; the next moment it is, and epoll says so
  interrupted,  ///< a signal came
  in_part,      ///< one byte is moved, and the rest can be in the next moment
};
inline constexpr Manner kManners[] = {Manner::broken, Manner::timed_out,   Manner::no_memory,
                                      Manner::full,   Manner::interrupted, Manner::in_part};
const char* name_of(Manner manner);
/// Nothing is lost by it.
inline bool harmless(Manner manner) { return manner >= Manner::full; }

/// From now until it is closed; `whose` is the test's name for it.
void follow(int descriptor, int whose);
/// Descriptors that are followed and open.
std::size_t followed();

struct Calls {
  std::size_t of[kCalls] = {};  ///< on what is followed
  std::size_t all = 0;          ///< every call that comes this way, whatever it is for, but epoll_wait
  std::size_t waits = 0;        ///< epoll_wait

  std::size_t operator[](Call call) const { return of[static_cast<std::size_t>(call)]; }
};
/// Since the program began.
const Calls& calls();

/// Of the calls from now on that `manner` can happen to, the `nth` fails so; the first is 1. No other does.
void fail(Manner manner, std::size_t nth);
/// Instead: the next accept4() with this error, which takes nothing off the queue.
void fail_accept(int error);
/// The next epoll_wait() is interrupted by a signal.
void interrupt_wait();
/// No call fails any more.
void stop();

struct Failed {
  int whose;
  Call call;
};
/// What failed since fail().
std::optional<Failed> failed();

}  // namespace martd::net::test::faults
