#include "options/option_groups.h"
#include "options/option_kinds.h"

namespace martd {

std::vector<OptionRow> listening_rows() {
  using namespace kinds;
  using O = Options;
  return {
      {.text = {.name = "http",
                .form = "HOST:PORT",
                .help =
                    "plain HTTP, `none` for none; port 0: the system chooses; a name listens on every address it has",
                .repeatable = true},
       .on_reload = OnReload::keep,
       .kind = address<&O::http>},
      {.text = {.name = "https",
                .form = "HOST:PORT",
                .help = "with TLS; without `--cert` the development certificate, on loopback only",
                .repeatable = true},
       .on_reload = OnReload::keep,
       .kind = address<&O::https>,
       .example = "push.example:443"},
      {.text = {.name = "cert",
                .form = "FILE",
                .help = "certificate chain, PEM",
                .repeatable = true,
                .more = "who asks for a host gets the first that names it, others the first; files that have changed "
                        "are read again"},
       .kind = files<&O::cert>,
       .example = "/etc/martd/fullchain.pem"},
      {.text = {.name = "cert-key",
                .form = "FILE",
                .help = "private key of a certificate, PEM, one for each `--cert` in its order",
                .repeatable = true},
       .kind = files<&O::cert_key>,
       .example = "/etc/martd/privkey.pem"},
      {.text = {.name = "https-redirect", .help = "sends plain requests (308) to the first `--https` address"},
       .kind = flag<&O::https_redirect>},
      {.text = {.name = "hsts",
                .form = "[=DURATION]",
                .help = "`Strict-Transport-Security` on https answers, for 365d where no DURATION is given",
                .implied = "365d",
                .more = "as a variable or in the file, `true` is that"},
       .kind = hsts<&O::hsts>,
       .example = "365d"},
      {.text = {.name = "ktls", .form = "", .help = "the kernel seals the records of TLS, where it can"},
       .kind = flag<&O::ktls>},
      {.text = {.name = "tls-records",
                .form = "own|openssl",
                .help = "who seals the records of TLS after a handshake: `own`, martd with OpenSSL's ciphers; "
                        "`openssl`, OpenSSL throughout, at 14 KB more a connection"},
       .kind = choice<kNotKnown, &O::tls_records>},
      {.text = {.name = "admin",
                .form = "HOST:PORT",
                .help = "dashboard, health, statistics, metrics; one address, `none` for none"},
       .on_reload = OnReload::keep,
       .kind = address<&O::admin>},
      {.text = {.name = "prefix", .form = "/PATH", .help = "where `/sub`, `/pub` and `/client.js` begin"},
       .on_reload = OnReload::keep,
       .kind = prefix<&O::prefix>,
       .example = "/push"},
  };
}

}  // namespace martd
