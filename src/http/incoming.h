#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http/body_budget.h"
#include "wire/body_reader.h"
#include "wire/request_head.h"

namespace martd::http {

/// A request whose body is still coming, for those that are served whole.
struct Incoming {
  /// What becomes of the bytes.
  enum class Use : std::uint8_t {
    kept,      ///< they are the message, or the form
    ignored,   ///< nobody asked for them: they are read away, and then the request is served
    answered,  ///< as ignored, of a request that was refused by its head
  };

  /// `head_bytes` were read before and are well-formed. At most `most` bytes of body are wanted; `room` is theirs.
  Incoming(std::string_view head_bytes, std::size_t most, Use use_of_it, BodyBudget::Share room)
      : bytes(head_bytes), limit(most), use(use_of_it), share(std::move(room)) {
    wire::read_request_head(bytes, bytes.size(), head);
    if (head.chunked)
      reader = wire::BodyReader::chunked();
    else
      reader = wire::BodyReader::length(head.content_length.value_or(0));
  }
  Incoming(const Incoming&) = delete;

  enum class Took : std::uint8_t { all, too_long, no_room };
  /// Of a body whose length isn't known, room is asked for as it comes, in `budget` bytes for all.
  Took add(std::string_view piece, std::size_t budget) {
    taken += piece.size();
    if (taken > limit) return Took::too_long;
    if (use != Use::kept) return Took::all;
    if (body.size() + piece.size() > body.capacity()) {
      // Announcing much costs nothing: room for all of it is made as it comes.
      constexpr std::size_t kFirst = std::size_t{64} * 1024;
      const std::size_t whole = head.chunked ? limit : static_cast<std::size_t>(head.content_length.value_or(0));
      const std::size_t wanted = std::max({kFirst, 2 * body.size(), body.size() + piece.size()});
      if (head.chunked && !share.grow(std::min(wanted, whole), budget)) return Took::no_room;
      body.reserve(std::min(wanted, whole));
    }
    body += piece;
    return Took::all;
  }

  const std::string bytes;
  wire::RequestHead head;  ///< views into `bytes`
  wire::BodyReader reader = wire::BodyReader::none();
  std::string body;
  std::size_t limit;
  std::size_t taken = 0;  ///< bytes of the body
  Use use;
  BodyBudget::Share share;
};

}  // namespace martd::http
