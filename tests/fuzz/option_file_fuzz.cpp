#include <cstdio>
#include <string>

#include "base/utf8.h"
#include "fuzz.h"
#include "options/option_file.h"

using namespace martd;
using fuzz::hold;

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

/// A configuration file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const auto read = read_option_file(text);
  const auto lines = static_cast<int>(fuzz::split(text).size()) + 1;
  if (const auto* wrong = std::get_if<FileError>(&read)) {
    hold(wrong->line >= 1 && wrong->line <= lines, "the line of what is wrong is one of the file");
    hold(!wrong->message.empty() && is_utf8(wrong->message) && wrong->message.size() < 1000, "a short message");
    return 0;
  }
  const auto& entries = std::get<std::vector<FileEntry>>(read);
  std::string again;
  int last = 0;
  for (const FileEntry& entry : entries) {
    hold(entry.line > last || last == 0, "entries stand on lines of their own, in their order");
    last = entry.line;
    again += quoted(entry.key) + " = [";
    for (const std::string& value : entry.values) again += quoted(value) + ", ";
    again += "]\n";
  }
  const auto second = read_option_file(again);
  hold(std::holds_alternative<std::vector<FileEntry>>(second), "what was read can be written and read again");
  const auto& same = std::get<std::vector<FileEntry>>(second);
  hold(same.size() == entries.size(), "as many");
  for (std::size_t i = 0; i < same.size(); ++i)
    hold(same[i].key == entries[i].key && same[i].values == entries[i].values, "the same");
  return 0;
}
