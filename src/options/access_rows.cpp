#include "options/option_groups.h"
#include "options/option_kinds.h"

namespace martd {
namespace {

/// Names the file; the token is read from it when all options are known, and goes along where the name does.
constexpr Kind token_file() {
  using FileName = Field<&Options::admin_token_file>;
  Kind kind = kind_of<kinds::TextValue, FileName, Field<&Options::admin_token>>();
  kind.set = kind_of<kinds::TextValue, FileName>().set;
  return kind;
}

}  // namespace

std::vector<OptionRow> access_rows() {
  using namespace kinds;
  using O = Options;
  using A = martd::access::Settings;
  return {
      {.text = {.name = "host",
                .form = "NAME,...",
                .help = "names that this server answers to, besides addresses, `localhost` and those of `--http`, "
                        "`--https` and `--origin`; requests for others get 421",
                .repeatable = true,
                .more = "without it all are answered, but a browser's page under a name that isn't known may not push "
                        "by address"},
       .kind = list<&O::access, &A::hosts>,
       .example = "push.example",
       .see = "operations.md#names-that-are-known"},
      {.text = {.name = "publish-from",
                .form = "CIDR,...",
                .help = "who may push by address: addresses and networks, `loopback`, `all`, `none`",
                .repeatable = true,
                .default_value = "loopback"},
       .kind = list<&O::access, &A::publish_from>},
      {.text = {.name = "publish-secret",
                .form = "SECRET",
                .help = "who brings it may push; better given as `MARTD_PUBLISH_SECRET` or in the file, as others on "
                        "the machine can see a command line",
                .more = "up to 256 visible ASCII characters without `\" , ; \\`; keep the file from other users"},
       .kind = secret<&O::access, &A::publish_secret>,
       .example = "paste-a-random-one-here"},
      {.text = {.name = "trusted-proxy",
                .form = "CIDR,...",
                .help = "proxies whose `X-Forwarded-For` and `Forwarded` are believed",
                .repeatable = true,
                .more = "needed behind a proxy: without it everybody looks like the proxy"},
       .kind = list<&O::access, &A::trusted_proxies>,
       .example = "127.0.0.1,::1"},
      {.text = {.name = "origin",
                .form = "ORIGIN,...",
                .help = "other sites whose pages may use `/pub` and `/sub`, as `https://a.example`; `*` for all",
                .repeatable = true},
       .kind = list<&O::access, &A::origins>,
       .example = "https://www.example"},
      {.text = {.name = "admin-token",
                .form = "SECRET",
                .help = "asked for by the admin listener as a Bearer token; needed where `--admin` is not loopback"},
       .kind = secret<&O::admin_token>,
       .example = "paste-another-random-one-here"},
      {.text = {.name = "admin-token-file",
                .form = "FILE",
                .help = "the admin token, as the first line of a file",
                .more = "SIGHUP reads it again"},
       .kind = token_file(),
       .example = "/etc/martd.token"},
  };
}

}  // namespace martd
