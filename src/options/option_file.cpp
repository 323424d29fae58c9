#include "options/option_file.h"

#include <cstdint>
#include <optional>

#include "base/utf8.h"

namespace martd {
namespace {

constexpr std::string_view kForms = " (taken: a \"string\" in quotes, a number, true or false, or an array of these)";

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `100`, `1_000`, `-0.5`: the number without its underscores.
std::optional<std::string> number(std::string_view word) {
  std::string out;
  std::size_t at = 0;
  if (!word.empty() && (word[0] == '-' || word[0] == '+')) {
    if (word[0] == '-') out += '-';
    ++at;
  }
  bool fraction = false;
  for (bool after_digit = false; at < word.size(); ++at) {
    const char c = word[at];
    const bool digit_follows = at + 1 < word.size() && is_digit(word[at + 1]);
    if (is_digit(c)) {
      out += c;
      after_digit = true;
    } else if (c == '_' && after_digit && digit_follows) {
      after_digit = false;
    } else if (c == '.' && after_digit && digit_follows && !fraction) {
      out += c;
      fraction = true;
      after_digit = false;
    } else {
      return std::nullopt;
    }
  }
  if (out.empty() || !is_digit(out.back())) return std::nullopt;
  return out;
}

void append_code_point(std::string& out, std::uint32_t point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// One pass over the text. A function that returns false has set the error.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::variant<std::vector<FileEntry>, FileError> read() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    while (true) {
      skip_lines();
      if (at_ == text_.size()) return std::move(entries_);
      if (!entry()) return error_;
    }
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_line_end() const { return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n"; }

  bool fail(std::string message) {
    error_ = {line_, (key_.empty() ? "" : key_ + ": ") + std::move(message)};
    return false;
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  /// Blanks, comments and line ends.
  void skip_lines() {
    while (at_ < text_.size()) {
      skip_blanks();
      if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
      if (!at_line_end() || at_ == text_.size()) return;
      at_ = text_.find('\n', at_) + 1;
      ++line_;
    }
  }

  bool entry() {
    key_.clear();
    if (peek() == '[') return fail("a table; every option stands at the top, as: name = value");
    FileEntry entry;
    entry.line = line_;
    if (peek() == '"' || peek() == '\'') {
      if (!string(entry.key)) return false;
    } else {
      while (is_bare(peek())) entry.key += text_[at_++];
    }
    if (entry.key.empty()) return fail("not an option's name (taken: name = value)");
    key_ = entry.key;
    skip_blanks();
    if (peek() == '.') return fail("a dotted key; every option stands at the top, as: name = value");
    if (peek() != '=') return fail("no value (taken: name = value)");
    ++at_;
    skip_blanks();
    for (const FileEntry& other : entries_) {
      if (other.key == entry.key) return fail("a second time, first in line " + std::to_string(other.line));
    }
    if (!(peek() == '[' ? array(entry.values) : value(entry.values))) return false;
    skip_blanks();
    if (peek() != '#' && !at_line_end()) return fail("more after the value" + std::string(kForms));
    entries_.push_back(std::move(entry));
    return true;
  }

  bool array(std::vector<std::string>& values) {
    ++at_;
    while (true) {
      skip_lines();
      if (peek() == ']') break;
      if (at_ == text_.size()) return fail("an array without its ]");
      if (!value(values)) return false;
      skip_lines();
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return fail(at_ == text_.size() ? "an array without its ]" : "an array without a , or ] after a value");
      }
    }
    ++at_;
    return true;
  }

  bool value(std::vector<std::string>& values) {
    std::string out;
    if (peek() == '"' || peek() == '\'') {
      if (!string(out)) return false;
    } else {
      const std::size_t begin = at_;
      while (is_bare(peek()) || peek() == '.' || peek() == '+') ++at_;
      const std::string_view word = text_.substr(begin, at_ - begin);
      if (word == "true" || word == "false") {
        out = word;
      } else if (auto digits = number(word)) {
        out = *std::move(digits);
      } else {
        return fail("not a value" + std::string(kForms));
      }
    }
    values.push_back(std::move(out));
    return true;
  }

  /// A basic ("…", with escapes) or a literal ('…') string.
  bool string(std::string& out) {
    const char quote = text_[at_];
    if (text_.substr(at_, 3) == std::string(3, quote)) return fail("a string over several lines is not taken");
    ++at_;
    const std::size_t begin = at_;
    while (true) {
      if (at_line_end()) return fail("a string without its end");
      const char c = text_[at_++];
      if (c == quote) break;
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) return fail("a control character");
      if (c != '\\' || quote == '\'') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    if (!is_utf8(text_.substr(begin, at_ - begin))) return fail("not UTF-8");
    return true;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "btnfr\"\\";
    constexpr std::string_view kMeaning = "\b\t\n\f\r\"\\";
    const char letter = at_line_end() ? '\0' : text_[at_++];
    if (const auto which = kLetters.find(letter); which != std::string_view::npos) {
      out += kMeaning[which];
      return true;
    }
    const std::size_t length = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(peek());
      if (at_ == text_.size() || digit == std::string_view::npos) return fail("not an escape");
      point = point * 16 + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
      ++at_;
    }
    if (length == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return fail("not an escape");
    append_code_point(out, point);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::string key_;
  std::vector<FileEntry> entries_;
  FileError error_;
};

}  // namespace

std::variant<std::vector<FileEntry>, FileError> read_option_file(std::string_view text) { return Reader(text).read(); }

}  // namespace martd
