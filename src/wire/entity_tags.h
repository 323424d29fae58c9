#pragma once

#include <string_view>

namespace martd::wire {

// Entity tags (RFC 9110 section 8.8.3) and the lists of them in If-Match and If-None-Match.

/// Takes the next entity tag off a list, or what stands in its place; empty at the end.
std::string_view next_entity_tag(std::string_view& list);

/// An entity tag as the RFC has it: `"…"` or `W/"…"`.
bool is_entity_tag(std::string_view text);

inline bool is_weak(std::string_view tag) { return tag.starts_with("W/"); }

/// What is inside of `W/"…"` or `"…"`; of anything else, all of it.
std::string_view opaque_of(std::string_view tag);

/// `opaque` without what a front that packed the answer put behind it, once: `-` or `;` and the coding's name (Apache's
/// `-gzip`, others' `;br`). Our own tags have none of these.
std::string_view without_coding(std::string_view opaque);

/// Whether `list`, an If-None-Match, names the tag, or is `*` (weak comparison, RFC 9110 section 13.1.2).
bool names_tag(std::string_view list, std::string_view tag);

}  // namespace martd::wire
