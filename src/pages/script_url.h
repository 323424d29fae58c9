#pragma once

#include <string>
#include <string_view>

namespace martd::pages {

/// Where a page stands, as its browser sees it.
struct PagePlace {
  std::string_view host;  ///< `host[:port]`; empty: not known, and no address with a host is the page's own
  std::string_view path;  ///< without the query; empty: `/`
  std::string_view base;  ///< the value of `<base href>`, as in the page; empty: none
};

/// Whether `src`, the value of a script's attribute as it stands in the page, leads to `path` on the page's own host,
/// whatever query and fragment it has.
bool leads_to(std::string_view src, std::string_view path, const PagePlace& page);

}  // namespace martd::pages
