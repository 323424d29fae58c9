#include "options/option_groups.h"
#include "options/option_kinds.h"

namespace martd {

std::vector<OptionRow> running_rows() {
  using namespace kinds;
  using O = Options;
  return {
      {.text = {.name = "store",
                .form = "FILE",
                .help = "SQLite file that keeps channels and messages over a restart, a crash and a power cut; without "
                        "it they are in memory only"},
       .on_reload = OnReload::keep,
       .kind = text<&O::store>,
       .example = "/var/lib/martd/push.db"},
      {.text = {.name = "durability",
                .form = "always|interval",
                .help = "with `--store`: `always`, a push is answered and seen after it is on disk; `interval`, at "
                        "once, and on disk within a tenth of a second"},
       .on_reload = OnReload::keep,
       .kind = choice<kNotKnown, &O::durability>},
      {.text = {.name = "threads", .form = "N", .help = "event loops", .default_value = "the cores"},
       .on_reload = OnReload::keep,
       .kind = count<1, 1024, &O::threads>,
       .example = "2"},
      {.text = {.name = "config", .form = "FILE", .help = "a TOML file with the options' names as keys"},
       .on_reload = OnReload::keep,
       .kind = text<&O::config>},
      {.text = {.name = "log-level",
                .form = "debug|info|warning|error",
                .help = "the log's level: what is less grave isn't written"},
       .kind = choice<kNotALevel, &O::log_level>},
      {.text = {.name = "log-format", .form = "text|json", .help = "the log's lines; `json`: an object each"},
       .kind = choice<kNotAFormat, &O::log_format>},
      {.text = {.name = "log-file",
                .form = "FILE",
                .help = "the log is written there and not to standard error; SIGUSR1 opens it anew"},
       .kind = text<&O::log_file>,
       .example = "/var/log/martd/martd.log"},
      {.text =
           {.name = "access-log",
            .help =
                "a line in the log for each request: address, method, path without its query, status, bytes, seconds"},
       .kind = flag<&O::access_log>},
  };
}

}  // namespace martd
