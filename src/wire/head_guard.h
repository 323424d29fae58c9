#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "wire/refusal.h"

namespace martd::wire {

/// Where the head of an HTTP/1 message ends: the count of its bytes with the empty line, or 0 while it is not whole.
/// Looks from `from` on (less three bytes), so that a head that comes in pieces isn't read again from its start. An
/// empty line after bare LFs is an end, too: such a head is refused at once by check_request_head, not waited for.
std::size_t head_end(std::string_view bytes, std::size_t from = 0);

/// What a request's head must be so that no two parsers can read it differently (request smuggling; RFC 9112
/// sections 2.2, 3, 5, 6.1, 11.2). `head` is whole, with its empty line. Refused with 400: bare CR or LF, NUL and other
/// controls, a folded line, space before a colon, an empty or malformed field name, an HTTP version other than 1.0
/// and 1.1, two Content-Length (even equal) or one that is not all digits, Content-Length beside Transfer-Encoding, a
/// Transfer-Encoding other than exactly `chunked` once, Transfer-Encoding in HTTP/1.0, no Host in HTTP/1.1, two Hosts,
/// a malformed Host, a target that is neither origin-form (`/…`), `*` with OPTIONS, nor absolute-form of http or https;
/// more spaces than one in the request line. 414 for a target longer than `max_target`, 431 for more than 1000 fields.
/// Leading empty lines are the caller's.
std::optional<Refusal> check_request_head(std::string_view head, std::size_t max_target = 16 * 1024);

}  // namespace martd::wire
