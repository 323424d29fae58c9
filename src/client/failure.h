#pragma once

#include <cstdint>
#include <string_view>

namespace martd::client {

/// Why there is no answer of the site's, or no whole one.
enum class Failure : std::uint8_t {
  unresolved,       ///< its name has no address
  refused,          ///< no connection to any of its addresses
  certificate,      ///< an https site whose certificate can't be trusted, or no TLS at all
  connect_timeout,  ///< no connection within --upstream-connect-timeout
  timeout,          ///< silent past --upstream-timeout
  broken,           ///< the connection ended, or was reset, before its answer did
  rubbish,          ///< what it sent is no HTTP that can be read safely
  crowded,          ///< all connections to it are taken
  loop,             ///< it leads back to this server: nothing was asked of it
};
inline constexpr std::size_t kFailures = 9;

/// What whoever looks at a page had better do about it.
enum class Again : std::uint8_t {
  look,   ///< it ends by itself, and looking costs the site nothing
  once,   ///< it may have been a restart
  never,  ///< not by itself: the site would only run the same page again
};

struct FailureRow {
  Failure failure;
  int status;                 ///< of the answer to the client
  std::string_view name;      ///< in the log and in metrics
  std::string_view error;     ///< in Proxy-Status (RFC 9209 section 2.3)
  Again again;                ///< of a browser's page
  std::string_view sentence;  ///< for people; stands in HTML as it is
};
const FailureRow& row(Failure failure);

}  // namespace martd::client
