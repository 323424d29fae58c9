#include "wire/proxy_headers.h"

#include <doctest/doctest.h>

#include <cctype>
#include <vector>

namespace martd::wire {
namespace {

using Fields = std::vector<Field>;

RequestHop plain_hop() {
  RequestHop hop;
  hop.client = "192.0.2.1";
  hop.host = "site.example";
  hop.upstream = "localhost:3000";
  return hop;
}
RequestHop trusted_hop() {
  RequestHop hop = plain_hop();
  hop.trusted = true;
  return hop;
}

/// The lines of a request as they go upstream, joined by `|`.
std::string request(const Fields& fields, const RequestHop& hop = plain_hop()) {
  std::string out;
  append_request_headers(fields, hop, out);
  std::string shown;
  while (!out.empty()) {
    const auto end = out.find("\r\n");
    REQUIRE(end != out.npos);
    if (!shown.empty()) shown += '|';
    shown += out.substr(0, end);
    out.erase(0, end + 2);
  }
  return shown;
}

/// The same without what is added to every request of a plain hop.
std::string changed(const Fields& fields, const RequestHop& hop = plain_hop()) {
  Fields all{{"Host", "site.example"}};
  all.insert(all.end(), fields.begin(), fields.end());
  std::string shown = request(all, hop);
  REQUIRE(shown.starts_with("Host: site.example|"));
  shown.erase(0, 19);
  for (const char* added :
       {"X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: site.example", "Via: 1.1 martd"}) {
    const auto at = shown.rfind(added);
    if (at == shown.npos) continue;
    shown.erase(at, std::string_view(added).size());
    if (shown.substr(at).starts_with('|'))
      shown.erase(at, 1);
    else if (at > 0)
      shown.erase(at - 1, 1);
  }
  return shown;
}

std::string response(const Fields& fields, const ResponseHop& hop = {}) {
  std::string out;
  append_response_headers(fields, hop, out);
  std::string shown;
  for (const char c : out)
    if (c == '\n')
      shown += '|';
    else if (c != '\r')
      shown += c;
  if (!shown.empty()) shown.pop_back();
  return shown;
}

TEST_CASE("request: what no rule names goes on byte for byte, in its case and order") {
  CHECK(request({{"hOST", "site.example"},
                 {"X-Odd", "a,  b ;\"c\""},
                 {"accept", "*/*"},
                 {"X-Odd", ""},
                 {"x-odd", "\xC3\xBC\xFF"},
                 {"Content-Length", "5"},
                 {"Expect", "100-continue"},
                 {"X_Under", "1"},
                 {"Cookie", "a=1;  b=2;"}}) ==
        "hOST: site.example|X-Odd: a,  b ;\"c\"|accept: */*|X-Odd: |x-odd: \xC3\xBC\xFF|Content-Length: 5|"
        "Expect: 100-continue|X_Under: 1|Cookie: a=1;  b=2;|X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: http|"
        "X-Forwarded-Host: site.example|Via: 1.1 martd");
}

TEST_CASE("request: the fields of the hop are taken off") {
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "HTTP2-Settings", "Proxy-Authenticate", "Proxy-Authorization", "Martd-Channels"}) {
    const std::string text = name;
    CAPTURE(text);
    CHECK(changed({{text, "x"}}) == "");
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    CHECK(changed({{lower, "x"}, {"A", "1"}}) == "A: 1");
  }
}

TEST_CASE("request: what Connection names is taken off, over all its lines") {
  CHECK(changed({{"Connection", "close, X-Mine ,,\tx-other"},
                 {"x-mine", "1"},
                 {"Keep", "2"},
                 {"X-OTHER", "3"},
                 {"connection", "Keep"}}) == "");
  CHECK(changed({{"X-Mine", "1"}, {"Connection", "X-Mine"}}) == "");
  CHECK(changed({{"X-Mine", "1"}, {"Connection", "X-Min, X-Mine-2, \"X-Mine\""}}) == "X-Mine: 1");
  CHECK(changed({{"Cookie", "a=1"}, {"Authorization", "Basic x"}, {"Connection", "cookie, authorization"}}) == "");
}

