#pragma once

#include <string>

#include "support/test_server.h"
#include "support/text.h"
#include "support/upstream.h"

namespace martd::test {

/// A site that the test plays by hand, and the server before it. One loop, so that connections to the site are shared.
struct ProxyTest {
  Upstream site;
  TestServer server{{site.url(), "--threads", "1"}};

  /// A new client's connection.
  Connection client() const { return Connection(server.endpoint()); }
};

/// `text` as an answer's body, with its length.
inline std::string answer_with(const std::string& text, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

}  // namespace martd::test
