#include "http/router.h"

namespace martd::http {

Place place_of(std::string_view path, std::string_view prefix, bool has_upstream) {
  if (path.starts_with(prefix)) {
    const std::string_view rest = path.substr(prefix.size());
    if (rest == "/sub") return Place::subscribe;
    if (rest == "/pub") return Place::publish;
    if (rest == "/client.js") return Place::script;
    if (rest == "/" && !has_upstream) return Place::page;
  }
  if (path == "*") return Place::server;
  return path == "/" && !has_upstream ? Place::page : Place::elsewhere;
}

std::string_view allowed_methods(Place place) {
  switch (place) {
    case Place::subscribe:
      return "GET, POST, OPTIONS";
    case Place::publish:
      return "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    case Place::script:
    case Place::page:
      return "GET, HEAD, OPTIONS";
    case Place::server:
      return "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    case Place::elsewhere:
      break;
  }
  return {};
}

bool takes(Place place, std::string_view method) {
  const std::string_view methods = allowed_methods(place);
  if (methods.empty()) return true;
  for (std::size_t at = methods.find(method); at != methods.npos; at = methods.find(method, at + 1)) {
    const std::size_t end = at + method.size();
    if ((at == 0 || methods[at - 1] == ' ') && (end == methods.size() || methods[end] == ',')) return true;
  }
  return false;
}

}  // namespace martd::http
