#include "options/options.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "options/option_table.h"
#include "options/option_values.h"

namespace martd {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

/// A folder of its own, gone with the test.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "martd-options-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }

  std::filesystem::path path;
};

Options options(const Words& words, const Environment& environment = {}) {
  const auto parsed = parse(words, environment);
  if (const auto* wrong = std::get_if<Wrong>(&parsed)) FAIL(wrong->line);
  return std::get<Run>(parsed).options;
}

std::string wrong(const Words& words, const Environment& environment = {}) {
  const auto parsed = parse(words, environment);
  return std::holds_alternative<Wrong>(parsed) ? std::get<Wrong>(parsed).line : "(nothing)";
}

bool is_wrong(const Words& words, std::string_view why, const Environment& environment = {}) {
  const std::string line = wrong(words, environment);
  INFO(line);
  return line.find(why) != std::string::npos && line.find('\n') == std::string::npos;
}

bool contains(const wire::AddressSet& set, const char* address) {
  return set.contains(boost::asio::ip::make_address(address));
}

TEST_CASE("defaults: as the contract has them") {
  const Options o = options({});
  CHECK(o.http == std::vector<ListenAddress>{{"localhost", 54321}});
  CHECK(o.https.empty());
  CHECK(o.admin == ListenAddress{"localhost", 54322});
  CHECK(o.prefix.empty());
  CHECK(contains(o.access.publish_from, "127.0.0.1"));
  CHECK(contains(o.access.publish_from, "::1"));
  CHECK_FALSE(contains(o.access.publish_from, "10.0.0.1"));
  CHECK(o.access.publish_secret.empty());
  CHECK(o.access.trusted_proxies.empty());
  CHECK_FALSE(o.access.origins.any());
  CHECK(o.threads >= 1);
  CHECK(o.heartbeat == 15s);
  CHECK(o.grace == 10s);
  CHECK(o.header_timeout == 10s);
  CHECK(o.subscribe.max_wait == 300s);
  CHECK(o.publish.max_size == 10000);
  CHECK(o.publish.max_life == 720h);
  CHECK(o.max_payload == 1 << 20);
  CHECK(o.publish.max_channels == 1000);
  CHECK(o.max_behind == 256 << 10);
  CHECK(o.max_memory == 1 << 30);
  CHECK(o.max_connections == 0);
  CHECK(o.log_level == LogLevel::info);
  CHECK(o.log_format == LogFormat::text);
}

TEST_CASE("listen addresses") {
  CHECK(options({"--http", "127.0.0.1:0", "--http=[::1]:8080"}).http ==
        std::vector<ListenAddress>{{"127.0.0.1", 0}, {"::1", 8080}});
  CHECK(options({}, {{"MARTD_HTTP", "a:1,b:2"}}).http == std::vector<ListenAddress>{{"a", 1}, {"b", 2}});
  CHECK(options({"--http", "none", "--https", "localhost:8443"}).http.empty());
  CHECK(options({"--admin", "none"}).admin == std::nullopt);
  CHECK(to_string(ListenAddress{"::1", 80}) == "[::1]:80");
  CHECK(to_string(ListenAddress{"localhost", 80}) == "localhost:80");
  for (const char* text : {"localhost", "80", ":80", "::1:80", "[::1]", "[::1:80", "[x]:80", "a:65536", "a:-1",
                           "a:", "a b:1", "-a:1", "none,none", "a:1,", "http://a:1"}) {
    CAPTURE(text);
    CHECK(is_wrong({"--http", text}, "--http: not an address to listen on"));
  }
  CHECK(options({"--http", "none"}).http.empty());
  CHECK(is_wrong({"--admin", "a:1,b:2"}, "--admin: more than one address"));
}

TEST_CASE("an option or a key with nothing in it is refused, a variable with nothing in it isn't set") {
  for (const OptionRow& row : option_rows()) {
    if (row.text.form.empty()) continue;
    const std::string name(row.text.name);
    CAPTURE(name);
    CHECK(is_wrong({"--" + name + "="}, "--" + name + ": empty (taken: "));
    CHECK(options({}, {{variable_of(name), ""}}).given.empty());
  }
  CHECK(is_wrong({"--origin", ""}, "--origin: empty (taken: ORIGIN,..., or leave it out)"));
}

