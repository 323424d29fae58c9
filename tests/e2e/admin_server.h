#pragma once

#include <string>
#include <utility>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

namespace martd::test {

/// A server with its admin listener, and the words of an operator.
struct AdminServer : TestServer {
  explicit AdminServer(Options options = {}, const Program::Environment& environment = {})
      : TestServer(with_admin(std::move(options)), environment), desk(admin()) {}

  static Options with_admin(Options options) {
    options.insert(options.end(), {"--admin", "127.0.0.1:0"});
    return options;
  }

  json::value ask(const std::string& path) const {
    const Answer answer = desk.get(path);
    if (answer.status != 200) throw std::runtime_error(path + ": " + std::to_string(answer.status) + answer.body);
    return answer.parsed();
  }
  Answer post(const std::string& path, const std::string& body = {}, const Headers& headers = {}) const {
    return desk.send({"POST", path, headers, body});
  }
  json::value stats() const { return ask("/stats"); }

  Client desk;
};

}  // namespace martd::test
