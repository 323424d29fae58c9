#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

namespace martd {

/// Why something can't be read, as the system puts it: `Is a directory`.
struct Unread {
  std::string why;
};

/// All that comes until its end, `most` bytes at most; more is an error, too. Blocks. Standard library streams take an
/// error while reading for the end, or throw it.
std::variant<std::string, Unread> read_whole(int descriptor, std::size_t most);
/// A file, likewise. Not only regular ones: `/dev/stdin` and a shell's `<(…)` are taken.
std::variant<std::string, Unread> read_file(const std::string& path, std::size_t most);

/// The lines of a descriptor, which it doesn't own, without their ends (LF). What follows the last LF is a line, too.
class LineReader {
 public:
  explicit LineReader(int descriptor) : descriptor_(descriptor) {}
  /// The next line; nothing at the end, or where it can't be read. Blocks.
  std::optional<std::string> next();
  /// Why it can't be read; empty: it came to its end, or goes on.
  const std::string& problem() const { return problem_; }

 private:
  bool fill();

  int descriptor_;
  std::string bytes_;
  std::size_t begin_ = 0;
  bool over_ = false;
  std::string problem_;
};

}  // namespace martd
