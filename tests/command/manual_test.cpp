// Completions and the man page: what the tables have is there, and reads as it should. That shells and man take it is
// tried with these in tests/packaging.

#include "command/manual.h"

#include <doctest/doctest.h>

namespace martd::command {
namespace {

struct Fixture {
  CommandText server{"Usage: x [options]\n       x pub ...",
                     "The end.",
                     {{"size", "N", "Limits", "how many;\n0: none", false},
                      {"file", "FILE", "Limits", "a [file]: it's there", true},
                      {"format", "text|json", "Running", "text or json", false},
                      {"quiet", "", "Running", "say nothing", false},
                      {"hidden", "N", "", "", false}}};
  CommandText pub{"Usage: x pub CHANNEL\n\nSends it.\n.not a request",
                  "Exit code: 0.",
                  {{"key", "KEY", "The channel", "back\\slash, \xC3\xA4 and \xE2\x80\xA6", false}}};
  CommandText store{"Usage: x store check FILE", "Exit code: 0.", {}};
  std::vector<NamedCommand> commands{
      {"", "run", &server}, {"pub", "publish: one", &pub}, {"store", "look after it", &store, {"check", "mend"}}};
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE_FIXTURE(Fixture, "bash: names, choices, files, and what takes any value") {
  const std::string text = bash_completion(commands);
  CHECK(contains(text, "\" \"*) words=\"--help --version --size --file --format --quiet\""));
  CHECK(contains(text, "\"pub \"*) words=\"--help --version --key\""));
  CHECK(contains(text, "\" --format\") words=\"text json\""));
  CHECK(contains(text, "\" --file\") compopt -o default"));
  CHECK(contains(text, "\" --size\") return"));
  CHECK(contains(text, "\"store store\") words=\"check mend --help --version\""));
  CHECK(contains(text, "\"store check\" | \"store mend\") compopt -o default"));
  CHECK_FALSE(contains(text, "hidden"));
}

TEST_CASE_FIXTURE(Fixture, "zsh: specifications, with what ends a part escaped") {
  const std::string text = zsh_completion(commands);
  CHECK(text.starts_with("#compdef martd\n"));
  CHECK(contains(text, "'--size=[how many; 0\\: none]:N: '"));
  CHECK(contains(text, "'*--file=[a [file\\]\\: it'\\''s there]:FILE:_files'"));
  CHECK(contains(text, "'--format=[text or json]:text|json:(text json)'"));
  CHECK(contains(text, "'--quiet[say nothing]'"));
  CHECK(contains(text, "pub\\:\"publish\\: one\""));
  CHECK(contains(text, "'1:what to do:(check mend)' '2:file:_files'"));
  CHECK_FALSE(contains(text, "hidden"));
}

TEST_CASE_FIXTURE(Fixture, "man: every option with its group, and nothing that roff would take for its own") {
  const std::string text = man_page(commands);
  CHECK(contains(text, ".SS Limits\n.TP\n\\fB\\-\\-size\\fR \\fIN\\fR\nhow many;\n0: none\n"));
  CHECK(contains(text, ".SS martd pub\n.nf\nx pub CHANNEL\n.fi\n.PP\nSends it.\n\\&.not a request\n"));
  CHECK(contains(text, "back\\eslash, \\[u00E4] and \\[u2026]\n"));
  CHECK(contains(text, "The end.\n"));
  CHECK(contains(text, ".SS martd store\n.nf\nx store check FILE\n.fi\n"));
  CHECK_FALSE(contains(text, "hidden"));
}

TEST_CASE("a default stands behind what an option does, and what more there is to say in the man page only") {
  const CommandText server{"Usage: x",
                           "The end.",
                           {{.name = "wait",
                             .form = "TIME",
                             .group = "G",
                             .help = "as `--size` has it",
                             .more = "to 2",
                             .default_value = "1"}}};
  const std::vector<NamedCommand> commands{{"", "run", &server}, {"pub", "publish", &server}};
  CHECK(contains(man_page(commands), "\\fITIME\\fR\nas \\fB\\-\\-size\\fR has it (1);\nto 2\n"));
  CHECK(contains(zsh_completion(commands), "'--wait=[as --size has it (1)]:TIME: '"));
}

}  // namespace
}  // namespace martd::command
