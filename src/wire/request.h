#pragma once

#include <string>
#include <string_view>

#include "wire/address.h"
#include "wire/request_head.h"

namespace martd::wire {

/// What comes before and after the first `?` of a request's target; of an absolute-form one (RFC 9112 section 3.2.2),
/// what follows its authority.
struct Target {
  std::string_view path;
  std::string_view query;
};
Target split_target(std::string_view target);

/// Whom a request is for, `host[:port]`: the Host field, or the authority of an absolute target without one (HTTP/1.0).
/// Empty: it doesn't say.
std::string_view host_of(const RequestHead& head);

/// One whole request, and whose it is. Views into what outlives it.
struct Request {
  const RequestHead& head;
  const Address& peer;    ///< of the connection
  std::string_view path;  ///< `*` for OPTIONS of the whole server, also by its address (RFC 9112 section 3.2.4)
  std::string_view query;
  std::string_view body;

  std::string_view method() const { return head.method; }
  /// The value of the first field of that name, or empty: of one that may stand once (wire/request_fields).
  std::string_view header(std::string_view name) const { return head.field(name); }

  /// All its lines as one, see Fields::list().
  std::string_view list(std::string_view name, std::string& joined) const { return head.fields.list(name, joined); }

  Request(const RequestHead& from, std::string_view whole_body, const Address& connection_peer);
};

}  // namespace martd::wire
