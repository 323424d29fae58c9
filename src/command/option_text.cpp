#include "command/option_text.h"

#include <algorithm>

namespace martd::command {
namespace {

/// Of UTF-8: every byte but those that go on with a letter.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string default_note(const OptionText& option) {
  if (option.default_value.empty()) return {};
  return " (" + option.default_value + (option.repeatable ? ", repeatable)" : ")");
}

std::string summary_of(const OptionText& option) {
  std::string text(option.help);
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(std::remove(text.begin(), text.end(), '`'), text.end());
  return text + default_note(option);
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t length = letters(word);
    if (!out.empty()) {
      const bool fits = used + 1 + length <= width;
      out += fits ? ' ' : '\n';
      used = fits ? used + 1 : 0;
    }
    out += word;
    used += length;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace martd::command
