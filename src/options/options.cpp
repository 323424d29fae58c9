#include "options/options.h"

#include <algorithm>
#include <thread>

#include "base/nearest.h"
#include "options/option_checks.h"
#include "options/option_file.h"
#include "options/option_table.h"
#include "process/input.h"

namespace martd {
namespace {

constexpr std::string_view kUsage =
    "Usage: martd [UPSTREAM] [options]            run the server\n"
    "       martd pub CHANNEL [MESSAGE | -] ...   publish (see martd pub --help)\n"
    "       martd sub CHANNEL... ...              follow channels (see martd sub --help)\n"
    "       martd doctor URL ...                  try a server from outside (see martd doctor --help)\n"
    "       martd store check|export|import FILE  look after a store (see martd store --help)";

constexpr std::string_view kFooter =
    "Every option can also be given as a variable (MARTD_MAX_SIZE for --max-size; several addresses at commas)\n"
    "and as a key of the file (max-size = 100). A flag outranks a variable, which outranks the file.\n"
    "A DURATION is a number of seconds, or 250ms, 90s, 10m, 1h, 7d; a SIZE a number of bytes, or 256K, 1M, 1G.\n"
    "SIGTERM and SIGINT stop it, a second one at once; SIGHUP reads file, secrets and certificates again;\n"
    "SIGUSR1 opens the log file anew.\n"
    "Exit code: 0 stopped, 1 stopped at once, 2 a wrong option, file or address.";

/// Variables that are no option of the server: the first is read by martd pub and martd sub, the others are set by
/// martd sub --exec, and a server may be started there.
constexpr std::string_view kOtherVariables[] = {"MARTD_SERVER", "MARTD_CHANNEL", "MARTD_ETAG", "MARTD_EVENT",
                                                "MARTD_TYPE"};

/// Not one of the table: it can't stand in a file or a variable.
constexpr std::string_view kCheckConfig = "check-config";

/// What was said of an option, and where, as it is named in complaints.
struct Given {
  Values values;
  std::string where;
};
using AllGiven = std::map<std::string, Given, std::less<>>;

const OptionRow* find_row(std::string_view name) {
  for (const OptionRow& row : option_rows()) {
    if (row.text.name == name) return &row;
  }
  return nullptr;
}

Wrong empty(const std::string& where, std::string_view form) {
  return {where + ": empty (taken: " + std::string(form) + ", or leave it out)"};
}

std::optional<Wrong> take_command_line(command::CommandLine line, AllGiven& given) {
  for (auto& [name, values] : line.values) given[name] = {std::move(values), "--" + name};
  if (line.arguments.size() > 1) {
    return Wrong{"more than one argument (taken: UPSTREAM alone; pub, sub, doctor and store stand before all options)"};
  }
  if (line.arguments.empty()) return std::nullopt;
  if (given.contains("upstream")) return Wrong{"UPSTREAM: given twice, as an argument and as --upstream (taken: once)"};
  given["upstream"] = {std::move(line.arguments), "UPSTREAM"};
  return std::nullopt;
}

void take_environment(const Environment& environment, AllGiven& given, std::vector<std::string>& warnings) {
  std::vector<std::string> known(std::begin(kOtherVariables), std::end(kOtherVariables));
  for (const OptionRow& row : option_rows()) {
    known.push_back(variable_of(row.text.name));
    const auto found = environment.find(known.back());
    if (found == environment.end() || found->second.empty() || given.contains(row.text.name)) continue;
    given[std::string(row.text.name)] = {{found->second}, known.back()};
  }
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("MARTD_") || std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string_view near = nearest(name, names.data(), names.data() + names.size());
    warnings.push_back(name + ": no such variable is known" + (near.empty() ? "" : ", nearest: " + std::string(near)));
  }
}

std::optional<Wrong> take_file(const std::string& file, AllGiven& given) {
  constexpr std::size_t kMost = std::size_t{4} << 20;
  const auto text = read_file(file, kMost);
  if (const auto* unread = std::get_if<Unread>(&text)) {
    return Wrong{"--config: can't be read: " + file + ": " + unread->why + " (taken: a TOML file)"};
  }
  auto read = read_option_file(std::get<std::string>(text));
  if (const auto* error = std::get_if<FileError>(&read)) {
    return Wrong{file + ':' + std::to_string(error->line) + ": " + error->message};
  }
  for (FileEntry& entry : std::get<std::vector<FileEntry>>(read)) {
    const std::string where = file + ':' + std::to_string(entry.line) + ": " + entry.key;
    const OptionRow* row = find_row(entry.key);
    if (row == nullptr)
      return Wrong{where + ": no such option" + command::nearest_option(server_command_text().options, entry.key, "")};
    if (entry.key == "config") return Wrong{where + ": a file can't name another (taken: --config or MARTD_CONFIG)"};
    if (entry.values.size() != 1 && !row->text.repeatable) return Wrong{where + ": an array (taken: one value)"};
    if (!given.contains(entry.key)) given[entry.key] = {std::move(entry.values), where};
  }
  return std::nullopt;
}

/// A flag said in a variable or the file: `true` is given, `false` is not. Likewise what can stand alone.
std::optional<Wrong> settle_flags(AllGiven& given) {
  for (auto it = given.begin(); it != given.end();) {
    const std::string& value = it->second.values.empty() ? it->first : it->second.values[0];
    const command::OptionText& text = find_row(it->first)->text;
    const bool off = value == "false" || (value == "0" && text.implied.empty());
    if (!text.implied.empty() && value == "true") it->second.values[0] = text.implied;
    if (!text.form.empty() && (text.implied.empty() || !off)) {
      ++it;
    } else if (!off && value != "true" && value != "1") {
      return Wrong{it->second.where + ": not true or false: " + value + " (taken: true or false)"};
    } else {
      it = off ? given.erase(it) : std::next(it);
    }
  }
  return std::nullopt;
}

std::optional<Wrong> use(const AllGiven& given, Options& options) {
  for (const OptionRow& row : option_rows()) {
    const auto said = given.find(row.text.name);
    if (said == given.end()) continue;
    const auto& [values, where] = said->second;
    // Somebody's variable that wasn't set: `--store "$STORE"` would keep nothing, and not say so.
    if (!row.text.form.empty() && std::find(values.begin(), values.end(), "") != values.end())
      return empty(where, row.text.form);
    if (const Complaint complaint = row.set(options, values); !complaint.empty())
      return Wrong{where + ": " + complaint};
    options.given[said->first] = values;
  }
  if (Complaint complaint = read_admin_token(options); !complaint.empty()) return Wrong{std::move(complaint)};
  // For a reload, which compares: the file may have another token under the same name.
  if (!options.admin_token_file.empty()) options.given["admin-token-file"].push_back(options.admin_token);
  if (Complaint complaint = check(options); !complaint.empty()) return Wrong{std::move(complaint)};
  return std::nullopt;
}

bool same(const OptionRow& row, const Options& a, const Options& b) {
  const auto in_a = a.given.find(row.text.name);
  const auto in_b = b.given.find(row.text.name);
  const bool said_in_a = in_a != a.given.end();
  const bool said_in_b = in_b != b.given.end();
  if (said_in_a == said_in_b && (!said_in_a || in_a->second == in_b->second)) return true;
  return row.kind.same(a, b);
}

void copy_given(const OptionRow& row, Options& to, const Options& from) {
  const auto said = from.given.find(row.text.name);
  if (said != from.given.end()) {
    to.given.insert_or_assign(said->first, said->second);
  } else if (const auto old = to.given.find(row.text.name); old != to.given.end()) {
    to.given.erase(old);
  }
}

/// A value that is repeated in a complaint may have line ends in it.
Wrong one_line(Wrong wrong) {
  for (char& c : wrong.line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return wrong;
}

std::variant<Run, Shown, Wrong> parse_lines(const std::vector<std::string>& arguments, const Environment& environment) {
  auto line = command::read_command_line(server_command_text(), arguments);
  if (auto* shown = std::get_if<Shown>(&line)) return std::move(*shown);
  if (auto* wrong = std::get_if<Wrong>(&line)) return std::move(*wrong);

  Run run;
  run.check_only = std::get<command::CommandLine>(line).values.erase(std::string(kCheckConfig)) > 0;
  run.options.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 1024U);
  AllGiven given;
  if (auto wrong = take_command_line(std::get<command::CommandLine>(std::move(line)), given)) return *std::move(wrong);
  take_environment(environment, given, run.warnings);
  if (const auto config = given.find("config"); config != given.end()) {
    if (config->second.values[0].empty()) return empty(config->second.where, "FILE");
    if (auto wrong = take_file(config->second.values[0], given)) return *std::move(wrong);
  }
  if (auto wrong = settle_flags(given)) return *std::move(wrong);
  if (auto wrong = use(given, run.options)) return *std::move(wrong);
  return run;
}

}  // namespace

