#pragma once

#include <string>
#include <string_view>

namespace martd {

/// RFC 4648 section 4, with padding.
void append_base64(std::string& out, std::string_view bytes);

}  // namespace martd
