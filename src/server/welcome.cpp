#include "server/welcome.h"

namespace martd {

std::string Welcome::text(const Options& options) const {
  std::string text;
  if (!host.empty()) {
    const std::string typed = host.find(':') == host.npos ? host : "[" + host + "]";
    const std::string place = typed + ":" + std::to_string(port) + options.prefix;
    const std::string scheme = tls ? "https://" : "http://";
    text += "martd " MARTD_VERSION "\n";
    text += "  open     " + scheme + place + "/\n";
    text += "  publish  curl " + std::string(tls ? "-k " : "") + "-d hello '" + (tls ? scheme : std::string()) + place +
            "/pub?channel=news'\n";
    if (!admin.empty()) text += "  admin    http://" + admin + "/\n";
    text += options.upstream
                ? "  site     " + options.upstream->url +
                      " is behind it: every path but /sub, /pub and /client.js goes there\n"
                : "  no upstream: there is no site behind it; / is a page to try it, every other path is a 404\n";
  }
  text += "  room for " + std::to_string(max_connections) + " connections (" + std::to_string(open_files) +
          " open files)\n";
  return text;
}

}  // namespace martd
