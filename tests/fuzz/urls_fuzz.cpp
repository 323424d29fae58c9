#include "client/site.h"
#include "fuzz.h"
#include "tools/server_client.h"

using namespace martd;
using fuzz::hold;

/// The address of a site, or of a server.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const auto clean = [](std::string_view part) { return part.find_first_of("\r\n\t ") == std::string_view::npos; };

  if (const auto site = client::Site::parse(text)) {
    hold(site->socket_path.empty() != site->host.empty(), "a host or a socket, not both");
    hold(site->socket_path.empty() == (site->port != 0), "a port where there is a host");
    hold(clean(site->authority), "what is sent as Host ends no line");
    const auto again = client::Site::parse(site->url);
    hold(again && *again == *site, "its own text means the same");
  } else {
    hold(site.error().status == 400 && !site.error().message.empty(), "why it is refused");
    hold(text.find('@') == text.npos || text.starts_with("unix:") ||
             site.error().message.find(text) == std::string::npos,
         "what may hold a password isn't shown");
  }

  if (const auto server = tools::parse_server(text)) {
    hold(!server->host.empty() && server->port != 0, "a host and a port");
    hold(server->prefix.empty() || (server->prefix.front() == '/' && server->prefix.back() != '/'), "a prefix");
    hold(clean(server->host) && clean(server->prefix), "nothing of it ends a line");
  }
  return 0;
}
