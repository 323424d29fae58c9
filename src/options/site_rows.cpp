#include "options/option_groups.h"
#include "options/option_kinds.h"

namespace martd {

std::vector<OptionRow> site_rows() {
  using namespace kinds;
  using O = Options;
  return {
      {.text = {.name = "upstream",
                .form = "URL",
                .help = "the site behind: every path but martd's own goes there; `http://HOST[:PORT]`, "
                        "`https://HOST[:PORT]` or `unix:/PATH`; the same as the argument UPSTREAM"},
       .on_reload = OnReload::keep,
       .kind = site<&O::upstream>,
       .example = "http://localhost:3000"},
      {.text = {.name = "upstream-host",
                .help = "the site gets its own name as `Host`, not the one that was asked for"},
       .kind = flag<&O::upstream_host>},
      {.text =
           {.name = "forwarded",
            .help =
                "the site is told who asks by `Forwarded` (RFC 7239), beside `X-Forwarded-For`, `-Proto` and `-Host`"},
       .kind = flag<&O::forwarded>},
      {.text = {.name = "inject", .form = "", .help = "the script `client.js` is put into the site's HTML pages"},
       .kind = flag<&O::inject>,
       .see = "proxy.md#the-script-in-the-sites-pages"},
      {.text = {.name = "upstream-publishes",
                .help = "the headers `Martd-Publish` of the site's answers are followed: it may push"},
       .kind = flag<&O::upstream_publishes>},
      {.text = {.name = "snapshot",
                .form = "CHANNEL,...",
                .help = "every page of the site is told where these channels stood; names percent-encoded",
                .repeatable = true},
       .kind = channels<&O::snapshot>,
       .example = "news,sports"},
      {.text = {.name = "upstream-timeout", .form = "DURATION", .help = "silence until the head of the site's answer"},
       .kind = duration<100 * kMillisecond, kDay, &O::upstream_timeouts, &client::Timeouts::answer>},
      {.text = {.name = "upstream-connect-timeout",
                .form = "DURATION",
                .help = "time until the site takes a connection"},
       .kind = duration<100 * kMillisecond, kHour, &O::upstream_timeouts, &client::Timeouts::connect>},
  };
}

}  // namespace martd
