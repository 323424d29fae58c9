#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace martd::test {

/// Everything but letters, digits and `-._~` as %XX.
std::string percent_encoded(std::string_view text);

std::string base64_decoded(std::string_view text);

/// The etag that is `count` after `etag` (before it where negative).
std::string plus(const std::string& etag, long long count);

/// `to` minus `from`.
long long distance(const std::string& from, const std::string& to);

std::vector<std::string> lines_of(std::string_view text);

bool contains(std::string_view text, std::string_view part);

/// How often `part` is in `text`, not counting overlaps.
std::size_t count_of(std::string_view text, std::string_view part);

bool is_valid_utf8(std::string_view bytes);

}  // namespace martd::test
