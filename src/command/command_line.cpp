#include "command/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "base/nearest.h"

namespace martd::command {
namespace {

constexpr std::size_t kColumn = 30;  ///< where it begins what is said of an option
constexpr std::size_t kWidth = 80;

/// CLI11's layout with our own usage line.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string_view usage) : usage_(usage) { column_width(kColumn); }

  std::string make_usage(const CLI::App*, std::string) const override { return usage_ + "\n"; }
  std::string make_positionals(const CLI::App*) const override { return {}; }

 private:
  std::string usage_;
};

/// `--max-siez` of `--max-siez=5`: what follows may be a secret.
std::string name_of(const std::string& argument) { return argument.substr(0, argument.find('=')); }

Wrong unknown(const CommandText& command, const std::string& argument) {
  const std::string name = name_of(argument);
  const auto letters = std::min(name.find_first_not_of('-'), name.size());
  std::string near = nearest_option(command.options, std::string_view(name).substr(letters), "--");
  if (near.empty()) near = " (see --help)";
  return {name + ": no such option" + near};
}

Wrong value_missing(std::string_view name) {
  return Wrong{std::string(name) + ": a value is missing (taken: one, as --name VALUE or --name=VALUE)"};
}

/// `--heartbeat --http …` lacks a value; CLI11 would take the next option for it, and what follows for an argument.
std::optional<Wrong> find_missing_value(const CommandText& command, const std::vector<std::string>& words) {
  const auto find = [&](const std::string& word) {
    return std::find_if(command.options.begin(), command.options.end(), [&](const OptionText& option) {
      return word.starts_with("--") && word.substr(2) == option.name;
    });
  };
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto option = find(words[i]);
    if (option == command.options.end() || option->form.empty() || !option->implied.empty()) continue;
    if (find(words[i + 1]) != command.options.end()) return value_missing(words[i]);
    ++i;
  }
  return std::nullopt;
}

/// `--name=` becomes `--name` and an empty value: CLI11 would take the next argument for the value. An option that can
/// stand alone gets the value that is meant, for the same reason.
std::optional<Wrong> separate_values(const CommandText& command, std::vector<std::string>& words) {
  for (auto word = words.begin(); word != words.end(); ++word) {
    const std::string name = name_of(*word);
    if (!word->starts_with("--")) continue;
    for (const OptionText& option : command.options) {
      if (std::string_view(name).substr(2) != option.name) continue;
      if (name == *word) {
        if (!option.implied.empty()) word = words.insert(word + 1, std::string(option.implied));
        break;
      }
      if (option.form.empty()) return Wrong{name + ": takes no value"};
      if (word->size() > name.size() + 1) break;
      *word = name;
      word = words.insert(word + 1, "");
      break;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string nearest_option(const std::vector<OptionText>& options, std::string_view name, std::string_view prefix) {
  std::vector<std::string_view> names;
  for (const OptionText& option : options) names.push_back(option.name);
  const std::string_view near = nearest(name, names.data(), names.data() + names.size());
  return near.empty() ? "" : " (nearest: " + std::string(prefix) + std::string(near) + ")";
}

std::variant<CommandLine, Shown, Wrong> read_command_line(const CommandText& command,
                                                          const std::vector<std::string>& arguments) {
  CLI::App app;
  app.formatter(std::make_shared<HelpFormatter>(command.usage));
  app.footer(std::string(command.footer));
  app.set_help_flag("-h,--help", "this text");
  app.set_version_flag("--version", std::string("martd " MARTD_VERSION), "the version");
  app.allow_extras();
  CLI::Option* others = app.add_option("arguments")->expected(0, -1)->allow_extra_args();

  std::vector<std::pair<const OptionText*, CLI::Option*>> options;
  for (const OptionText& text : command.options) {
    const std::string flag = "--" + std::string(text.name);
    CLI::Option* option = nullptr;
    if (text.form.empty()) {
      option = app.add_flag(flag);
    } else {
      option = app.add_option(flag)->expected(1)->type_name(std::string(text.form));
      option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    option->description(wrapped(summary_of(text), kWidth - kColumn))->group(std::string(text.group));
    options.emplace_back(&text, option);
  }

  // What follows `--` is kept from CLI11, which would hand it back among the unknown options.
  const auto mark = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> words(arguments.begin(), mark);
  if (auto wrong = find_missing_value(command, words)) return *wrong;
  if (auto wrong = separate_values(command, words)) return *wrong;
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    std::string text = app.help();
    for (std::size_t at; (at = text.find("\n\n\n")) != std::string::npos;) text.erase(at, 1);
    return Shown{std::move(text)};
  } catch (const CLI::CallForVersion&) {
    return Shown{"martd " MARTD_VERSION "\n"};
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    return value_missing(what.substr(0, what.find(':')));
  } catch (const CLI::ParseError& error) {
    return Wrong{error.get_name() + " (see --help)"};
  }

  CommandLine line;
  if (const auto extras = app.remaining(); !extras.empty()) return unknown(command, extras.front());
  for (const auto& [text, option] : options) {
    if (option->empty()) continue;
    const std::string name(text->name);
    if (option->results().size() > 1 && !text->repeatable) return Wrong{"--" + name + ": given twice (taken: once)"};
    line.values[name] = option->results();
  }
  line.arguments = others->results();
  if (mark != arguments.end()) line.arguments.insert(line.arguments.end(), mark + 1, arguments.end());
  return line;
}

}  // namespace martd::command
