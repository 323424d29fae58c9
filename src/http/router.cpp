#include "http/router.h"

namespace martd::http {

Route route_of(std::string_view path, std::string_view prefix, bool has_upstream) {
  if (path.starts_with(prefix)) {
    const std::string_view rest = path.substr(prefix.size());
    if (rest == "/sub") return Route::subscribe;
    if (rest == "/pub") return Route::publish;
    if (rest == "/client.js") return Route::script;
    if (rest == "/" && !has_upstream) return Route::page;
  }
  if (path == "*") return Route::server;
  return path == "/" && !has_upstream ? Route::page : Route::elsewhere;
}

std::string_view allowed_methods(Route route) {
  switch (route) {
    case Route::subscribe:
      return "GET, POST, OPTIONS";
    case Route::publish:
      return "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    case Route::script:
    case Route::page:
      return "GET, HEAD, OPTIONS";
    case Route::server:
      return "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    case Route::elsewhere:
      break;
  }
  return {};
}

bool takes(Route route, std::string_view method) {
  const std::string_view methods = allowed_methods(route);
  if (methods.empty()) return true;
  for (std::size_t at = methods.find(method); at != methods.npos; at = methods.find(method, at + 1)) {
    const std::size_t end = at + method.size();
    if ((at == 0 || methods[at - 1] == ' ') && (end == methods.size() || methods[end] == ',')) return true;
  }
  return false;
}

}  // namespace martd::http
