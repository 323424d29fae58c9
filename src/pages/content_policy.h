#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace martd::pages {

/// Where a script of the page's own site is, as the browser sees it.
struct ScriptPlace {
  bool tls = false;       ///< the page's scheme is https
  std::string_view host;  ///< `host[:port]`
  std::string_view path;  ///< `/client.js`
};

/// What a Content-Security-Policy (CSP level 3; one header line, which may hold several policies) has to say about one
/// more `<script src>` in the page.
struct PolicyVerdict {
  bool permits = true;       ///< as `value` has it. False: it forbids it, and may not be loosened
  std::string_view nonce{};  ///< a nonce that the script must carry, within the given text; empty: none
  std::string value{};       ///< the line, with the script's address added where it needs it
};

/// - No directive for scripts: nothing to do. `script-src-elem` counts before `script-src`, that before `default-src`;
///   of two with one name the first.
/// - The list has the script's address already (`'self'`, `*`, a host): nothing to do.
/// - It has a nonce: the script carries it.
/// - Else the script's own address is added, and nothing wider; for a `default-src`, as a `script-src` of its own.
/// - Forbidden, so that the page is left alone: a list that allows nothing (empty, `'none'`, keywords only),
///   `'strict-dynamic'` without a nonce, `sandbox` without `allow-scripts`, and a host whose address can't be written
///   in a policy (IPv6).
/// - Several policies must permit it each. Where they ask for different nonces, one is carried, and the others get the
///   address if that helps.
///
/// `nonce` is one that another line has asked for already; empty: none yet.
PolicyVerdict permit_script(std::string_view policy_line, const ScriptPlace& script, std::string_view nonce = {});

}  // namespace martd::pages
