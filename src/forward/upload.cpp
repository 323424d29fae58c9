#include "forward/upload.h"

#include "wire/chunks.h"

namespace martd::forward {

Upload::Upload(const wire::RequestHead& head)
    : reader_(head.chunked ? wire::BodyReader::chunked() : wire::BodyReader::length(head.content_length.value_or(0))),
      chunked_(head.chunked),
      awaits_continue_(head.fields.names("Expect", "100-continue")) {}

std::string_view Upload::read(std::string_view& bytes, std::string& chunk) {
  if (!bytes.empty()) awaits_continue_ = false;
  const std::string_view piece = reader_.next(bytes);
  if (!chunked_) return piece;
  if (whole()) return wire::kLastChunk;  // its framing comes behind the last piece
  if (piece.empty()) return {};
  chunk.clear();
  chunk.reserve(piece.size() + wire::kMostAroundChunk);
  wire::append_chunk(chunk, piece);
  return chunk;
}

bool Upload::late(Time now, std::size_t unsent) {
  if (now < due()) return false;
  if (unsent == 0) return true;
  expect_more(now);
  return false;
}

void Upload::drop(std::string_view& bytes) {
  while (!bytes.empty() && !whole() && wrong().empty()) reader_.next(bytes);
}

}  // namespace martd::forward
