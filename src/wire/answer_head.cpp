#include "wire/answer_head.h"

#include <algorithm>

#include "wire/head_reader.h"

namespace martd::wire {
namespace {

bool is_framing(const Field& field) {
  return iequals(field.name, "Content-Length") || iequals(field.name, "Transfer-Encoding");
}

/// An answer that ends with its head says otherwise: whoever wrote that may have written such a body, too. A 304 may
/// say how long the answer is that it stands for (RFC 9110 section 8.6), and nothing is no body.
bool claims_body(const HeadReader& reader, int status) {
  if (reader.chunked()) return true;
  if (reader.lengths() == 0) return false;
  if (reader.lengths() > 1 || !reader.content_length() || status < 200) return true;
  return status == 204 && *reader.content_length() > 0;
}

}  // namespace

std::optional<Refusal> read_answer_head(std::string_view bytes, AnswerHead& head) {
  HeadReader reader(bytes, HeadReader::Lines::of_answer);
  if (!reader.take_version()) return bad_request("status line: HTTP version not taken (taken: HTTP/1.1, HTTP/1.0)");
  if (!reader.take_byte(' ')) return bad_request("status line: no space before the status");
  const std::string_view status = reader.take(HeadReader::kToken);
  if (status.size() != 3 || status.find_first_not_of("0123456789") != std::string_view::npos || status[0] == '0')
    return bad_request("status line: not a status of three digits");
  head.status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  // Some leave out the space before an empty reason.
  if (reader.take_byte(' ')) head.reason = reader.take_value();
  if (auto refusal = reader.take_line_end()) return refusal;
  head.no_body = head.status < 200 || head.status == 204 || head.status == 304;
  if (head.no_body) reader.has_no_body();
  if (auto refusal = reader.read_fields(head.fields)) return refusal;
  head.http_1_0 = !reader.version_1_1();
  head.keep_alive = reader.keep_alive();
  head.upgrade = reader.upgrade();
  if (!head.no_body) {
    head.chunked = reader.chunked();
    head.content_length = reader.content_length();
    return std::nullopt;
  }
  head.chunked = false;
  head.content_length.reset();
  if (claims_body(reader, head.status)) head.keep_alive = false;
  head.fields.erase(std::remove_if(head.fields.begin(), head.fields.end(), is_framing), head.fields.end());
  return std::nullopt;
}

}  // namespace martd::wire
