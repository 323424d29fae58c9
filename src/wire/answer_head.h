#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/refusal.h"
#include "wire/fields.h"

namespace martd::wire {

/// The head of an answer (RFC 9112 section 4). Views into the bytes that it was read from.
struct AnswerHead {
  int status = 0;           ///< 100 to 999
  std::string_view reason;  ///< may be empty
  bool http_1_0 = false;
  Fields fields;

  /// 1xx, 204 and 304: the answer ends with its head, whatever that says of a body. Such fields are taken off, and
  /// where they leave it in doubt that nothing follows, `keep_alive` is false. RFC 9112 section 6.3.
  bool no_body = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
  bool upgrade = false;

  std::string_view field(std::string_view name) const { return fields.value(name); }
};

/// Reads a head that is whole, with its empty line. Refused is all that HeadReader refuses in an answer, and a
/// malformed status line or a version other than 1.x; the refusal's status is of no meaning here.
std::optional<Refusal> read_answer_head(std::string_view bytes, AnswerHead& head);

}  // namespace martd::wire