TEST_CASE("loopback: literals and localhost only") {
  CHECK(is_loopback({"127.0.0.1", 1}));
  CHECK(is_loopback({"127.9.9.9", 1}));
  CHECK(is_loopback({"::1", 1}));
  CHECK(is_loopback({"LocalHost", 1}));
  CHECK_FALSE(is_loopback({"0.0.0.0", 1}));
  CHECK_FALSE(is_loopback({"::", 1}));
  CHECK_FALSE(is_loopback({"myhost", 1}));
  CHECK_FALSE(is_loopback({"localhost.example", 1}));
}

TEST_CASE("certificates: as many keys, and none of its own only on loopback") {
  const Folder folder;
  const std::string pem = folder.write("a.pem", "x");
  CHECK(options({"--https", "localhost:1", "--https", "[::1]:2"}).https.size() == 2);
  CHECK(options({"--https", "0.0.0.0:1", "--cert", pem, "--cert-key", pem}).cert == Words{pem});
  CHECK(options({"--cert", pem, "--cert", pem, "--cert-key", pem, "--cert-key", pem}).cert_key == Words{pem, pem});
  CHECK(is_wrong({"--https", "0.0.0.0:1"}, "the development certificate is for loopback only"));
  CHECK(is_wrong({"--https", "a.example:1"}, "the development certificate is for loopback only"));
  CHECK(is_wrong({"--cert", pem}, "one --cert-key for each --cert"));
  CHECK(is_wrong({"--cert", pem, "--cert-key", pem + "x"}, "--cert-key: can't be read"));
}

TEST_CASE("admin: reachable from outside only with a token") {
  CHECK(is_wrong({"--admin", "0.0.0.0:1"}, "--admin-token"));
  CHECK(options({"--admin", "0.0.0.0:1"}, {{"MARTD_ADMIN_TOKEN", "t"}}).admin_token == "t");
}

TEST_CASE("admin: the token may stand in a file's first line") {
  const Folder folder;
  const std::string file = folder.write("token", "t\r\nanything\n");
  CHECK(options({"--admin", "0.0.0.0:1", "--admin-token-file", file}).admin_token == "t");
  CHECK(is_wrong({"--admin-token-file", file + "x"}, "can't be read"));
  CHECK(is_wrong({"--admin-token-file", folder.write("empty", "")}, "--admin-token-file"));
  CHECK(is_wrong({"--admin-token-file", folder.write("line", "\nt\n")}, "first line"));
  const std::string spaces = wrong({"--admin-token-file", folder.write("spaces", "hush hush")});
  CHECK(spaces.find("first line") != std::string::npos);
  CHECK(spaces.find("hush") == std::string::npos);
  CHECK(is_wrong({"--admin-token", "t", "--admin-token-file", file}, "both"));
  SUBCASE("another one is a change") {
    const Words words{"--admin-token-file", file};
    const Options old = options(words);
    CHECK(std::get<Reload>(reload(old, words, {})).applied.empty());
    folder.write("token", "u\n");
    const Reload now = std::get<Reload>(reload(old, words, {}));
    CHECK(now.applied == Words{"admin-token-file"});
    CHECK(now.options.admin_token == "u");
  }
}

TEST_CASE("durations, sizes and counts: units and ranges") {
  CHECK(options({"--max-wait", "1500ms"}).subscribe.max_wait == 1500ms);
  CHECK(options({"--grace", "0"}).grace == 0s);
  CHECK(options({"--max-life", "7d"}).publish.max_life == 168h);
  CHECK(options({"--max-memory", "64M", "--max-behind", "4k"}).max_memory == 64 << 20);
  CHECK(options({"--max-connections", "0"}).max_connections == 0);
  CHECK(wrong({"--max-wait", "abc"}) ==
        "--max-wait: not a duration: abc (taken: a number of seconds, or a number with ms, s, m, h or d)");
  CHECK(wrong({"--max-wait", "2d"}) == "--max-wait: out of range: 2d (taken: 1ms to 1d)");
  CHECK(wrong({"--max-payload", "2G"}) == "--max-payload: out of range: 2G (taken: 1 to 1G)");
  CHECK(is_wrong({"--max-payload", "x"}, "not a size: x"));
  CHECK(is_wrong({"--max-payload", "2M", "--max-memory", "1M"}, "more than --max-memory"));
  for (const char* text : {"", "0", "-1", "1.5", "10K", "99999999999999999999", " 5"}) {
    CAPTURE(text);
    CHECK(is_wrong({"--max-size", text}, "--max-size: "));
  }
  CHECK(is_wrong({"--threads", "0"}, "1 to 1024"));
}