const command::CommandText& server_command_text() {
  static const command::CommandText text = [] {
    command::CommandText made{kUsage, kFooter, {}};
    for (const OptionRow& row : option_rows()) made.options.push_back(row.text);
    made.options.push_back(
        {kCheckConfig, "", "Running", "says whether options, file and certificates are right, and ends: 0 or 2"});
    return made;
  }();
  return text;
}

Environment environment_of(const char* const* entries) {
  Environment environment;
  for (; entries != nullptr && *entries != nullptr; ++entries) {
    const std::string_view entry(*entries);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

std::variant<Run, Shown, Wrong> parse(const std::vector<std::string>& arguments, const Environment& environment) {
  auto parsed = parse_lines(arguments, environment);
  if (auto* wrong = std::get_if<Wrong>(&parsed)) return one_line(std::move(*wrong));
  return parsed;
}

std::variant<Run, Shown, Wrong> parse(int argc, const char* const* argv, const Environment& environment) {
  return parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), environment);
}

std::variant<Reload, Wrong> reload(const Options& old, const std::vector<std::string>& arguments,
                                   const Environment& environment) {
  auto parsed = parse(arguments, environment);
  if (auto* wrong = std::get_if<Wrong>(&parsed)) return std::move(*wrong);
  if (!std::holds_alternative<Run>(parsed)) return Wrong{"not the arguments of a server"};
  const Run& now = std::get<Run>(parsed);

  Reload reload{old, {}, {}, now.warnings};
  for (const OptionRow& row : option_rows()) {
    if (same(row, old, now.options)) continue;
    (row.reloads() ? reload.applied : reload.kept).emplace_back(row.text.name);
    if (!row.reloads()) continue;
    row.kind.copy(reload.options, now.options);
    copy_given(row, reload.options, now.options);
  }
  // Each configuration is right in itself; the mixture may not be.
  if (Complaint complaint = check(reload.options); !complaint.empty()) {
    return Wrong{complaint + "; some of what was changed needs a restart"};
  }
  return reload;
}

}  // namespace martd
