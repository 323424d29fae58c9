#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace martd::wire {

// A body in chunks (RFC 9112 section 7.1), as it is written: no extensions, no trailers, sizes in their shortest form.

/// Ends a chunk's bytes.
inline constexpr std::string_view kChunkEnd = "\r\n";
/// Ends the body: without it, it was cut off.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
/// What a chunk has beside its bytes, at most.
inline constexpr std::size_t kMostAroundChunk = 2 * sizeof(std::size_t) + 4;

/// The line before a chunk's bytes. `size` is not 0: that would be the last chunk.
void append_chunk_size(std::string& out, std::size_t size);

/// A whole chunk.
void append_chunk(std::string& out, std::string_view bytes);

/// Makes a chunk of the bytes, which are not empty. With kMostAroundChunk of room behind them nothing is allocated.
void make_chunk(std::string& bytes);

}  // namespace martd::wire
