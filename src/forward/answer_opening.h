#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "follow/outlet.h"
#include "wire/answer_head.h"
#include "wire/fields.h"

namespace martd::forward {

/// How the body of the site's answer goes on to the client.
enum class Framing : std::uint8_t {
  as_it_came,   ///< as long as the head says, or none at all
  chunked,      ///< RFC 9112 section 7.1
  until_close,  ///< for HTTP/1.0: it ends with the connection
};

/// How an answer begins, and what follows from that. A value.
struct AnswerOpening {
  std::string text;  ///< its head, but for the empty line
  Framing framing = Framing::as_it_came;
  bool close = false;  ///< the client's connection ends with it, and the head says so
};

/// The head of the site's answer with `lines` (those of `head`, or others in their place), for a client that asked in
/// this manner; `hsts` as Outlet::hsts(). `sized`: one of the lines is the length.
AnswerOpening open_answer(const wire::AnswerHead& head, std::span<const wire::Field> lines, bool sized,
                          const follow::Outlet::Manner& manner, std::string_view hsts);

/// Appends a whole 1xx: what a site says before its answer, or the 101 that makes a tunnel.
void append_interim(std::string& out, const wire::AnswerHead& head);

bool is_html(const wire::AnswerHead& head);
/// It never ends by itself.
bool is_event_stream(const wire::AnswerHead& head);

}  // namespace martd::forward