TEST_CASE("hsts: alone for a year, or for as long as is said behind an equals sign") {
  const auto hsts = [](Words words, const Environment& environment = {}) {
    words.insert(words.end(), {"--https", "localhost:0"});
    return options(words, environment).hsts;
  };
  CHECK_FALSE(hsts({}));
  CHECK(hsts({"--hsts"}) == std::chrono::hours{24 * 365});
  CHECK(hsts({"--hsts=1d"}) == std::chrono::hours{24});
  CHECK(hsts({"--hsts=0"}) == 0s);
  CHECK(hsts({}, {{"MARTD_HSTS", "true"}}) == std::chrono::hours{24 * 365});
  CHECK(hsts({}, {{"MARTD_HSTS", "90s"}}) == 90s);
  CHECK_FALSE(hsts({}, {{"MARTD_HSTS", "false"}}));
  CHECK(hsts({}, {{"MARTD_HSTS", "0"}}) == 0s);
  const Folder folder;
  CHECK(hsts({"--config", folder.write("a.toml", "hsts = true\n")}) == std::chrono::hours{24 * 365});
  CHECK(hsts({"--config", folder.write("b.toml", "hsts = \"2d\"\n")}) == std::chrono::hours{48});
  // What stands behind it is not its value.
  CHECK(is_wrong({"--https", "localhost:0", "--hsts", "1d"}, "UPSTREAM"));
  CHECK(is_wrong({"--https", "localhost:0", "--hsts=soon"}, "--hsts: not a duration: soon"));
  CHECK(is_wrong({"--https", "localhost:0", "--hsts="}, "--hsts"));
  CHECK(is_wrong({"--https", "localhost:0", "--hsts=101y"}, "--hsts"));
  CHECK(is_wrong({"--hsts"}, "--hsts: means nothing without --https"));
}

TEST_CASE("what is of https needs it") {
  CHECK(options({"--https", "localhost:0", "--https-redirect"}).https_redirect);
  CHECK(options({"--https", "localhost:0", "--ktls"}).ktls);
  CHECK_FALSE(options({"--https", "localhost:0"}).https_redirect);
  CHECK_FALSE(options({"--https", "localhost:0"}).ktls);
  CHECK(is_wrong({"--https-redirect"}, "--https-redirect: means nothing without --https"));
  CHECK(options({}).tls_records == RecordsOf::own);
  CHECK(options({"--https", "localhost:0", "--tls-records", "openssl"}).tls_records == RecordsOf::openssl);
  CHECK(is_wrong({"--tls-records", "kernel"}, "--tls-records: not known: kernel (taken: own or openssl)"));
  CHECK(is_wrong({"--ktls"}, "--ktls: means nothing without --https"));
  CHECK(is_wrong({"--https-redirect=1"}, "--https-redirect: takes no value"));
}

TEST_CASE("prefix") {
  CHECK(options({"--prefix", "/push"}).prefix == "/push");
  CHECK(options({"--prefix", "/a/b/"}).prefix == "/a/b");
  CHECK(options({"--prefix", "/"}).prefix.empty());
  for (const char* text : {"push", "//", "/a//b", "/./a", "/a/..", "/a?b", "/a b", "/%41"}) {
    CAPTURE(text);
    CHECK(is_wrong({"--prefix", text}, "--prefix: not a path"));
  }
}

TEST_CASE("address lists and origins: one list, however it is given") {
  const Options o = options({"--publish-from", "10.0.0.0/8,192.0.2.1", "--publish-from", "fd00::/8", "--trusted-proxy",
                             "loopback", "--origin", "https://a.example,https://b.example"});
  CHECK(contains(o.access.publish_from, "10.9.9.9"));
  CHECK(contains(o.access.publish_from, "fd00::1"));
  CHECK_FALSE(contains(o.access.publish_from, "127.0.0.1"));
  CHECK(contains(o.access.trusted_proxies, "127.0.0.1"));
  CHECK(o.access.origins.names("https://b.example"));
  CHECK(is_wrong({"--publish-from", "10.0.0.0/33"}, "--publish-from: not an address or a network: 10.0.0.0/33"));
  CHECK(is_wrong({"--origin", "a.example"}, "--origin: not an origin"));
}

