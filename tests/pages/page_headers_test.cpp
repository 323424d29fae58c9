#include "pages/page_headers.h"

#include <doctest/doctest.h>

#include "wire/entity_tags.h"

namespace martd::pages {
namespace {

using Fields = std::vector<wire::Field>;

const PageTags& tags() {
  static const PageTags kTags("/client.js");
  return kTags;
}
constexpr ScriptPlace kScript{false, "site.example", "/client.js"};

std::string shown(const std::vector<wire::Field>& fields) {
  std::string text;
  for (const wire::Field& field : fields) {
    if (!text.empty()) text += '|';
    text += std::string(field.name) + ": " + std::string(field.value);
  }
  return text;
}

std::string request(const Fields& fields, bool may_be_page = true, std::string_view method = "GET") {
  return shown(edit_page_request(method, fields, may_be_page, tags()).lines.fields);
}
bool has_page(const Fields& fields, std::string_view method = "GET") {
  return edit_page_request(method, fields, true, tags()).has_page;
}

TEST_CASE("page tags: ours are weak, and lead back to the upstream's exactly") {
  for (const char* etag : {"\"abc\"", "W/\"abc\"", "\"\"", "W/\"\"", "\"a-m12345678\"", "\"abc-gzip\"", "\"a,b\"",
                           "\"\xC3\xBC\"", "\"W/x\""}) {
    CAPTURE(etag);
    const std::string ours = tags().mark(etag);
    CHECK(ours.starts_with("W/\""));
    CHECK(wire::is_entity_tag(ours));
    CHECK(ours != etag);
    REQUIRE(tags().original(ours));
    CHECK(tags().original(ours)->etag == etag);
    // Compared as the strong tag that some clients make of it.
    CHECK(tags().original(ours.substr(2))->etag == etag);
    CHECK(!tags().original(etag));
  }
  CHECK(tags().mark("\"abc\"") != tags().mark("W/\"abc\""));
  for (const char* none : {"", "abc", "\"abc", "abc\"", "\"a\"b\"", "\"a b\"", "w/\"abc\"", "W/abc", "\""}) {
    CAPTURE(none);
    CHECK(tags().mark(none) == "");
  }
}

TEST_CASE("page tags: of a date, where there is no tag") {
  const std::string date = "Tue, 15 Nov 1994 12:45:26 GMT";
  const std::string ours = tags().mark_date(date);
  CHECK(ours.starts_with("W/\"Tue,_15_Nov_1994_12:45:26_GMT-d"));
  REQUIRE(tags().original(ours));
  CHECK(tags().original(ours)->etag == "");
  CHECK(tags().original(ours)->last_modified == date);
  CHECK(tags().mark_date("") == "");
  CHECK(tags().mark_date("\"") == "");
}

TEST_CASE("page tags: those of another script are strange") {
  const PageTags other("/push/client.js");
  CHECK(!tags().original(other.mark("\"abc\"")));
  CHECK(other.original(other.mark("\"abc\""))->etag == "\"abc\"");
  // The mark is the same tomorrow: this one is on some browser's disk.
  CHECK(tags().mark("\"abc\"") == "W/\"abc-m37cedc04\"");
}

TEST_CASE("page tags: lists") {
  std::string_view list = " ,\"a,b\" , W/\"c\",d e,,\"f\",* , \"open";
  std::string taken;
  for (std::string_view tag; !(tag = wire::next_entity_tag(list)).empty();) taken += "<" + std::string(tag) + ">";
  CHECK(taken == "<\"a,b\"><W/\"c\"><d e><\"f\"><*><\"open>");
}

TEST_CASE("page request: only codings that can be read are asked for") {
  const auto asked = [](std::string_view accept) { return request({{"Accept-Encoding", accept}}).substr(17); };
  CHECK(asked("gzip, deflate, br, zstd") == "gzip, deflate, br");
  CHECK(asked("zstd;q=1.0,gzip;q=0.5, x-gzip") == "gzip;q=0.5, x-gzip");
  CHECK(asked("br") == "br");
  CHECK(asked("zstd, dcb") == "identity");
  CHECK(asked("*") == "gzip, deflate, br");
  CHECK(asked("gzip, *;q=0") == "gzip");
  CHECK(asked("identity;q=0, zstd") == "identity;q=0");
  CHECK(asked("") == "identity");
  CHECK(request({{"Accept-Encoding", "zstd"}}, false) == "Accept-Encoding: zstd");
  CHECK(request({{"A", "1"}}) == "A: 1");
}

// `br;q=0` in one line and `*` in the next asked the site for brotli.
TEST_CASE("page request: the lines of an Accept-Encoding are one list") {
  CHECK(request({{"Accept-Encoding", "br;q=0"}, {"A", "1"}, {"accept-encoding", "*, gzip"}}) ==
        "Accept-Encoding: br;q=0, gzip|A: 1");
  CHECK(request({{"Accept-Encoding", "zstd"}, {"Accept-Encoding", "gzip"}}) == "Accept-Encoding: gzip");
  CHECK(request({{"Accept-Encoding", "zstd"}, {"Accept-Encoding", "gzip"}}, false) ==
        "Accept-Encoding: zstd|Accept-Encoding: gzip");
}

TEST_CASE("page request: our tags become the upstream's, those of the page without the script are left out") {
  const std::string ours = tags().mark("\"a\"");
  const std::string weak = tags().mark("W/\"b\"");
  CHECK(request({{"If-None-Match", ours}}) == "If-None-Match: \"a\"");
  CHECK(request({{"If-None-Match", weak}}) == "If-None-Match: W/\"b\"");
  CHECK(request({{"If-None-Match", ours + ", \"strange\" ," + weak}}) == "If-None-Match: \"a\", W/\"b\"");
  CHECK(request({{"If-None-Match", "\"strange\""}, {"A", "1"}}) == "A: 1");
  CHECK(request({{"If-None-Match", "*"}}) == "");
  // A front that packs pages marks our tag as its own.
  CHECK(request({{"If-None-Match", ours.substr(0, ours.size() - 1) + "-gzip\""}}) == "If-None-Match: \"a\"");
  CHECK(has_page({{"If-None-Match", ours}}));
  CHECK(!has_page({{"If-None-Match", "\"a\""}}));
  CHECK(!has_page({{"If-None-Match", ours}}, "PUT"));
  // Where it is no page, nothing is left out.
  CHECK(request({{"If-None-Match", "\"a\",\"b\""}, {"If-Modified-Since", "x"}}, false) ==
        "If-None-Match: \"a\",\"b\"|If-Modified-Since: x");
  CHECK(request({{"If-None-Match", "*"}}, true, "PUT") == "If-None-Match: *");
}

TEST_CASE("page request: If-Match of ours is the upstream's again") {
  const std::string ours = tags().mark("\"a\"");
  CHECK(request({{"If-Match", ours}}, true, "PUT") == "If-Match: \"a\"");
  CHECK(request({{"If-Match", "\"x\" , \"y\""}}, true, "PUT") == "If-Match: \"x\" , \"y\"");
  CHECK(request({{"If-Match", "\"x\""}}) == "If-Match: \"x\"");
}

TEST_CASE("page request: a date is asked with only for the page with the script") {
  const std::string date = "Tue, 15 Nov 1994 12:45:26 GMT";
  const std::string ours = tags().mark_date(date);
  CHECK(request({{"If-Modified-Since", date}}) == "");
  CHECK(request({{"If-None-Match", ours}}) == "If-Modified-Since: " + date);
  CHECK(request({{"If-None-Match", ours}, {"If-Modified-Since", "another"}}) == "If-Modified-Since: " + date);
  CHECK(request({{"If-Modified-Since", "another"}, {"If-None-Match", ours}}) == "If-Modified-Since: " + date);
  CHECK(request({{"If-None-Match", tags().mark("\"a\"")}, {"If-Modified-Since", date}}) ==
        "If-None-Match: \"a\"|If-Modified-Since: " + date);
  CHECK(has_page({{"If-None-Match", ours}}));
}

TEST_CASE("page request: parts of the two pages are not put together") {
  CHECK(request({{"Range", "bytes=5-"}, {"If-Range", tags().mark("\"a\"")}}) == "");
  CHECK(request({{"Range", "bytes=5-"}, {"If-Range", "\"a\""}}) == "Range: bytes=5-|If-Range: \"a\"");
  CHECK(request({{"Range", "bytes=5-"}}) == "Range: bytes=5-");
}

TEST_CASE("page request: what a browser asks for") {
  for (const char* page : {"document", "iframe", "frame", "embed", "object", "empty", ""})
    CHECK(may_ask_for_page(Fields{{"sec-fetch-dest", page}}));
  CHECK(may_ask_for_page(Fields{}));
  for (const char* other : {"image", "script", "style", "font", "video", "worker", "manifest"})
    CHECK(!may_ask_for_page(Fields{{"Sec-Fetch-Dest", other}}));
}

bool is_page(int status, const Fields& fields, bool no_transform = false) {
  return find_page(status, fields, no_transform, kScript).has_value();
}

TEST_CASE("page: whole HTML responses") {
  const Fields html{{"Content-Type", "text/html"}};
  for (const int status : {200, 201, 203, 400, 404, 410, 500, 503}) CHECK(is_page(status, html));
  for (const int status : {100, 101, 103, 204, 205, 206, 301, 302, 304}) CHECK(!is_page(status, html));
  for (const char* type : {"text/html; charset=utf-8", "TEXT/HTML", "text/html;charset=\"Shift_JIS\"", "text/html ;",
                           "text/html; charset=windows-1252; x=y"}) {
    CAPTURE(type);
    CHECK(is_page(200, {{"content-type", type}}));
  }
  for (const char* type : {"", "text/plain", "application/xhtml+xml", "text/htmlx", "text/html, text/plain",
                           "multipart/mixed; boundary=text/html", "text/html; charset=utf-16",
                           "text/html; charset=\"UTF-16LE\"", "text/html;charset=iso-2022-jp", "application/json"}) {
    CAPTURE(type);
    CHECK(!is_page(200, {{"content-type", type}}));
  }
  CHECK(!is_page(200, {}));
  CHECK(!is_page(200, {{"Content-Type", "text/html"}, {"Content-Type", "text/html"}}));
}

TEST_CASE("page: what is left alone") {
  const auto with = [](std::string_view name, std::string_view value) {
    return is_page(200, {{"Content-Type", "text/html"}, {name, value}});
  };
  CHECK(!with("Content-Disposition", "attachment; filename=a.html"));
  CHECK(!with("Content-Disposition", "ATTACHMENT"));
  CHECK(!with("Content-Disposition", "form-data"));
  CHECK(with("Content-Disposition", "inline; filename=attachment.html"));
  CHECK(!with("Cache-Control", "no-cache, No-Transform"));
  CHECK(with("Cache-Control", "no-cache, x=no-transform"));
  CHECK(!is_page(200, {{"Content-Type", "text/html"}}, true));
  CHECK(!with("Content-Encoding", "zstd"));
  CHECK(!with("Content-Encoding", "gzip, br"));
  CHECK(with("Content-Encoding", "gzip"));
  CHECK(!with("Content-Range", "bytes 0-1/2"));
  CHECK(!with("Content-Length", "0"));
  CHECK(!with("Content-Security-Policy", "script-src 'none'"));
  CHECK(with("Content-Security-Policy-Report-Only", "script-src 'none'"));
  CHECK(find_page(200, Fields{{"Content-Type", "text/html"}, {"content-encoding", "BR"}}, false, kScript)->coding ==
        Coding::br);
  CHECK(edit_page_request("GET", Fields{{"Cache-Control", "max-age=0, no-transform"}}, true, tags()).no_transform);
}

std::string response(const Fields& fields) {
  Fields all{{"Content-Type", "text/html"}};
  all.insert(all.end(), fields.begin(), fields.end());
  const auto page = find_page(200, all, false, kScript);
  REQUIRE(page);
  const std::string lines = shown(edit_page_response(all, *page, tags()).fields);
  return lines == "Content-Type: text/html" ? "" : lines.substr(24);
}

TEST_CASE("page response: what no longer holds is taken off") {
  for (const char* name : {"Content-Length", "accept-ranges", "Content-MD5", "Digest", "Repr-Digest", "Content-Digest"})
    CHECK(response({{name, "x"}, {"A", "1"}}) == "A: 1");
  CHECK(
      response({{"Content-Encoding", "gzip"}, {"vary", "Accept-Encoding"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}}) ==
      "Content-Encoding: gzip|vary: Accept-Encoding|Set-Cookie: a|Set-Cookie: b");
}

TEST_CASE("page response: the entity tag is ours") {
  CHECK(response({{"ETAG", "\"a\""}, {"Last-Modified", "x y"}}) ==
        "ETAG: " + tags().mark("\"a\"") + "|Last-Modified: x y");
  CHECK(response({{"ETag", "W/\"a\""}}) == "ETag: " + tags().mark("W/\"a\""));
  CHECK(response({{"Last-Modified", "x y"}}) == "Last-Modified: x y|ETag: " + tags().mark_date("x y"));
  CHECK(response({{"ETag", "none"}}) == "");
  CHECK(response({{"ETag", "\"a\""}, {"ETag", "\"b\""}}) == "ETag: " + tags().mark("\"a\""));
}

TEST_CASE("page response: each line of a policy gets what it needs") {
  const Fields fields{{"Content-Type", "text/html"},
                      {"Content-Security-Policy-Report-Only", "script-src https://a"},
                      {"Content-Security-Policy", "script-src 'nonce-x'"},
                      {"content-security-policy", "default-src 'self'"},
                      {"Content-Security-Policy-Report-Only", "script-src 'none'"},
                      {"Content-Security-Policy", "script-src https://b"}};
  const auto page = find_page(200, fields, false, kScript);
  REQUIRE(page);
  CHECK(page->nonce == "x");
  CHECK(shown(edit_page_response(fields, *page, tags()).fields) ==
        "Content-Type: text/html|Content-Security-Policy-Report-Only: script-src https://a site.example/client.js|"
        "Content-Security-Policy: script-src 'nonce-x'|content-security-policy: default-src 'self'|"
        "Content-Security-Policy-Report-Only: script-src 'none'|"
        "Content-Security-Policy: script-src https://b site.example/client.js");
  Fields forbidden = fields;
  forbidden.push_back({"Content-Security-Policy", "sandbox"});
  CHECK(!find_page(200, forbidden, false, kScript));
}

TEST_CASE("page response: a 304 is for the page with the script") {
  const Fields fields{{"ETag", "\"a\""}, {"Content-Security-Policy", "script-src https://b"}};
  const auto page = find_revalidated(fields, kScript);
  REQUIRE(page);
  CHECK(shown(edit_page_response(fields, *page, tags()).fields) ==
        "ETag: " + tags().mark("\"a\"") + "|Content-Security-Policy: script-src https://b site.example/client.js");
}

TEST_CASE("page response: the lines stay where they are when they are moved") {
  const Fields fields{{"Content-Type", "text/html"}, {"ETag", "\"a\""}};
  EditedFields lines = edit_page_response(fields, *find_page(200, fields, false, kScript), tags());
  const EditedFields moved = std::move(lines);
  CHECK(moved.fields[1].value == tags().mark("\"a\""));
}

TEST_CASE("page memory: the newest answer counts") {
  PageMemory memory;
  CHECK(!memory.left_alone("a", "/x"));
  memory.note("a", "/x", false);
  CHECK(memory.left_alone("a", "/x"));
  CHECK(!memory.left_alone("b", "/x"));
  CHECK(!memory.left_alone("a", "/y"));
  memory.note("a", "/x", true);
  CHECK(!memory.left_alone("a", "/x"));
  for (int n = 0; n < 100000; ++n) memory.note("a", "/" + std::to_string(n), false);
  CHECK(memory.left_alone("a", "/99999"));
}

}  // namespace
}  // namespace martd::pages
