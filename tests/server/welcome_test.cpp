#include "server/welcome.h"

#include <doctest/doctest.h>

namespace martd {
namespace {

bool says(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

TEST_CASE("welcome: where to go, and a command that can be pasted") {
  Welcome welcome;
  welcome.host = "localhost";
  welcome.port = 54321;
  welcome.admin = "127.0.0.1:54322";
  welcome.max_connections = 100;
  welcome.open_files = 200;
  Options options;
  std::string text = welcome.text(options);
  CHECK(says(text, "  open     http://localhost:54321/"));
  CHECK(says(text, "  publish  curl -d hello 'localhost:54321/pub?channel=news'"));
  CHECK(says(text, "  admin    http://127.0.0.1:54322/"));
  CHECK(text.find("no upstream") != text.npos);
  CHECK(says(text, "  room for 100 connections (200 open files)"));

  welcome.tls = true;
  welcome.host = "::1";
  welcome.admin.clear();
  options.prefix = "/push";
  options.upstream = client::Site::parse("http://localhost:3000").value();
  text = welcome.text(options);
  CHECK(says(text, "  open     https://[::1]:54321/push/"));
  CHECK(says(text, "  publish  curl -k -d hello 'https://[::1]:54321/push/pub?channel=news'"));
  CHECK(text.find("admin") == text.npos);
  CHECK(text.find("  site     http://localhost:3000") != text.npos);
}

TEST_CASE("welcome: without a public listener there is nowhere to go") {
  Welcome welcome;
  CHECK(welcome.text(Options()) == "  room for 0 connections (0 open files)\n");
}

}  // namespace
}  // namespace martd
