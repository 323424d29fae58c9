#pragma once

#include <memory>
#include <string>

#include "tools/server_client.h"

namespace httplib {
class ClientImpl;
}

namespace martd::tools {

/// cpp-httplib's client as all commands use it: kept connections, targets as they are, 10 s to connect, 30 s for each
/// part of an answer. Not connected yet.
std::unique_ptr<httplib::ClientImpl> make_http_client(const ServerAddress& address, Certificate certificate);

/// `push.example:8443`, as it stands in Host: without the port where it is the scheme's own.
std::string host_of(const ServerAddress& address);

}  // namespace martd::tools