TEST_CASE("request: Connection can't take away what the site relies on") {
  CHECK(request({{"Host", "site.example"},
                 {"Content-Length", "5"},
                 {"X-Forwarded-For", "1.2.3.4"},
                 {"X-Forwarded-Proto", "https"},
                 {"X-Forwarded-Host", "front.example"},
                 {"Forwarded", "for=1.2.3.4"},
                 {"Via", "1.1 front"},
                 {"Connection",
                  "host, content-length, x-forwarded-for, x-forwarded-proto, x-forwarded-host, forwarded, via"}},
                trusted_hop()) ==
        "Host: site.example|Content-Length: 5|X-Forwarded-For: 1.2.3.4, 192.0.2.1|X-Forwarded-Proto: https|"
        "X-Forwarded-Host: front.example|Forwarded: for=1.2.3.4|Via: 1.1 front, 1.1 martd");
}

TEST_CASE("request: names that many sites can't tell from ours are taken off") {
  CHECK(changed({{"X_Forwarded_For", "1.2.3.4"},
                 {"x-forwarded_proto", "https"},
                 {"X_FORWARDED-HOST", "evil.example"},
                 {"Martd_Channels", "a"},
                 {"Transfer_Encoding", "chunked"},
                 {"Content_Length", "3"}},
                trusted_hop()) == "");
}

TEST_CASE("request: X-Forwarded-For is longer by the peer, on its last line") {
  CHECK(request({{"Host", "h"}, {"X-Forwarded-For", "1.2.3.4"}}).find("|X-Forwarded-For: 1.2.3.4, 192.0.2.1|") !=
        std::string::npos);
  CHECK(request({{"Host", "h"}, {"x-forwarded-for", "1.2.3.4, 5.6.7.8"}, {"A", "1"}, {"X-Forwarded-FOR", "9.9.9.9"}})
            .starts_with("Host: site.example|x-forwarded-for: 1.2.3.4, 5.6.7.8|A: 1|X-Forwarded-FOR: 9.9.9.9, "
                         "192.0.2.1|X-Forwarded-Proto"));
  CHECK(request({{"Host", "h"}, {"X-Forwarded-For", ""}}).find("X-Forwarded-For: 192.0.2.1|") != std::string::npos);
  RequestHop v6 = plain_hop();
  v6.client = "2001:db8::1";
  CHECK(request({}, v6).find("X-Forwarded-For: 2001:db8::1|") != std::string::npos);
}

TEST_CASE("request: X-Forwarded-Proto and -Host are ours, or a trusted proxy's") {
  const Fields told{{"Host", "site.example"}, {"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Host", "evil.example"}};
  RequestHop hop = plain_hop();
  hop.tls = true;
  CHECK(request(told, hop) ==
        "Host: site.example|X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: https|X-Forwarded-Host: site.example|"
        "Via: 1.1 martd");
  hop.trusted = true;
  CHECK(request(told, hop) ==
        "Host: site.example|X-Forwarded-Proto: gopher|X-Forwarded-Host: evil.example|X-Forwarded-For: 192.0.2.1|"
        "Via: 1.1 martd");
  CHECK(request({{"Host", "site.example"}, {"X-Forwarded-Proto", "http"}}, hop) ==
        "Host: site.example|X-Forwarded-Proto: http|X-Forwarded-For: 192.0.2.1|X-Forwarded-Host: site.example|"
        "Via: 1.1 martd");
}

TEST_CASE("request: Forwarded is a trusted proxy's, and ours when asked") {
  CHECK(changed({{"Forwarded", "for=1.2.3.4"}}) == "");
  CHECK(changed({{"Forwarded", "for=1.2.3.4"}}, trusted_hop()) == "Forwarded: for=1.2.3.4");
  RequestHop asked = trusted_hop();
  asked.forwarded = true;
  CHECK(changed({{"Forwarded", "for=1.2.3.4;x=\""}}, asked) ==
        "Forwarded: for=1.2.3.4;x=\"|Forwarded: for=192.0.2.1;host=\"site.example\";proto=http");
  asked.trusted = false;
  asked.tls = true;
  asked.client = "2001:db8::1";
  CHECK(request({{"Host", "site.example"}, {"Forwarded", "for=1.2.3.4"}}, asked) ==
        "Host: site.example|X-Forwarded-For: 2001:db8::1|X-Forwarded-Proto: https|X-Forwarded-Host: site.example|"
        "Forwarded: for=\"[2001:db8::1]\";host=\"site.example\";proto=https|Via: 1.1 martd");
}

