#pragma once

#include <string>

#include "support/answer.h"
#include "support/connection.h"

namespace martd::test {

struct Request {
  std::string method = "GET";
  std::string target = "/";
  Headers headers = {};
  std::string body = {};
  std::string from = {};  ///< the local address to connect from, or empty
};

/// One request on a connection of its own, by cpp-httplib: what an ordinary client sees. A body without a
/// Content-Type is sent as text/plain. Thread-safe. Throws where no
/// answer came.
Answer send(const Endpoint& to, const Request& request);

}  // namespace martd::test
