#include "pages/content_policy.h"

#include <doctest/doctest.h>

namespace martd::pages {
namespace {

constexpr ScriptPlace kScript{false, "site.example:8080", "/push/client.js"};

/// What becomes of a policy: `=` as it is, `= n` with a nonce, `no`, or the policy edited.
std::string verdict(std::string_view policy, const ScriptPlace& script = kScript, std::string_view nonce = {}) {
  const PolicyVerdict v = permit_script(policy, script, nonce);
  if (!v.permits) return "no";
  std::string shown = v.value == policy ? "=" : v.value;
  if (!v.nonce.empty()) shown += " [" + std::string(v.nonce) + "]";
  return shown;
}

TEST_CASE("policy: one that says nothing of scripts") {
  for (const char* policy : {"", " ", ";", "img-src 'none'", "upgrade-insecure-requests; frame-ancestors 'none'",
                             "script-src-attr 'none'", "require-trusted-types-for 'script'", "worker-src 'none',"}) {
    CAPTURE(policy);
    CHECK(verdict(policy) == "=");
  }
}

TEST_CASE("policy: the address is in it already") {
  for (const char* list :
       {"'self'", "'SELF' https://cdn.example", "*", "http:", "site.example:8080", "SITE.example:8080",
        "http://site.example:8080", "site.example:*", "*.example:8080", "*:8080", "site.example:8080/push/",
        "site.example:8080/push/client.js", "'none' 'self'", "'self' 'unsafe-inline'"}) {
    const std::string text = list;
    CAPTURE(text);
    CHECK(verdict("script-src " + text) == "=");
    CHECK(verdict("default-src " + text + "; img-src 'none'") == "=");
    CHECK(verdict("default-src 'none'; Script-Src " + text) == "=");
    CHECK(verdict("script-src 'none'; script-src-elem " + text) == "=");
  }
}

TEST_CASE("policy: the address is added, and nothing wider") {
  for (const char* list : {"https:", "site.example", "http://site.example", "site.example:8081",
                           "https://site.example:8080", "*.site.example:8080", "other.example",
                           "site.example:8080/other/", "site.example:8080/push", "site.example:8080/push/client.js/x",
                           "'unsafe-inline'", "'sha256-abc'", "data:", "wss:", "ws://site.example:8080"}) {
    const std::string text = list;
    CAPTURE(text);
    CHECK(verdict("script-src " + text) == "script-src " + text + " site.example:8080/push/client.js");
  }
  CHECK(verdict("img-src a; script-src https://cdn.example ; style-src b") ==
        "img-src a; script-src https://cdn.example site.example:8080/push/client.js ; style-src b");
  CHECK(verdict("script-src https://a;script-src 'self'") ==
        "script-src https://a site.example:8080/push/client.js;script-src 'self'");
  CHECK(verdict("script-src-elem https://a; script-src 'self'") ==
        "script-src-elem https://a site.example:8080/push/client.js; script-src 'self'");
  CHECK(verdict("default-src https://a 'unsafe-inline'; img-src *") ==
        "default-src https://a 'unsafe-inline'; img-src *; script-src https://a 'unsafe-inline' "
        "site.example:8080/push/client.js");
}

TEST_CASE("policy: a nonce is carried") {
  CHECK(verdict("script-src 'nonce-r4nd0m'") == "= [r4nd0m]");
  CHECK(verdict("script-src 'nonce-r4nd0m' 'strict-dynamic' https: 'unsafe-inline'") == "= [r4nd0m]");
  CHECK(verdict("script-src 'self' 'nonce-r4nd0m' 'strict-dynamic'") == "= [r4nd0m]");
  CHECK(verdict("default-src 'none' 'NONCE-a+/_-9=='") == "= [a+/_-9==]");
  CHECK(verdict("script-src 'nonce-a' 'nonce-b'") == "= [a]");
  // Not needed.
  CHECK(verdict("script-src 'self' 'nonce-r4nd0m'") == "=");
}

TEST_CASE("policy: what forbids it is not loosened") {
  for (const char* policy :
       {"script-src 'none'", "script-src", "default-src 'none'", "default-src ; img-src *", "script-src 'NONE'",
        "script-src 'report-sample'", "script-src 'unsafe-eval' 'wasm-unsafe-eval'", "script-src 'strict-dynamic'",
        "script-src 'strict-dynamic' 'sha256-abc' 'self' https:", "sandbox", "sandbox allow-forms; script-src 'self'",
        "script-src 'self'; script-src-elem 'none'", "script-src 'nonce-'"}) {
    CAPTURE(policy);
    CHECK(verdict(policy) == "no");
  }
  CHECK(verdict("sandbox allow-forms ALLOW-scripts") == "=");
}

TEST_CASE("policy: several policies must each permit it") {
  CHECK(verdict("script-src 'self', script-src 'none'") == "no");
  CHECK(verdict("script-src 'self', img-src 'none'") == "=");
  CHECK(verdict("script-src https://a, default-src https://b") ==
        "script-src https://a site.example:8080/push/client.js, default-src https://b; script-src https://b "
        "site.example:8080/push/client.js");
  CHECK(verdict("script-src 'nonce-a', script-src 'nonce-a' 'strict-dynamic'") == "= [a]");
  CHECK(verdict("script-src 'nonce-a', script-src 'nonce-b'") ==
        "script-src 'nonce-a', script-src 'nonce-b' site.example:8080/push/client.js [a]");
  CHECK(verdict("script-src 'nonce-a', script-src 'nonce-A' 'strict-dynamic'") == "no");
  CHECK(verdict("script-src 'nonce-a' 'nonce-b'", kScript, "b") == "= [b]");
}

TEST_CASE("policy: schemes and ports") {
  const ScriptPlace https{true, "site.example", "/client.js"};
  for (const char* list : {"https:", "http:", "site.example", "https://site.example", "http://site.example",
                           "site.example:443", "http://site.example:80", "*.example/client.js"}) {
    const std::string text = list;
    CAPTURE(text);
    CHECK(verdict("script-src " + text, https) == "=");
  }
  CHECK(verdict("script-src site.example:8443", https) == "script-src site.example:8443 site.example/client.js");
  const ScriptPlace http{false, "site.example", "/client.js"};
  CHECK(verdict("script-src site.example", http) == "=");
  CHECK(verdict("script-src site.example:80", http) == "=");
  CHECK(verdict("script-src https://site.example", http) == "script-src https://site.example site.example/client.js");
}

TEST_CASE("policy: a host that can't be written in one") {
  const ScriptPlace v6{false, "[::1]:8080", "/client.js"};
  CHECK(verdict("script-src 'self'", v6) == "=");
  CHECK(verdict("script-src 'nonce-a'", v6) == "= [a]");
  CHECK(verdict("script-src https://cdn.example", v6) == "no");
  CHECK(verdict("script-src https://cdn.example", {false, "", "/client.js"}) == "no");
  CHECK(verdict("script-src https://cdn.example", {false, "127.0.0.1:8080", "/client.js"}) ==
        "script-src https://cdn.example 127.0.0.1:8080/client.js");
}

}  // namespace
}  // namespace martd::pages
