#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "push/etag.h"

namespace martd::push {

/// One subscriber as an operator sees it.
struct SubscriberInfo {
  // Of the subscriber
  std::string address;         ///< where it is, as text
  std::string cid;             ///< its own name for itself, or empty
  std::string_view transport;  ///< lives as long as the program
  Time since{};                ///< held since, in whole seconds
  std::size_t waiting = 0;     ///< bytes in its outbox
  std::size_t channels = 0;    ///< how many it follows
  bool behind = false;         ///< it is being served from the backlog

  // Of its seat in one channel: the one that was asked about, or its first
  std::string channel;
  std::uint32_t seat = 0;      ///< its number in the channel
  Etag cursor{};               ///< how far it has read
  std::uint64_t messages = 0;  ///< how many etags follow its cursor, the dropped ones among them
};

}  // namespace martd::push
