#pragma once

#include <string_view>

/// The files that are built into the program. All of it lives as long as the program.
namespace martd::assets {

struct Asset {
  std::string_view name;          ///< "client.js"
  std::string_view content_type;  ///< as it is sent
  std::string_view bytes;
  std::string_view gzip;            ///< the same, compressed; empty where it is never sent (PEM)
  std::string_view etag;            ///< as it is sent: weak and quoted, one for `bytes` and `gzip`
  std::string_view inline_sources;  ///< of a page: Content-Security-Policy directives for its own scripts and styles
};

const Asset& client_js();
const Asset& client_module_js();  ///< the same as a module: `import martd from "/client.js?module"`
const Asset& demo_html();
const Asset& away_html();  ///< for a browser while the site behind isn't there
const Asset& dashboard_html();  ///< with its scripts and styles in it
const Asset& login_html();
const Asset& development_certificate();
const Asset& development_key();

}  // namespace martd::assets