// A site that takes https from our X-Forwarded-Proto takes the port, the path and the client from these, if they are
// there: links in its pages, and in the caches before it, then led where a stranger said.
TEST_CASE("request: what else is believed of a proxy is a trusted proxy's") {
  for (const char* name : {"X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded-Ssl",
                           "X-Forwarded-Scheme", "X-Real-IP", "Proxy", "x-real-ip", "PROXY"}) {
    const std::string text = name;
    CAPTURE(text);
    CHECK(changed({{text, "1.2.3.4"}}) == "");
    CHECK(changed({{text, "1.2.3.4"}}, trusted_hop()) == text + ": 1.2.3.4");
    CHECK(changed({{text, "1.2.3.4"}, {"Connection", text}}, trusted_hop()) == text + ": 1.2.3.4");
  }
  CHECK(changed({{"X_Real_IP", "1.2.3.4"}, {"X-Forwarded_Port", "1"}}, trusted_hop()) == "");
  CHECK(changed({{"X-Forwarded", "1"}, {"X-Forwarded-By", "2"}, {"Proxy-Status", "3"}}) ==
        "X-Forwarded: 1|X-Forwarded-By: 2|Proxy-Status: 3");
}

TEST_CASE("request: Max-Forwards is as it came, or what is left of it") {
  CHECK(changed({{"max-FORWARDS", "07"}}) == "max-FORWARDS: 07");
  RequestHop hop = plain_hop();
  hop.max_forwards = 6;
  CHECK(changed({{"max-FORWARDS", "07"}, {"A", "1"}}, hop) == "max-FORWARDS: 6|A: 1");
}

TEST_CASE("request: Host is kept, replaced in its place, or made up where there is none") {
  CHECK(request({{"A", "1"}, {"host", "site.example"}}).starts_with("A: 1|host: site.example|"));
  RequestHop hop = plain_hop();
  hop.upstream_host = true;
  CHECK(request({{"A", "1"}, {"host", "site.example"}}, hop) ==
        "A: 1|host: localhost:3000|X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: http|"
        "X-Forwarded-Host: site.example|Via: 1.1 martd");
  RequestHop none = plain_hop();
  none.host = "";
  none.version = "1.0";
  CHECK(request({{"A", "1"}}, none) ==
        "Host: localhost:3000|A: 1|X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: http|Via: 1.0 martd");
  // The authority of an absolute target outranks the line (RFC 9112, section 3.2.2).
  RequestHop absolute = plain_hop();
  absolute.host = "other.example";
  CHECK(request({{"Host", "site.example"}}, absolute).starts_with("Host: other.example|"));
}

TEST_CASE("request: Via is longer by us, on its last line") {
  CHECK(request({{"Host", "h"}, {"Via", "1.0 a"}, {"via", "1.1 b (c)"}})
            .starts_with("Host: site.example|Via: 1.0 a|via: 1.1 b (c), 1.1 martd|"));
}

TEST_CASE("request: Via names this run") {
  RequestHop hop = plain_hop();
  hop.via = "martd-1a2b3c4d";
  CHECK(request({{"Via", "1.0 a"}}, hop).find("|Via: 1.0 a, 1.1 martd-1a2b3c4d|") != std::string::npos);
}

TEST_CASE("request: the cookie with the secret is taken out, and the rest of the line stays") {
  struct Case {
    const char* value;
    const char* line;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"martd_secret=s3cret", ""},
           {"martd_secret=", ""},
           {" martd_secret = s3cret ", ""},
           {"martd_secret=a; martd_secret=b", ""},
           {"a=1; martd_secret=s3cret; b=2", "Cookie: a=1; b=2"},
           {"martd_secret=s3cret; b=2;  c=3", "Cookie: b=2;  c=3"},
           {"martd_secret=s3cret;b=2", "Cookie: b=2"},
           {"a=1; martd_secret=s3cret", "Cookie: a=1"},
           {"a=1;martd_secret=s3cret;", "Cookie: a=1;"},
           {"a=1;;b; martd_secret", "Cookie: a=1;;b"},
           {"my_martd_secret=1; martd_secret2=2; Martd_Secret=3",
            "Cookie: my_martd_secret=1; martd_secret2=2; Martd_Secret=3"},
           {"a=martd_secret; b=\"martd_secret=1\"", "Cookie: a=martd_secret; b=\"martd_secret=1\""},
           {"", "Cookie: "},
       }) {
    const std::string text = c.value;
    CAPTURE(text);
    CHECK(changed({{"Cookie", text}}) == c.line);
  }
  CHECK(changed({{"Cookie", "martd_secret=1"}, {"cookie", "a=1; martd_secret=2"}}) == "cookie: a=1");
}

