#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd::wire {

/// The parts of an answer that depend on the request and not on what is said.
struct AnswerContext {
  bool close = false;     ///< the connection ends after it
  bool http_1_0 = false;  ///< then keeping it has to be said
  bool head = false;      ///< no body is sent, its length is
  std::string cors;       ///< header lines for an allowed origin, each with CR LF
  std::string_view hsts;  ///< another of all answers by https, or nothing
};

/// `Wed, 21 Oct 2015 07:28:00 GMT` (RFC 9110 section 5.6.7). The text stays until the next call on the same thread.
std::string_view http_date(Time now);
/// The first two lines of a 200, with the date. Stays as long.
std::string_view ok_lines(Time now);

std::string_view reason_phrase(int status);

/// Everything about an answer but its body.
struct Answer {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view headers;  ///< more header lines, each with CR LF
  bool no_store = true;      ///< `Cache-Control: no-store`
  bool no_body = false;      ///< 204 and 304: neither a body nor a length
};

/// Appends the head of an answer whose body has `length` bytes.
void append_head(std::string& out, const Answer& answer, std::size_t length, const AnswerContext& context, Time now);

/// Appends a whole answer.
void append_answer(std::string& out, const Answer& answer, std::string_view body, const AnswerContext& context,
                   Time now);

/// `{"error":"…"}`, and `"channel":"…"` where it is about one.
std::string error_body(std::string_view message, std::string_view channel = {});

/// Appends a whole answer with an error in JSON. `headers` as in Answer, `channel` as in error_body.
void append_error(std::string& out, int status, std::string_view message, const AnswerContext& context, Time now,
                  std::string_view headers = {}, std::string_view channel = {});

}  // namespace martd::wire
