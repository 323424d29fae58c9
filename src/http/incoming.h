#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/body_reader.h"
#include "wire/request_head.h"

namespace martd::http {

/// A request whose body is still coming, for those that are served whole.
struct Incoming {
  /// `head_bytes` were read before and are well-formed. At most `most` bytes of body are wanted.
  Incoming(std::string_view head_bytes, std::size_t most) : bytes(head_bytes), limit(most) {
    wire::read_request_head(bytes, bytes.size(), head);
    if (head.chunked) {
      reader = wire::BodyReader::chunked();
    } else {
      reader = wire::BodyReader::length(head.content_length.value_or(0));
      // Announcing much costs nothing; room for all of it is made as it comes.
      body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length.value_or(0), 64 * 1024)));
    }
  }
  Incoming(const Incoming&) = delete;

  const std::string bytes;
  wire::RequestHead head;  ///< views into `bytes`
  wire::BodyReader reader = wire::BodyReader::none();
  std::string body;
  std::size_t limit;
};

}  // namespace martd::http