TEST_CASE("host: names in one list, however they are given, and nothing else") {
  const Options none = options({});
  CHECK_FALSE(none.access.hosts.only());
  const Options o = options({"--host", "push.example,www.example", "--host", "Dev.Test"});
  CHECK(o.access.hosts.only());
  for (const char* name : {"push.example", "www.example:81", "dev.test"}) CHECK(o.access.hosts.knows(name));
  CHECK_FALSE(o.access.hosts.knows("evil.example"));
  CHECK(options({}, {{"MARTD_HOST", "push.example"}}).access.hosts.knows("push.example"));
  CHECK(is_wrong({"--host", "push.example:80"}, "--host: not a name: push.example:80"));
  CHECK(is_wrong({"--host", "*"}, "--host: not a name: *"));
}

TEST_CASE("secrets: what a header and a cookie carry, and never repeated") {
  CHECK(options({}, {{"MARTD_PUBLISH_SECRET", "s3cret#1"}}).access.publish_secret == "s3cret#1");
  for (const char* secret : {"hunter2 x", "hunter2;", "hunter2\"", "hunter2\n", "hunter2\xC3\xA9"}) {
    const std::string line = wrong({"--publish-secret", secret});
    CHECK(line.starts_with("--publish-secret: not a secret that can be sent"));
    CHECK(line.find("hunter2") == std::string::npos);
  }
  CHECK(wrong({"--publsh-secret=hunter2"}) == "--publsh-secret: no such option (nearest: --publish-secret)");
  CHECK(wrong({"--publsh-secret", "hunter2"}) == "--publsh-secret: no such option (nearest: --publish-secret)");
  CHECK(wrong({"--publish-secret", "a", "hunter2"}).find("hunter2") == std::string::npos);
  CHECK(wrong({"http://me:hunter2@a.example"}).find("hunter2") == std::string::npos);
}

TEST_CASE("command line: names, values, and what is no option") {
  CHECK(options({"--log-level=debug", "--log-format", "json"}).log_level == LogLevel::debug);
  CHECK(is_wrong({"--max-size"}, "--max-size: a value is missing"));
  CHECK(is_wrong({"--max-size", "--", "5"}, "--max-size: a value is missing"));
  CHECK(is_wrong({"--max-size", "1", "--max-size=2"}, "--max-size: given twice"));
  CHECK(is_wrong({"--max-siez=4"}, "(nearest: --max-size)"));
  CHECK(is_wrong({"--zzzzzzzz"}, "--zzzzzzzz: no such option (see --help)"));
  CHECK(is_wrong({"-x"}, "-x: no such option"));
  CHECK(is_wrong({"--log-level", "loud"}, "debug, info, warning or error"));
  CHECK(is_wrong({"--max-wait", "a\nb"}, "not a duration: a?b"));
  CHECK(is_wrong({"a", "b"}, "more than one argument"));
}

TEST_CASE("help and version") {
  const auto help = parse({"--help"}, {});
  REQUIRE(std::holds_alternative<Shown>(help));
  const std::string& text = std::get<Shown>(help).text;
  for (const OptionRow& row : option_rows()) {
    CAPTURE(row.text.name);
    CHECK((text.find("--" + std::string(row.text.name) + ' ') != std::string::npos));
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    CHECK(end - begin <= 110);
    begin = end + 1;
  }
  CHECK(std::get<Shown>(parse({"--version"}, {})).text == "martd " MARTD_VERSION "\n");
}

TEST_CASE("check-config: said on the command line only, and no option of the server") {
  CHECK_FALSE(std::get<Run>(parse({}, {})).check_only);
  const auto parsed = parse({"--check-config", "--max-size", "3"}, {});
  REQUIRE(std::holds_alternative<Run>(parsed));
  CHECK(std::get<Run>(parsed).check_only);
  CHECK(std::get<Run>(parsed).options.given.size() == 1);
  CHECK(is_wrong({"--check-config", "--max-size", "x"}, "--max-size: not a whole number"));
  const Folder folder;
  CHECK(is_wrong({"--config", folder.write("m.toml", "check-config = true")}, "check-config: no such option"));
  CHECK_FALSE(std::get<Run>(parse({}, {{"MARTD_CHECK_CONFIG", "true"}})).check_only);
}

