#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>

#include "push/etag.h"

namespace martd::push {

/// The etags that an If-Match or an If-None-Match names (RFC 9110 section 13.1).
struct NamedEtags {
  bool any = false;                               ///< `*`: any message that is kept, empty ones too
  boost::container::small_vector<Etag, 2> etags;  ///< without `any`
};

/// What a push asks of its channel before it is done.
struct PushConditions {
  std::optional<NamedEtags> match;       ///< one channel only
  std::optional<NamedEtags> none_match;  ///< one channel only, but for `*`
};

}  // namespace martd::push
