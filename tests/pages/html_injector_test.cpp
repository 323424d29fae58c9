#include "pages/html_injector.h"

#include <doctest/doctest.h>

#include <vector>

namespace martd::pages {
namespace {

HtmlInjector::Plan plan() {
  HtmlInjector::Plan plan;
  plan.src = "/push/client.js";
  plan.host = "site.example:8080";
  plan.path = "/blog/2026/post";
  return plan;
}

std::string fed(const std::vector<std::string_view>& pieces, const HtmlInjector::Plan& plan) {
  HtmlInjector injector(plan);
  std::string out;
  for (const std::string_view piece : pieces) injector.feed(piece, out);
  injector.finish(out);
  return out;
}

/// What the page becomes: whole, and cut anywhere, which comes to the same.
std::string injected(std::string_view page, const HtmlInjector::Plan& how = plan()) {
  const std::string whole = fed({page}, how);
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < page.size(); ++at) bytes.push_back(page.substr(at, 1));
  CHECK(fed(bytes, how) == whole);
  if (page.size() < 3000)
    for (std::size_t cut = 1; cut < page.size(); ++cut)
      if (fed({page.substr(0, cut), page.substr(cut)}, how) != whole) FAIL_CHECK("differs when cut at " << cut);
  return whole;
}

/// A page as it is written here has a `@` where the tag belongs, or none.
void check_page(std::string_view written) {
  CAPTURE(written);
  std::string page(written);
  const auto at = page.find('@');
  if (at != page.npos) page.erase(at, 1);
  REQUIRE(page.find('@') == page.npos);
  std::string wanted = page;
  if (at != page.npos) wanted.insert(at, HtmlInjector::tag(plan()));
  CHECK(injected(page) == wanted);
}

void check_pages(std::initializer_list<const char*> pages) {
  for (const char* page : pages) check_page(page);
}

TEST_CASE("inject: after <head>, whatever it looks like") {
  check_pages({
      "<!doctype html><html><head>@<title>a</title></head><body>b</body></html>",
      "<HTML><HEAD>@<TITLE>a</TITLE></HEAD><BODY></BODY></HTML>",
      "<html>\n<head\n>@\n</head>",
      "<html><head lang=en data-x='>' data-y=\"<head>\">@<title></title>",
      "<html><head/>@<title></title>",
      "<head>@",
      "<head>@</head><p>",
      "\xEF\xBB\xBF<!DOCTYPE html>\r\n<html><head>@</head>",
      "<html><head>@<p>hi",
      "<html><head>@ text",
      "<html><head>@&nbsp;",
  });
}

TEST_CASE("inject: where a browser opens the head by itself") {
  check_pages({
      "<!doctype html>@<title>a</title><p>b",
      "<!doctype html>\n\n@<meta name=a><p>b",
      "<!doctype html>@<p>b",
      "<!doctype html> @text",
      "<!doctype html>@<3",
      "<!doctype html>@<<p>",
      "<html>\n@<body>a",
      "<html><!-- <head> -->@<body>a",
      "<html><!--><head>@-->",
      "@<body onload=\"x('<head>')\">a",
      "<html>@<frameset><frame></frameset>",
      "<html>@</head><p>",
      "<html></p></div>@</body>",
      "<html>@</br>",
      "<!doctype html>@<script>x</script>",
      "<!doctype html>@<link rel=stylesheet href=a><p>",
      "<!doctype html>@<svg><title></title></svg>",
      "<!doctype html>@<header>not a head</header>",
      "<!doctype html>@<headx><head>",
      "<!doctype html>@",
      "<html>@",
      "@<title>only a title</title>",
      "@<base href=/a/>",
      "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"a\"><html><head>@</head>",
  });
}

TEST_CASE("inject: what only looks like a tag is none") {
  check_pages({
      "<!-- <head> --><html><head>@",
      "<!-- --!><html><head>@",
      "<!--><html><head>@",
      "<!---><html><head>@",
      "<!-- a -- <head> --->\n<html><head>@",
      "<!-- a --!- <head> --><html><head>@",
      "<!-- <!-- <head> --><html><head>@",
      "<!a <head <html><html><head>@<b>",
      "<![CDATA[ <html> ]]>",
      "<?php echo '<head'; ?><html><head>@",
      "</ <head><html><head>@",
      "</><html><head>@",
      "<!doctype html SYSTEM \"<head>@\"><html><head>",
      "<!DocType html \"><html><head>@",
      "<html title='<head>' data-a=\"<head>\" data-b=<head>@<title></title>",
      "<html a=\"'\" b='\"' c=d\"e f='>'><head>@<title></title>",
      "<html =\"a>@<body>",
      "<html a=>@<body>",
      "<html a = '>' b><head>@",
      "<html/a/><head>@",
      "<html a\"b><head>@",
  });
}

TEST_CASE("inject: a fragment is left alone") {
  check_pages({
      "",
      " \n",
      "text",
      "<p>a</p>",
      "<div><head></head></div>",
      "<li>1<li>2",
      "<script>a</script><html><head>",
      "<link rel=stylesheet href=a>",
      "<style>a</style>",
      "<!-- a comment --><p>",
      "<!-- a comment -->",
      "<template><html><head></head></html></template>",
      "<tr><td>",
      "<turbo-stream action=append>",
      "</p><p>",
      "</html>",
      "<",
      "<h",
      "&lt;html&gt;",
      "{\"html\":\"<html><head>\"}",
      "\xEF\xBB\xBFtext",
      "\xEF\xBB<html><head>",
      "<svg xmlns=a><title>b</title></svg>",
      "<htmlx><head>",
  });
}

TEST_CASE("inject: a document that isn't finished before its head is not touched") {
  check_pages({"<!doctype html><", "<!doctype html><!-- ", "<!doctype html><hea", "<!doctype", "<html lang",
               "<html><head lang='"});
}

TEST_CASE("inject: UTF-16 and ISO-2022-JP are left alone") {
  using namespace std::string_literals;
  for (const std::string& page :
       {"\xFF\xFE<\0h\0t\0m\0l\0>\0"s, "\xFE\xFF\0<\0h\0t\0m\0l\0>"s, "<\0!\0d\0o\0c\0"s,
        "<html><head><title>\x1B$B<head>\x1B(B</title></head>"s, "<html><!-- \x1B$B --><head>"s})
    CHECK(injected(page) == page);
}

TEST_CASE("inject: before whatever else loads, after the declaration of the encoding where it comes first") {
  check_pages({
      "<head><meta charset=utf-8>@<script src=a></script></head>",
      "<head>\n<title>a</title><!-- b --><META CharSet='utf-8'/>@\n<link href=a>",
      "<head><meta name=viewport content=a><meta http-equiv=Content-Type content=\"text/html; Charset=a\">@<script>",
      "<!doctype html><meta charset=utf-8>@<title>a</title><p>",
      "<head>@<meta http-equiv=content-type content=text/html><script>a</script>",
      "<head>@<script>a</script><meta charset=utf-8></head>",
      "<head>@<link rel=icon href=a><meta charset=utf-8></head>",
      "<head>@<style>a</style><meta charset=utf-8></head>",
      "<head><meta charset=utf-8>@<meta charset=latin1></head>",
      "<head>@<title><meta charset=utf-8></title><p>",
      "<head>@<!-- <meta charset=utf-8> --><p>",
      "<head>@<template><meta charset=utf-8></template></head>",
      "<head>@<noscript><meta charset=utf-8></noscript></head>",
      "<head>@</head><meta charset=utf-8><body>",
  });
}

TEST_CASE("inject: before <base> and before a policy in a <meta>") {
  check_pages({
      "<head>@<base href='//cdn.example/'><meta charset=utf-8></head>",
      "<head><meta charset=utf-8>@<base href='//cdn.example/'></head>",
      "<head>@<base target=_top></head>",
      "<head>@<meta http-equiv=content-security-policy content=\"script-src 'none'\"><meta charset=utf-8></head>",
      "<head><meta charset=utf-8>@<meta http-equiv='Content-Security-Policy' content=\"default-src 'self'\"></head>",
  });
}

TEST_CASE("inject: the declaration of the encoding stays in the first 1024 bytes") {
  const std::string tag = HtmlInjector::tag(plan());
  const std::string meta = "<meta charset=utf-8>";
  const auto page = [&](const std::string& begin, std::size_t end_of_meta) {
    return begin + "<!--" + std::string(end_of_meta - begin.size() - meta.size() - 7, 'x') + "-->" + meta + "</head>";
  };
  // There is room: the tag comes before the script.
  std::string roomy = page("<head><script>a</script>", 1024 - tag.size());
  CHECK(injected(roomy) == "<head>" + tag + roomy.substr(6));
  // There is none: it comes after the declaration.
  std::string tight = page("<head><script>a</script>", 1024 - tag.size() + 1);
  CHECK(injected(tight) == tight.substr(0, tight.size() - 7) + tag + "</head>");
  tight = page("<head><script>a</script>", 1024);
  CHECK(injected(tight) == tight.substr(0, tight.size() - 7) + tag + "</head>");
  // The declaration is too far away already.
  std::string far = page("<head><script>a</script>", 1025);
  CHECK(injected(far) == "<head>" + tag + far.substr(6));
  // What must come after the tag outranks it: browsers read a late declaration, too, if with more work.
  std::string base = page("<head><base href=//a/>", 1024);
  CHECK(injected(base) == "<head>" + tag + base.substr(6));
}

TEST_CASE("inject: not where the head has the script") {
  for (const char* src : {"/push/client.js", "'/push/client.js?v=1'", "\"/push/client.js?a=1&amp;b=2#c\"",
                          "http://site.example:8080/push/client.js", "//site.example:8080/push/client.js",
                          "HTTPS://SITE.example:8080/push/client.js", "../../push/client.js", "'  /push/client.js\n'",
                          "/push/./x/../client.js", "&#x2F;push&#47;client&period;js", "/%70ush/client.js"}) {
    CAPTURE(src);
    for (const std::string& around :
         {"<html><head><title>a</title><script src=" + std::string(src) + "></script></head><body>",
          "<!doctype html><meta charset=utf-8><SCRIPT TYPE=text/javascript defer SRC=" + std::string(src) +
              "></SCRIPT><p>",
          "<head></head><script type=module src=" + std::string(src) + "></script><body>",
          "<head><style>a</style><script>b</script><noscript>c</noscript><template>d</template><script async src=" +
              std::string(src) + "></script></head>"})
      CHECK(injected(around) == around);
  }
}

TEST_CASE("inject: another script is not ours") {
  for (const char* src :
       {"/client.js", "/push/client.jsx", "client.js", "push/client.js", "//other.example/push/client.js",
        "http://site.example/push/client.js", "http://site.example:8081/push/client.js", "/PUSH/client.js", "\"\"",
        "data:,/push/client.js", "?/push/client.js", "#/push/client.js", "'/push/cli ent.js'", "//[/push/client.js"}) {
    const std::string text = src;
    CAPTURE(text);
    check_page("<head>@<script src=" + text + "></script></head>");
  }
  check_pages({
      "<head>@<script type=text/plain src=/push/client.js></script></head>",
      "<head>@<script type=importmap src=/push/client.js></script></head>",
      "<head>@<script nomodule src=/push/client.js></script></head>",
      "<head>@<script data-src=/push/client.js></script></head>",
      "<head>@<script src=/a src=/push/client.js></script></head>",
      "<head>@<link rel=preload href=/push/client.js></head>",
      "<head>@</head><body><script src=/push/client.js></script>",
      "<head>@<p><script src=/push/client.js></script>",
      "<head>@x<script src=/push/client.js></script>",
      "<head>@<base href=//other.example/><script src=/push/client.js></script></head>",
  });
  check_page("<head>@<base href=/push/><base href=/x/><script src=x/client.js></script></head>");
  const std::string moved = "<head><base href='/push/'><base href=/x/><script src=client.js></script></head>";
  CHECK(injected(moved) == moved);
  const std::string absolute =
      "<head><base href=//cdn.example/><script src=//site.example:8080/push/client.js></script>";
  CHECK(injected(absolute) == absolute);
}

TEST_CASE("inject: a script that stands in text, in a comment or in a template is not there") {
  const std::string ours = "<script src=/push/client.js></script>";
  for (const std::string& hidden : std::initializer_list<std::string>{
           "<!-- " + ours + " -->",
           "<title>" + ours + "</title>",
           "<title></titl>" + ours + "</title >",
           "<title><!--</title><title>" + ours + "</title>",
           "<style>" + ours + "</style\n a='>'>",
           "<style><!-- </style><!-- " + ours + " -->",
           "<noscript>" + ours + "</noscript>",
           "<noframes>" + ours + "</NOFRAMES/>",
           "<script>\"" + ours.substr(0, 28) + "\"</script>",
           "<script><!-- <script>" + ours + " --></script>",
           "<script><!-- <script >" + ours + ours + "--></script>",
           "<script><!--<script/></script>" + ours + "</script>",
           "<script><!-- <scriptx></script><!--" + ours + "-->",
           "<script><!- <script></script><!--" + ours + "-->",
           "<script><!-- --> <script></script><!--" + ours + "-->",
           "<script><!--><script></script><!--" + ours + "-->",
           "<script></scriptx></script\t><!--" + ours + "-->",
           "<template>" + ours + "</template>",
           "<template><template>" + ours + "</template>" + ours + "</template>",
           "<template><p></div></html></body>" + ours + "</template>",
           "<template><script></template></script>" + ours + "</template>",
           "<template><style></template></style>" + ours + "</template>",
           "<template><svg><style></svg></template><!--" + ours + "-->",
           "<template><svg><![CDATA[</template>" + ours + "]]></svg></template>",
           "<template><![CDATA[></template><!--" + ours + "-->",
           "<template><math><mi><![CDATA[></template><!--" + ours + "-->",
           "<template><math><![CDATA[ > </template>]]>" + ours + "</math></template>",
           "<template><svg><foreignObject><style></foreignObject></svg></template></style>" + ours + "</template>",
           "<template><svg><title><style></title></template></style></template>",
           "<template><svg><p><style></template></style>" + ours + "</template>",
           "<template><svg/><style></template></style>" + ours + "</template>",
           "<template><svg><g/><style/></svg><style></template></style>" + ours + "</template>",
           "<template><svg><template></template>" + ours + "</svg>" + ours + "</template>",
           "<template><textarea></template></textarea>" + ours + "</template>",
       }) {
    check_page("<!doctype html><head>@" + hidden + "</head><body>");
    // And the one that is there is seen.
    const std::string there = "<!doctype html><head>" + hidden + ours + "</head><body>";
    CAPTURE(there);
    CHECK(injected(there) == there);
  }
  check_page("<head>@<template><plaintext></template>" + ours);
}

TEST_CASE("inject: the head is looked at for 64 KiB") {
  const std::string tag = HtmlInjector::tag(plan());
  const std::string ours = "<script src=/push/client.js></script>";
  const auto page = [&](std::size_t filling) {
    return "<head><style>" + std::string(filling, 'x') + "</style>" + ours + "</head>";
  };
  const std::size_t around = std::string("<style></style>").size() + ours.size() - std::string("</script>").size();
  std::string near = page(HtmlInjector::kLook - around);
  CHECK((fed({near}, plan()) == near));
  std::string far = page(HtmlInjector::kLook - around + 1);
  CHECK((fed({far}, plan()) == "<head>" + tag + far.substr(6)));
  std::string cut = far;
  HtmlInjector injector(plan());
  std::string out;
  for (const char c : far) {
    const std::size_t before = out.size();
    injector.feed(std::string_view(&c, 1), out);
    CHECK_MESSAGE((before == 0 || out.size() > before || out.size() == 6), before);
  }
  injector.finish(out);
  CHECK((out == "<head>" + tag + far.substr(6)));
}

TEST_CASE("inject: before the head nothing is held back but the beginning of a tag") {
  HtmlInjector injector(plan());
  std::string out;
  const std::string comment =
      "<!doctype html><!--" + std::string(300000, 'x') + "--><html lang=" + std::string(300000, 'y');
  injector.feed(comment, out);
  CHECK((out == comment));
  injector.feed("><hea", out);
  CHECK((out == comment + ">"));
  injector.feed("d", out);
  CHECK((out == comment + ">"));
  injector.feed("><p", out);
  CHECK((out == comment + "><head>"));
  injector.feed(">", out);
  CHECK((out == comment + "><head>" + HtmlInjector::tag(plan()) + "<p>"));
  CHECK(injector.done());
}

TEST_CASE("inject: a name without end is nothing to keep") {
  const std::string long_name = "<!doctype html><" + std::string(300000, 'x');
  HtmlInjector injector(plan());
  std::string out;
  injector.feed(long_name, out);
  CHECK(injector.done());
  CHECK((out == "<!doctype html>" + HtmlInjector::tag(plan()) + long_name.substr(15)));
}

TEST_CASE("inject: after the head all is passed on at once and unread") {
  HtmlInjector injector(plan());
  std::string out;
  injector.feed("<!doctype html><title>a</title><p>", out);
  CHECK(injector.injected());
  CHECK(injector.done());
  out.clear();
  injector.feed("<head><scr", out);
  CHECK(out == "<head><scr");
}

TEST_CASE("inject: the tag says where the page stood, brings the nonce, and is escaped") {
  HtmlInjector::Plan full = plan();
  full.cursor = "a=1&b\"><script>=2";
  full.nonce = "q\"r";
  CHECK(HtmlInjector::tag(full) ==
        "<script src=\"/push/client.js\" data-cursor=\"a=1&amp;b&quot;&gt;&lt;script&gt;=2\" nonce=\"q&quot;r\">"
        "</script>");
  CHECK(injected("<head></head>", full) == "<head>" + HtmlInjector::tag(full) + "</head>");
  CHECK(HtmlInjector::tag(plan()) == "<script src=\"/push/client.js\"></script>");
}

TEST_CASE("inject: without knowing the page's place, its own paths are still known") {
  HtmlInjector::Plan bare;
  bare.src = "/client.js";
  for (const char* src : {"/client.js", "client.js", "./client.js?x", "/a/../client.js"}) {
    const std::string page = "<head><script src=" + std::string(src) + "></script></head>";
    CHECK(injected(page, bare) == page);
  }
  const std::string other = "<head><script src=//a.example/client.js></script></head>";
  CHECK(injected(other, bare) == "<head>" + HtmlInjector::tag(bare) + other.substr(6));
}

TEST_CASE("inject: a path that is no URL's leaves the absolute ones known") {
  HtmlInjector::Plan odd = plan();
  odd.path = "/a b|\"<>/c";
  const std::string page = "<head><script src=/push/client.js></script></head>";
  CHECK(injected(page, odd) == page);
}

}  // namespace
}  // namespace martd::pages
