#include "store/store_command.h"

#include <cstdio>
#include <iostream>
#include <optional>
#include <variant>

#include "command/command_line.h"
#include "store/database.h"
#include "store/reserve.h"
#include "store/schema.h"
#include "store/store_dump.h"
#include "store/store_file.h"

namespace martd::store {
namespace {

constexpr std::string_view kUsage =
    "Usage: martd store check FILE            is it whole?\n"
    "       martd store export FILE > LINES   all of it as JSON lines, the channels' keys among it\n"
    "       martd store import FILE < LINES   the other way, into a file that isn't there yet\n"
    "\n"
    "FILE is what --store names. A server may be running while it is checked or exported, but not while it is\n"
    "imported.";

constexpr std::string_view kFooter =
    "Exit code: 0 all is well; 1 it is not (the reason is on standard error); 2 wrong use.";

int wrong_use(const std::string& line) {
  std::fprintf(stderr, "martd: %s\n", line.c_str());
  return 2;
}

using Outcome = std::variant<store::Contents, std::string>;

/// A file that is open to be looked at. SQLite makes an index beside it first, where no server has made one. On a full
/// disk there is room for that only in the reserve.
class Look {
 public:
  explicit Look(const std::string& file) : reserve_(store::real_name(file) + ".reserve") {
    open(file);
    if (!database_->fault().full()) return;
    database_.reset();
    reserve_.release();
    open(file);
  }
  store::Database& database() { return *database_; }

 private:
  void open(const std::string& file) {
    database_.emplace(file, store::Database::Open::existing);
    if (!database_->failed()) database_->one("PRAGMA user_version");
  }

  store::Reserve reserve_;  ///< has its room again when the database is closed
  std::optional<store::Database> database_;
};

Outcome check(const std::string& file) {
  Look look(file);
  if (look.database().failed()) return look.database().fault().what;
  return store::check_store(look.database());
}

Outcome write_out(const std::string& file) {
  Look look(file);
  if (look.database().failed()) return look.database().fault().what;
  auto outcome = store::export_store(look.database(), [](std::string_view lines) {
    return std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size();
  });
  if (outcome.index() == 0 && std::fflush(stdout) != 0) return std::string("it could not be written out");
  return outcome;
}

Outcome read_in(const std::string& file) {
  if (auto wrong = store::make_file(file)) return *std::move(wrong);
  auto lock = store::StoreLock::acquire(file);
  if (const auto* wrong = std::get_if<std::string>(&lock)) return *wrong;
  store::Database database(file, store::Database::Open::existing);
  if (database.failed()) return database.fault().what;
  if (auto wrong = store::migrate(database, 0)) return *std::move(wrong);
  std::ios::sync_with_stdio(false);
  return store::import_store(database, std::cin);
}

}  // namespace

const command::CommandText& store_command_text() {
  static const command::CommandText text{kUsage, kFooter, {}};
  return text;
}

int store_command(const std::vector<std::string>& arguments) {
  auto read = command::read_command_line(store_command_text(), arguments);
  if (const auto* shown = std::get_if<command::Shown>(&read)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<command::Wrong>(&read)) return wrong_use(wrong->line);
  const auto& words = std::get<command::CommandLine>(read).arguments;
  constexpr std::string_view kTaken = " (taken: martd store check|export|import FILE)";
  if (words.empty()) return wrong_use("what to do is missing" + std::string(kTaken));
  const std::string& what = words[0];
  if (what != "check" && what != "export" && what != "import")
    return wrong_use(what + ": not known" + std::string(kTaken));
  if (words.size() != 2)
    return wrong_use((words.size() < 2 ? "FILE is missing" : "more than one FILE") + std::string(kTaken));
  const std::string& file = words[1];
  const Outcome outcome = what == "check" ? check(file) : what == "export" ? write_out(file) : read_in(file);
  if (const auto* wrong = std::get_if<std::string>(&outcome)) {
    std::fprintf(stderr, "martd: %s: %s\n", file.c_str(), wrong->c_str());
    return 1;
  }
  const store::Contents& contents = std::get<store::Contents>(outcome);
  std::fprintf(what == "export" ? stderr : stdout, "%s: %llu channels, %llu messages, %llu forgotten channels\n",
               what == "check"    ? "whole"
               : what == "export" ? "exported"
                                  : "imported",
               static_cast<unsigned long long>(contents.channels), static_cast<unsigned long long>(contents.messages),
               static_cast<unsigned long long>(contents.forgotten));
  return 0;
}

}  // namespace martd::store