TEST_CASE("log file: a folder that is there, and nothing is made") {
  const Folder folder;
  const std::string file = (folder.path / "log").string();
  CHECK(options({"--log-file", file}).log_file == file);
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(is_wrong({"--log-file", (folder.path / "no" / "log").string()}, "--log-file: can't be written"));
  CHECK(is_wrong({"--log-file", folder.path.string()}, "--log-file: can't be written"));
  CHECK(options({"--access-log"}).access_log);
  CHECK(options({}, {{"MARTD_ACCESS_LOG", "true"}}).access_log);
  CHECK_FALSE(options({}, {{"MARTD_ACCESS_LOG", "false"}}).access_log);
}

TEST_CASE("store: a file, and when a push is answered") {
  CHECK(options({}).store.empty());
  CHECK(options({}).durability == push::Durability::always);
  CHECK(options({"--store", "x.db"}).store == "x.db");
  CHECK(options({"--durability", "interval"}).durability == push::Durability::interval);
  CHECK(is_wrong({"--durability", "never"}, "--durability: not known: never (taken: always or interval)"));
  CHECK(is_wrong({"--store", "x.db", "--max-payload", "901M"}, "--max-payload: more than a store takes"));
  CHECK(options({"--max-payload", "901M"}).max_payload == std::size_t{901} << 20);
}

TEST_CASE("a flag that is false is not given") { CHECK(options({}, {{"MARTD_INJECT", "false"}}).given.empty()); }

TEST_CASE("the site behind") {
  CHECK(options({"http://localhost:3000"}).upstream->url == "http://localhost:3000");
  CHECK(options({"--upstream", "https://a.example/"}).upstream->tls);
  CHECK(is_wrong({"http://localhost:3000", "--upstream", "http://a"}, "given twice"));
  for (const char* url : {"http://a/b", "http://a/?b", "ftp://a", "a.example", "http://", "http://a:0", "http://u@a",
                          "http://a:99999", "http://a#b"}) {
    CAPTURE(url);
    CHECK(is_wrong({url}, "UPSTREAM: not the address of a site"));
  }
  CHECK(options({"http://[::1]:3000"}).upstream->host == "::1");
  CHECK_FALSE(options({}).forwarded);
  CHECK(options({"--forwarded"}).forwarded);
  CHECK(options({}, {{"MARTD_FORWARDED", "true"}}).forwarded);
}

TEST_CASE("precedence: flag, variable, file") {
  const Folder folder;
  const std::string file = folder.write("m.toml", "max-size = 1\nmax-wait = \"1s\"\ngrace = 1\n");
  const Options o = options({"--config", file, "--max-size", "3"},
                            {{"MARTD_MAX_SIZE", "2"}, {"MARTD_MAX_WAIT", "2s"}, {"MARTD_GRACE", ""}});
  CHECK(o.publish.max_size == 3);
  CHECK(o.subscribe.max_wait == 2s);
  CHECK(o.grace == 1s);
  CHECK(options({}, {{"MARTD_CONFIG", file}}).publish.max_size == 1);
}

TEST_CASE("variables: unknown ones are warned of, others' are not") {
  const auto parsed = parse({}, {{"MARTD_MAXSIZE", "hunter2"}, {"MARTD_SERVER", "x"}, {"PATH", "y"}});
  const auto& warnings = std::get<Run>(parsed).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "MARTD_MAXSIZE: no such variable is known, nearest: MARTD_MAX_SIZE");
  CHECK(is_wrong({}, "MARTD_MAX_WAIT: not a duration: x", {{"MARTD_MAX_WAIT", "x"}}));
  const char* entries[] = {"A=1", "B=2=3", "C=", "D", nullptr};
  CHECK(environment_of(entries) == Environment{{"A", "1"}, {"B", "2=3"}, {"C", ""}});
}