TEST_CASE("request: Authorization with the publish secret is taken off, any other stays") {
  RequestHop hop = plain_hop();
  hop.publish_secret = "s3cret";
  for (const char* ours : {"Bearer s3cret", "bearer s3cret", "BEARER   s3cret "}) {
    CAPTURE(ours);
    CHECK(changed({{"Authorization", ours}}, hop) == "");
  }
  for (const char* other : {"Bearer s3cre", "Bearer s3crets", "Basic s3cret", "Bearers3cret", "Bearer", "s3cret", ""}) {
    const std::string text = other;
    CAPTURE(text);
    CHECK(changed({{"Authorization", text}}, hop) == "Authorization: " + text);
  }
  CHECK(changed({{"Authorization", "Bearer s3cret"}}) == "Authorization: Bearer s3cret");
  CHECK(changed({{"Authorization", "Bearer "}}) == "Authorization: Bearer ");
}

// A browser that has logged in at the admin listener of the same host sends that cookie to the public one, too: cookies
// know no ports. The site behind got it, and could have used it to act as the operator.
TEST_CASE("request: nothing of the admin listener's goes on") {
  CHECK(changed({{"Cookie", "a=1; martd_admin=0123abcd; b=2"}}) == "Cookie: a=1; b=2");
  CHECK(changed({{"Cookie", "martd_admin=0123abcd; martd_secret=s"}}) == "");
  CHECK(changed({{"Cookie", "my_martd_admin=1; martd_admins=2"}}) == "Cookie: my_martd_admin=1; martd_admins=2");
  RequestHop hop = plain_hop();
  hop.admin_token = "t0ken";
  CHECK(changed({{"Authorization", "Bearer t0ken"}}, hop) == "");
  CHECK(changed({{"Authorization", "Bearer t0ken2"}}, hop) == "Authorization: Bearer t0ken2");
}

TEST_CASE("request: an upgrade is asked of the upstream anew") {
  const Fields fields{{"Host", "site.example"},
                      {"Connection", "keep-alive, Upgrade"},
                      {"Upgrade", "websocket"},
                      {"Sec-WebSocket-Protocol", "vite-hmr"}};
  RequestHop hop = plain_hop();
  hop.upgrade = "websocket";
  CHECK(request(fields, hop) ==
        "Host: site.example|Sec-WebSocket-Protocol: vite-hmr|X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: http|"
        "X-Forwarded-Host: site.example|Via: 1.1 martd|Connection: Upgrade|Upgrade: websocket");
}

