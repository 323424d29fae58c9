#include "wire/answer_head.h"

#include "wire/head_reader.h"

namespace martd::wire {

std::optional<Refusal> read_answer_head(std::string_view bytes, AnswerHead& head) {
  HeadReader reader(bytes);
  if (!reader.take_version()) return bad_request("status line: HTTP version not taken (taken: HTTP/1.1, HTTP/1.0)");
  if (!reader.take_byte(' ')) return bad_request("status line: no space before the status");
  const std::string_view status = reader.take(HeadReader::kToken);
  if (status.size() != 3 || status.find_first_not_of("0123456789") != std::string_view::npos || status[0] == '0')
    return bad_request("status line: not a status of three digits");
  head.status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  // Some leave out the space before an empty reason.
  if (reader.take_byte(' ')) head.reason = reader.take_value();
  if (auto refusal = reader.take_line_end()) return refusal;
  if (auto refusal = reader.read_fields(head.fields)) return refusal;
  head.http_1_0 = !reader.version_1_1();
  head.chunked = reader.chunked();
  head.content_length = reader.content_length();
  head.keep_alive = reader.keep_alive();
  head.upgrade = reader.upgrade();
  return std::nullopt;
}

}  // namespace martd::wire
