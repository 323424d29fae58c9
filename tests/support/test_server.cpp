#include "support/test_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <exception>

#include "support/text.h"

namespace martd::test {
namespace {

TestServer::Options completed(TestServer::Options options) {
  auto lacks = [&](const char* name) { return std::find(options.begin(), options.end(), name) == options.end(); };
  const char* scheme = std::getenv("MARTD_SCHEME");
  const bool by_https = scheme != nullptr && std::string(scheme) == "https";
  if (by_https && lacks("--http") && lacks("--https")) {
    options.insert(options.end(), {"--http", "none", "--https", "localhost:0"});
  }
  if (lacks("--http")) options.insert(options.end(), {"--http", "localhost:0"});
  if (lacks("--admin")) options.insert(options.end(), {"--admin", "none"});
  return options;
}

}  // namespace

TestServer::TestServer(const Options& options, const Program::Environment& environment, const std::string& before)
    : program_(completed(options), environment, {}, before) {
  program_.await_output([](const std::string& text) { return contains("\n" + text, "\nready\n"); });
  auto addresses = listening("http");
  if (addresses.empty()) addresses = listening("https");
  if (!addresses.empty()) endpoint_ = addresses.front();
}

TestServer::~TestServer() {
  try {
    if (!stopped_) CHECK(stop() == 0);
  } catch (const std::exception& failure) {
    FAIL_CHECK(failure.what());
  }
  CHECK(program_.sanitizer_report() == "");
}

std::vector<Endpoint> TestServer::listening(const std::string& kind) const {
  std::vector<Endpoint> addresses;
  std::string start = "listening " + kind + " ";
  for (auto& line : lines_of(program_.output())) {
    if (line.rfind(start, 0) != 0) continue;
    auto colon = line.rfind(':');
    std::string address = line.substr(start.size(), colon - start.size());
    if (address.front() == '[') address = address.substr(1, address.size() - 2);
    const auto port = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
    addresses.push_back({address, port, kind == "https"});
  }
  // Where a machine has ::1 as the first address of localhost, as Debian's own hosts file does, the tests' clients come
  // from 127.0.0.1 all the same, which they name.
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const Endpoint& one) { return one.address.find(':') == std::string::npos; });
  return addresses;
}

void TestServer::begin_to_stop(int signal) {
  stopping_ = true;
  program_.signal(signal);
}

int TestServer::stop() {
  stopped_ = true;
  if (!stopping_) begin_to_stop();
  return program_.await_exit();
}

}  // namespace martd::test
