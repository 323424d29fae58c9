#include <cstdio>
#include <vector>

#include "command/manual.h"

namespace martd::command {
namespace {

/// The code point that begins at `at`, and past it. The tables are valid UTF-8.
unsigned code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned first = byte(at++);
  unsigned point = first >= 0xF0 ? first & 0x07 : first >= 0xE0 ? first & 0x0F : first & 0x1F;
  while (at < text.size() && (byte(at) & 0xC0) == 0x80) point = point << 6 | (byte(at++) & 0x3F);
  return point;
}

/// Text that roff takes as it is: a `-` that can be copied as one, no line that begins with a request, and by its
/// number what isn't ASCII.
std::string plain(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x80) {
      char name[16];
      std::snprintf(name, sizeof name, "\\[u%04X]", code_point(text, at));
      out += name;
      line_begins = false;
      continue;
    }
    ++at;
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

/// Likewise, and bold what stands between backticks.
std::string marked(std::string_view text) {
  std::string out;
  bool bold = false;
  for (const char c : plain(text)) {
    if (c == '`') bold = !bold;
    out += c != '`' ? std::string(1, c) : bold ? "\\fB" : "\\fR";
  }
  return out;
}

/// The parts of a text between its empty lines.
std::vector<std::string> paragraphs(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return parts;
}

/// A usage's first part: `Usage: ` and lines below it, indented as far.
std::string synopsis(std::string_view usage) {
  constexpr std::size_t kIndent = 7;
  std::string out;
  while (!usage.empty()) {
    const std::size_t end = std::min(usage.find('\n'), usage.size());
    out += plain(usage.substr(std::min(kIndent, end), end - std::min(kIndent, end))) + '\n';
    usage.remove_prefix(std::min(end + 1, usage.size()));
  }
  return ".nf\n" + out + ".fi\n";
}

void append_options(std::string& out, const CommandText& command, std::string_view heading) {
  std::string_view group;
  for (const OptionText& option : command.options) {
    if (option.group.empty()) continue;
    if (option.group != group) out += std::string(heading) + plain(option.group) + '\n';
    group = option.group;
    out += ".TP\n\\fB" + plain("--" + std::string(option.name)) + "\\fR";
    if (!option.form.empty()) out += (option.implied.empty() ? " \\fI" : "\\fI") + plain(option.form) + "\\fR";
    out += '\n' + marked(option.help) + marked(default_note(option));
    if (!option.more.empty()) out += ";\n" + marked(option.more);
    out += '\n';
  }
}

void append_command(std::string& out, const NamedCommand& command) {
  const auto parts = paragraphs(command.text->usage);
  out += ".SS martd " + plain(command.name) + '\n' + synopsis(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) out += ".PP\n" + plain(parts[i]) + '\n';
  append_options(out, *command.text, ".PP\n");
  out += ".PP\n" + plain(command.text->footer) + '\n';
}

}  // namespace

std::string man_page(std::span<const NamedCommand> commands) {
  const NamedCommand& server = commands.front();
  std::string out =
      ".\\\" Made by `martd --man-page` from the program's option tables.\n.TH MARTD 1 \"\" \"martd " MARTD_VERSION
      "\" \"User Commands\"\n.SH NAME\nmartd \\- live push over HTTP: channels, long\\-poll, event streams\n.SH "
      "SYNOPSIS\n";
  out += synopsis(paragraphs(server.text->usage).front());
  out +=
      ".SH DESCRIPTION\n"
      "Programs publish messages to named channels over HTTP, and browsers, scripts and services get them at once,\n"
      "by long\\-poll, event stream or line stream. The newest messages of every channel are kept, and a client that "
      "was\n"
      "away goes on where it stopped, or is told how many messages it missed.\n"
      ".PP\n"
      "When every address accepts, standard output has a line for each, then\n.BR ready .\n";
  out += ".SH OPTIONS\n";
  append_options(out, *server.text, ".SS ");
  out += ".PP\n" + plain(server.text->footer) + "\n.SH COMMANDS\n";
  for (const NamedCommand& command : commands.subspan(1)) append_command(out, command);
  out +=
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBMARTD_SERVER\\fR\nthe server of \\fBpub\\fR and \\fBsub\\fR, where \\fB\\-\\-server\\fR isn't given\n"
      ".TP\n\\fBMARTD_PUBLISH_SECRET\\fR\nwhat the server asks for, and what \\fBpub\\fR and \\fBdoctor\\fR bring\n"
      ".TP\n\\fBMARTD_\\fR\\fIOPTION\\fR\nany option of the server, in capitals and with _ for \\-\n"
      ".SH SIGNALS\n"
      ".TP\n\\fBSIGTERM\\fR, \\fBSIGINT\\fR\nstop in order; a second one stops at once\n"
      ".TP\n\\fBSIGHUP\\fR\nread the file, secrets and certificates again; the log says what can't change while "
      "running\n"
      ".TP\n\\fBSIGUSR1\\fR\nopen \\fB\\-\\-log\\-file\\fR anew, after it was moved away\n"
      ".SH FILES\n"
      ".TP\n\\fI/etc/martd/martd.toml\\fR\nread by the service, and by nothing else: \\fB\\-\\-config\\fR names the "
      "file\n"
      ".SH EXAMPLES\n"
      ".nf\n"
      "martd\n"
      "martd pub news hello\n"
      "journalctl \\-f \\-o cat | martd pub log \\-\n"
      "martd sub news \\-\\-exec \\(aqnotify\\-send \"$MARTD_CHANNEL\" \"$(cat)\"\\(aq\n"
      "martd doctor https://push.example/ \\-\\-origin https://www.example\n"
      "martd store export push.db | gzip > push.jsonl.gz\n"
      ".fi\n"
      ".SH SEE ALSO\n"
      ".BR curl (1)\n";
  return out;
}

}  // namespace martd::command
