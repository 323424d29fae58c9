#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/refusal.h"
#include "wire/fields.h"

namespace martd::wire {

/// The head of a request (RFC 9112 section 3). Views into the bytes that it was read from.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< as it came
  bool http_1_0 = false;
  Fields fields;

  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;  ///< the client would send another request after this one
  bool upgrade = false;    ///< `Connection: upgrade`

  std::string_view field(std::string_view name) const { return fields.value(name); }
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// Reads a head that is whole, with its empty line, into `head`; what is left there after a refusal is of no use. What
/// no two parsers may read differently (request smuggling) is refused: all that HeadReader refuses, and with 400 an
/// HTTP version other than 1.0 and 1.1, no Host in HTTP/1.1, two Hosts, a malformed Host, CONNECT, a target that is
/// neither origin-form (`/…`), `*` with OPTIONS, nor absolute-form of http or https with the host of Host and without a
/// `#`, more spaces than one in the request line. 414 for a target longer than `max_target`; what was read up to there
/// is in `head`. Leading empty lines are the caller's.
std::optional<Refusal> read_request_head(std::string_view bytes, std::size_t max_target, RequestHead& head);

}  // namespace martd::wire
