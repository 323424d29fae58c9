#include "wire/chunks.h"

#include <charconv>
#include <iterator>

namespace martd::wire {
namespace {

/// The line in a buffer on the stack.
struct SizeLine {
  explicit SizeLine(std::size_t size) {
    char* end = std::to_chars(std::begin(bytes), std::end(bytes) - 2, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    length = static_cast<std::size_t>(end - bytes);
  }
  std::string_view text() const { return {bytes, length}; }

  char bytes[kMostAroundChunk];
  std::size_t length;
};

}  // namespace

void append_chunk_size(std::string& out, std::size_t size) { out += SizeLine(size).text(); }

void append_chunk(std::string& out, std::string_view bytes) {
  append_chunk_size(out, bytes.size());
  out.append(bytes).append(kChunkEnd);
}

void make_chunk(std::string& bytes) {
  const SizeLine line(bytes.size());
  bytes.insert(0, line.text());
  bytes += kChunkEnd;
}

}  // namespace martd::wire
