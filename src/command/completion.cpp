#include <algorithm>
#include <vector>

#include "command/manual.h"

namespace martd::command {
namespace {

bool shown(const OptionText& option) { return !option.group.empty(); }

/// `text|json` as `text json`; nothing where any value may follow.
std::string choices(const OptionText& option) {
  if (option.form.find('|') == std::string_view::npos) return {};
  std::string words(option.form);
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

bool is_file(const OptionText& option) { return option.form == "FILE"; }

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

void append_bash_command(std::string& out, const NamedCommand& command) {
  std::string names = "--help --version", files, free;
  for (const OptionText& option : command.text->options) {
    if (!shown(option)) continue;
    const std::string flag = "--" + std::string(option.name);
    names += ' ' + flag;
    if (option.form.empty() || !option.implied.empty()) continue;  // what follows is no value of it
    if (const std::string words = choices(option); !words.empty()) {
      out += "    \"" + std::string(command.name) + ' ' + flag + "\") words=\"" + words + "\" ;;\n";
    } else {
      std::string& group = is_file(option) ? files : free;
      group += (group.empty() ? "\"" : " | \"") + std::string(command.name) + ' ' + flag + '"';
    }
  }
  if (!command.words.empty()) {
    const std::string name(command.name);
    out += "    \"" + name + ' ' + name + "\") words=\"" + joined(command.words) + ' ' + names + "\" ;;\n";
    for (const std::string_view word : command.words)
      files += (files.empty() ? "\"" : " | \"") + name + ' ' + std::string(word) + '"';
  }
  if (!files.empty()) out += "    " + files + ") compopt -o default 2>/dev/null; return ;;\n";
  if (!free.empty()) out += "    " + free + ") return ;;\n";
  out += "    \"" + std::string(command.name) + " \"*) words=\"" + names + "\" ;;\n";
}

/// Inside single quotes, in a part of a specification that ends at one of `ends`.
std::string zsh_part(std::string_view text, std::string_view ends) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || ends.find(c) != std::string_view::npos) out += '\\';
    out += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return out;
}

std::string zsh_option(const OptionText& option) {
  const std::string stars = option.repeatable ? "*" : "";
  const bool may_stand_alone = !option.implied.empty();
  const char* const equals = option.form.empty() ? "" : may_stand_alone ? "=-" : "=";
  std::string out =
      "'" + stars + "--" + std::string(option.name) + equals + '[' + zsh_part(summary_of(option), "]:") + ']';
  if (!option.form.empty()) {
    const std::string words = choices(option);
    out += (may_stand_alone ? "::" : ":") + zsh_part(option.form, ":") + ':';
    out += is_file(option) ? "_files" : words.empty() ? " " : '(' + words + ')';
  }
  return out + '\'';
}

void append_zsh_arguments(std::string& out, const NamedCommand& command, std::string_view indent) {
  out += std::string(indent) + "_arguments -S \\\n";
  out += std::string(indent) + "  '(- *)'{-h,--help}'[what it takes]' '(- *)--version[the version]'";
  for (const OptionText& option : command.text->options) {
    if (shown(option)) out += " \\\n" + std::string(indent) + "  " + zsh_option(option);
  }
}

}  // namespace

std::string bash_completion(std::span<const NamedCommand> commands) {
  std::string names, pattern;
  for (const NamedCommand& command : commands.subspan(1)) {
    names += (names.empty() ? "" : " ") + std::string(command.name);
    pattern += (pattern.empty() ? "" : " | ") + std::string(command.name);
  }
  std::string out =
      "# Completion of martd for bash. Made by `martd --completion bash`.\n"
      "_martd() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=\"\" words=\"\"\n"
      "  # bash cuts --name=value at the =.\n"
      "  if [[ $word == = ]]; then word=\"\"; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
      "  case ${COMP_WORDS[1]} in " +
      pattern +
      ") command=${COMP_WORDS[1]} ;; esac\n"
      "  if [[ $COMP_CWORD == 1 ]]; then command=\"\"; fi\n"
      "  COMPREPLY=()\n"
      "  case \"$command $before\" in\n";
  for (const NamedCommand& command : commands) append_bash_command(out, command);
  out += "  esac\n  if [[ $COMP_CWORD == 1 ]]; then words+=\" " + names +
         "\"; fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "}\n"
         "complete -F _martd martd\n";
  return out;
}

std::string zsh_completion(std::span<const NamedCommand> commands) {
  std::string out =
      "#compdef martd\n"
      "# Completion of martd for zsh. Made by `martd --completion zsh`.\n"
      "_martd() {\n"
      "  if (( CURRENT > 2 )); then\n"
      "    case $words[2] in\n";
  std::string list;
  for (const NamedCommand& command : commands.subspan(1)) {
    out += "      " + std::string(command.name) + ")\n        shift words; (( CURRENT-- ))\n";
    append_zsh_arguments(out, command, "        ");
    out += command.words.empty() ? " \\\n          '*: :'"
                                 : " \\\n          '1:what to do:(" + joined(command.words) + ")' '2:file:_files'";
    out += "\n        return ;;\n";
    list += ' ' + std::string(command.name) + "\\:\"" + zsh_part(command.summary, ":\"") + '"';
  }
  out += "    esac\n  fi\n";
  append_zsh_arguments(out, commands.front(), "  ");
  out += " \\\n    '1:command or site:((" + list.substr(1) + "))'\n}\n_martd \"$@\"\n";
  return out;
}

}  // namespace martd::command
