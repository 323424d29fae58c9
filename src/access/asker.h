#pragma once

#include <optional>
#include <string>

#include "access/settings.h"
#include "base/refusal.h"
#include "push/claim.h"
#include "wire/request.h"

namespace martd::access {

/// Who asks, as far as /pub and /sub care. Contract section 4, 'Who may push'.
struct Asker {
  bool may_push = false;  ///< without a key: by its address, or by the secret
  bool operates = false;  ///< an operator, past every key
  bool cross = false;     ///< a browser's page of another site
  bool named = false;     ///< its origin is allowed by name
  bool foreign = false;   ///< its origin is not allowed at all
  bool unnamed = false;   ///< a browser's, for a name that isn't known: its address gives no right
  std::string cors;       ///< header lines for an allowed foreign origin; empty for all others

  /// What it may do on /pub with the key that it brought.
  push::Claim claim(std::string key) const;
};

/// Only what its origin says: may_push is left false. For who doesn't push, on the hot path of long-polls.
Asker origin_of(const wire::Request& request, const Settings& settings);
/// All of it. A browser's request for a name that isn't known has no right by its address: a stranger's name may point
/// here, and his page is then of the same origin (DNS rebinding).
Asker asker_of(const wire::Request& request, const Settings& settings);

/// Why nobody is to answer it here: it is for a name that isn't known, and --host says which are, or the site would be
/// given its own name in place of that one (`renamed`: --upstream-host), so that it couldn't refuse. Returns
/// nullopt if it is answered.
std::optional<Refusal> misdirected(const wire::Request& request, bool renamed, const Settings& settings);

/// The client whom a trusted proxy names, where the peer is one and names another; for showing, not for rights.
std::optional<wire::Address> proxied_client(const wire::Request& request, const Settings& settings);

/// Whether the client came by https to the proxy before this server; nothing where no trusted proxy says so or so.
std::optional<bool> proxied_tls(const wire::RequestHead& head, const wire::Address& peer, const Settings& settings);

}  // namespace martd::access