TEST_CASE("upgrade: what is asked for") {
  const auto asked = [](const Fields& fields, std::string_view version = "1.1") {
    return asked_upgrade(fields, version);
  };
  CHECK(asked({{"Connection", "keep-alive, uPGRADE"}, {"upgrade", "websocket"}}) == "websocket");
  CHECK(asked({{"Connection", "Upgrade"}, {"Upgrade", "foo/2"}, {"Upgrade", "bar, WebSocket"}}) == "WebSocket");
  CHECK(asked({{"Connection", "Upgrade"}, {"Upgrade", " , websocket,"}}) == "websocket");
  CHECK(asked({{"Upgrade", "websocket"}}) == "");
  CHECK(asked({{"Connection", "close"}, {"Upgrade", "websocket"}}) == "");
  CHECK(asked({{"Connection", "Upgrade"}}) == "");
  CHECK(asked({{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}, "1.0") == "");
  // Once the site had said 101, to whatever it was, nothing of what followed was read here: not whose secret it
  // brought, nor which X-Forwarded-For it claimed.
  for (const char* protocol :
       {"TLS/1.0", "foo/2", "raw", "HTTP/2.0", "h2", "websocket2", "websocket/13", "web socket"}) {
    CAPTURE(protocol);
    CHECK(asked({{"Connection", "Upgrade"}, {"Upgrade", protocol}}) == "");
  }
  // What curl --http2 sends. In a tunnel of h2c nobody would see to what goes upstream.
  CHECK(asked({{"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", "AAMA"}}) == "");
  CHECK(asked({{"Connection", "Upgrade"}, {"Upgrade", "H2C, HTTP/2.0, websocket"}}) == "websocket");
}

TEST_CASE("response: the fields of the hop and ours are taken off, the rest stays as it came") {
  CHECK(response({{"content-type", "text/html"},
                  {"Connection", "X-Mine, keep-alive"},
                  {"Keep-Alive", "timeout=5"},
                  {"Transfer-Encoding", "chunked"},
                  {"Trailer", "X-Sum"},
                  {"Upgrade", "h2,h2c"},
                  {"Proxy-Authenticate", "Basic"},
                  {"X-Mine", "1"},
                  {"Set-Cookie", "a=1; Path=/"},
                  {"Set-Cookie", "martd_secret=1"},
                  {"Martd-Publish", "channel=a"},
                  {"martd-payload", "x"},
                  {"Martd-Cursor", "a=1"},
                  {"X-Forwarded-For", "1.2.3.4"},
                  {"Content_Length", "9"},
                  {"Content-Length", "0"}}) ==
        "content-type: text/html|Set-Cookie: a=1; Path=/|Set-Cookie: martd_secret=1|X-Forwarded-For: 1.2.3.4|"
        "Content_Length: 9|Content-Length: 0|Via: 1.1 martd");
  CHECK(response({{"Content-Length", "5"}, {"Connection", "content-length"}}) == "Content-Length: 5|Via: 1.1 martd");
}

TEST_CASE("response: Via and Connection") {
  CHECK(response({{"Via", "1.1 a"}, {"A", "1"}}, {.version = "1.0", .connection = "close"}) ==
        "Via: 1.1 a, 1.0 martd|A: 1|Connection: close");
  CHECK(response({}, {.connection = "keep-alive"}) == "Via: 1.1 martd|Connection: keep-alive");
}

TEST_CASE("response: Vary says so where the answer is another for other channels") {
  const ResponseHop page{.connection = {}, .by_channels = true};
  CHECK(response({{"A", "1"}}, page) == "A: 1|Via: 1.1 martd|Vary: Martd-Channels");
  CHECK(response({{"Vary", "Accept"}, {"A", "1"}, {"vary", "Cookie"}}, page) ==
        "Vary: Accept|A: 1|vary: Cookie, Martd-Channels|Via: 1.1 martd");
  CHECK(response({{"Vary", ""}}, page) == "Vary: Martd-Channels|Via: 1.1 martd");
  CHECK(response({{"Vary", "a, martd-channels"}, {"Vary", "b"}}, page) ==
        "Vary: a, martd-channels|Vary: b|Via: 1.1 martd");
  CHECK(response({{"Vary", "*"}}, page) == "Vary: *|Via: 1.1 martd");
  CHECK(response({{"Vary", "Accept"}, {"Connection", "vary"}}, page) == "Vary: Accept, Martd-Channels|Via: 1.1 martd");
  CHECK(response({{"Vary", "Accept"}}) == "Vary: Accept|Via: 1.1 martd");
}

TEST_CASE("response: 101 and 426 say what they switch to, others don't") {
  const Fields fields{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "x"}};
  CHECK(response(fields, {.status = 101, .connection = ""}) ==
        "Upgrade: websocket|Sec-WebSocket-Accept: x|Via: 1.1 martd|Connection: Upgrade");
  CHECK(response(fields, {.status = 426, .connection = "close"}) ==
        "Upgrade: websocket|Sec-WebSocket-Accept: x|Via: 1.1 martd|Connection: close, Upgrade");
  CHECK(response(fields, {.status = 200, .connection = ""}) == "Sec-WebSocket-Accept: x|Via: 1.1 martd");
}

TEST_CASE("connection: options are found in any line and any case") {
  CHECK(connection_names(Fields{{"connection", "a"}, {"CONNECTION", "b, Close"}}, "close"));
  CHECK(!connection_names(Fields{{"Connection", "closed"}, {"X", "close"}}, "close"));
}

TEST_CASE("request: a Connection line full of names is no way to keep the server busy") {
  // 13,000 different names and 1000 fields: compared pair by pair, that was thirteen million comparisons a request.
  std::string options;
  for (int n = 0; n < 13000; ++n) options += std::to_string(n) + ",";
  Fields fields{{"Connection", options}};
  for (int n = 0; n < 1000; ++n) fields.push_back({"55555x", "1"});
  std::string out;
  append_request_headers(fields, plain_hop(), out);
  CHECK(out.find("55555x: 1\r\n") != std::string::npos);
  fields.push_back({"12999", "1"});
  std::string more;
  append_request_headers(fields, plain_hop(), more);
  CHECK(more == out);
}

}  // namespace
}  // namespace martd::wire
