#include "push/cursor.h"

namespace martd::push {

std::optional<Cursor> parse_cursor(std::string_view text) {
  if (text == "now") return Cursor{Cursor::Kind::now, Etag{}};
  if (const auto etag = parse_etag(text)) return Cursor{Cursor::Kind::after, *etag};
  return std::nullopt;
}

}  // namespace martd::push