TEST_CASE("file: arrays, unknown names, complaints with the line") {
  const Folder folder;
  const auto file = [&](const std::string& text) { return Words{"--config", folder.write("m.toml", text)}; };
  CHECK(options(file("http = [\"a:1\", \"b:2\"]\npublish-from = [\"10.0.0.1\", \"10.0.0.2\"]")).http.size() == 2);
  CHECK(options(file("http = []\nhttps = \"localhost:1\"")).http.empty());
  CHECK(is_wrong(file("\nmax-siez = 3"), "m.toml:2: max-siez: no such option (nearest: max-size)"));
  CHECK(is_wrong(file("max_size = 3"), "(nearest: max-size)"));
  CHECK(is_wrong(file("max-size = [1, 2]"), "m.toml:1: max-size: an array (taken: one value)"));
  CHECK(is_wrong(file("max-size = 0"), "m.toml:1: max-size: out of range: 0"));
  CHECK(is_wrong(file("config = \"x\""), "can't name another"));
  CHECK(is_wrong(file("inject = 3"), "not true or false"));
  CHECK(is_wrong({"--config", "/nowhere/m.toml"}, "--config: can't be read: /nowhere/m.toml"));
  CHECK(is_wrong({"--config", folder.path.string()}, "--config: can't be read"));
}

TEST_CASE("reload: what can change is new, what can't is named and stays") {
  const Folder folder;
  const std::string file = folder.write("m.toml", "max-size = 1\npublish-secret = \"a\"\nprefix = \"/x\"\n");
  const Words words{"--config", file, "--grace", "7"};
  const Options old = options(words);

  folder.write("m.toml", "max-size = 2\npublish-secret = \"b\"\nprefix = \"/y\"\npublish-from = \"all\"\ngrace = 8\n");
  const auto result = reload(old, words, {});
  REQUIRE(std::holds_alternative<Reload>(result));
  const Reload& now = std::get<Reload>(result);
  CHECK(now.applied == Words{"publish-from", "publish-secret", "max-size"});
  CHECK(now.kept == Words{"prefix"});
  CHECK(now.options.publish.max_size == 2);
  CHECK(now.options.access.publish_secret == "b");
  CHECK(contains(now.options.access.publish_from, "192.0.2.1"));
  CHECK(now.options.prefix == "/x");
  CHECK(now.options.grace == 7s);

  SUBCASE("a second time there is only what is still kept") {
    const Reload again = std::get<Reload>(reload(now.options, words, {}));
    CHECK(again.applied.empty());
    CHECK(again.kept == Words{"prefix"});
  }
  SUBCASE("what is taken out goes back to its default") {
    folder.write("m.toml", "");
    const Reload again = std::get<Reload>(reload(now.options, words, {}));
    CHECK(again.applied == Words{"publish-from", "publish-secret", "max-size"});
    CHECK(again.options.publish.max_size == 10000);
    CHECK_FALSE(contains(again.options.access.publish_from, "192.0.2.1"));
    CHECK(std::get<Reload>(reload(again.options, words, {})).applied.empty());
  }
  SUBCASE("the same said otherwise is no change") {
    folder.write("m.toml",
                 "max-size = 2\nmax-wait = \"5m\"\npublish-secret = \"b\"\nprefix = \"/x/\"\npublish-from = [\"all\"]");
    const Reload again = std::get<Reload>(reload(now.options, words, {}));
    CHECK(again.applied.empty());
    CHECK(again.kept.empty());
  }
  SUBCASE("a bad one is refused") {
    folder.write("m.toml", "max-size = 0");
    CHECK(std::get<Wrong>(reload(now.options, words, {})).line.find("max-size: out of range") != std::string::npos);
    std::filesystem::remove(file);
    CHECK(std::holds_alternative<Wrong>(reload(now.options, words, {})));
  }
}

TEST_CASE("reload: two right configurations may not be mixed into a wrong one") {
  const Folder folder;
  const Words words{"--config", folder.write("m.toml", "admin = \"0.0.0.0:1\"\nadmin-token = \"t\"")};
  const Options old = options(words);
  folder.write("m.toml", "admin = \"localhost:1\"");
  const auto result = reload(old, words, {});
  REQUIRE(std::holds_alternative<Wrong>(result));
  CHECK(std::get<Wrong>(result).line.find("needs a restart") != std::string::npos);
}

}  // namespace
}  // namespace martd
