#include "client/failure.h"

#include <array>

namespace martd::client {
namespace {

constexpr std::array<FailureRow, kFailures> kTable{{
    {Failure::unresolved, 502, "unresolved", "dns_error", Again::look,
     "the site behind this server: its name has no address"},
    {Failure::refused, 502, "refused", "connection_refused", Again::look,
     "the site behind this server can't be reached"},
    {Failure::certificate, 502, "certificate", "tls_certificate_error", Again::never,
     "the site behind this server: no TLS with a certificate that can be trusted"},
    {Failure::connect_timeout, 504, "connect_timeout", "connection_timeout", Again::look,
     "the site behind this server didn't take the connection in time (--upstream-connect-timeout)"},
    {Failure::timeout, 504, "timeout", "http_response_timeout", Again::never,
     "the site behind this server didn't answer in time (--upstream-timeout)"},
    {Failure::broken, 502, "broken", "connection_terminated", Again::once,
     "the site behind this server ended the connection before its answer"},
    {Failure::rubbish, 502, "rubbish", "http_protocol_error", Again::never,
     "the site behind this server sent what can't be read as an HTTP answer"},
    {Failure::crowded, 503, "crowded", "connection_limit_reached", Again::never,
     "all connections to the site behind this server are taken"},
    {Failure::loop, 508, "loop", "proxy_loop_detected", Again::never,
     "the site behind this server leads back here: this request has been here before (Via)"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].failure) != i) return false;
  return true;
}
static_assert(in_order(), "the table is indexed by Failure");

}  // namespace

const FailureRow& row(Failure failure) { return kTable[static_cast<std::size_t>(failure)]; }

}  // namespace martd::client
