#pragma once

#include <string_view>

namespace martd {

/// The known word that `word` was most likely meant to be (a small edit distance), or empty.
std::string_view nearest(std::string_view word, const std::string_view* begin, const std::string_view* end);

}  // namespace martd
