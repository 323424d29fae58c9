#include "pages/page_stream.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace martd::pages {
namespace {

constexpr Coding kAll[] = {Coding::identity, Coding::gzip, Coding::deflate, Coding::br};
constexpr std::string_view kPage = "<!doctype html><html><head><title>a</title></head><body>b</body></html>";
constexpr std::string_view kFragment = "<li>one</li><li>two</li>";

HtmlInjector::Plan plan() {
  HtmlInjector::Plan plan;
  plan.src = "/client.js";
  return plan;
}
std::string tag() { return HtmlInjector::tag(plan()); }

std::string with_tag(std::string_view page, std::size_t at) {
  return std::string(page.substr(0, at)) + tag() + std::string(page.substr(at));
}

std::string encoded(Coding coding, std::string_view text) {
  Encoder encoder(coding);
  std::string out;
  encoder.write(text, out);
  encoder.finish(out);
  return out;
}

std::string decoded(Coding coding, std::string_view bytes) {
  Decoder decoder(coding);
  std::string text;
  while (decoder.step(bytes, text) == Decoder::Status::more) continue;
  return text;
}

/// All that is put out for one piece.
PageStream::Status feed_all(PageStream& stream, std::string_view piece, std::string& out) {
  auto status = PageStream::Status::more;
  while (status == PageStream::Status::more) status = stream.feed(piece, out);
  return status;
}

struct Passed {
  std::string out;
  PageStream::Fate fate{};
  PageStream::Status end{};
};

Passed pass(Coding coding, std::string_view bytes, std::size_t piece) {
  PageStream stream(coding, plan());
  Passed passed;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    passed.end = feed_all(stream, bytes.substr(0, piece), passed.out);
    if (passed.end == PageStream::Status::corrupt) return passed;
    if (stream.fate() == PageStream::Fate::open) CHECK(passed.out.empty());
  }
  passed.end = stream.finish(passed.out);
  passed.fate = stream.fate();
  return passed;
}

TEST_CASE("page: a page gets the tag in whatever coding it comes, however it is cut") {
  for (const Coding coding : kAll)
    for (const std::size_t piece : {1, 2, 5, 100000}) {
      CAPTURE(static_cast<int>(coding));
      CAPTURE(piece);
      const Passed passed = pass(coding, encoded(coding, kPage), piece);
      CHECK(passed.fate == PageStream::Fate::injected);
      CHECK(passed.end == PageStream::Status::hungry);
      CHECK(decoded(coding, passed.out) == with_tag(kPage, 27));
    }
}

TEST_CASE("page: what gets no tag goes on byte for byte, as it was encoded") {
  std::string has_it = "<head><script src=/client.js></script></head>" + std::string(100000, 'x');
  for (const std::string& text : {std::string(kFragment), has_it, std::string("<p>") + std::string(300000, 'y')})
    for (const Coding coding : kAll)
      for (const std::size_t piece : {1000, 1, 1000000}) {
        const std::string bytes = encoded(coding, text);
        if (piece == 1 && bytes.size() > 20000) continue;
        const Passed passed = pass(coding, bytes, piece);
        CHECK(passed.fate == PageStream::Fate::untouched);
        CHECK((passed.out == bytes));
      }
}

TEST_CASE("page: nothing at all stays nothing") {
  for (const Coding coding : kAll) {
    const Passed passed = pass(coding, "", 1);
    CHECK(passed.fate == PageStream::Fate::untouched);
    CHECK(passed.out.empty());
  }
}

TEST_CASE("page: what the site flushed can be read at once") {
  for (const Coding coding : kAll) {
    PageStream stream(coding, plan());
    Encoder site(coding);
    Decoder browser(coding);
    const auto sent = [&](std::string_view text) {
      std::string bytes;
      site.write(text, bytes);
      site.flush(bytes);
      std::string out;
      CHECK(feed_all(stream, bytes, out) == PageStream::Status::hungry);
      std::string seen;
      std::string_view input = out;
      CHECK(browser.step(input, seen) == Decoder::Status::hungry);
      return seen;
    };
    CHECK(sent("<!doctype html><title>a</title>") == "");
    CHECK(sent("<p>1") == "<!doctype html>" + tag() + "<title>a</title><p>1");
    CHECK(sent("<p>2") == "<p>2");
    CHECK(sent("<") == "<");
  }
}

TEST_CASE("page: a body that isn't in its coding goes on as it came") {
  for (const Coding coding : {Coding::gzip, Coding::br})
    for (const std::size_t piece : {1, 100000}) {
      const Passed passed = pass(coding, kPage, piece);
      CHECK(passed.fate == PageStream::Fate::untouched);
      CHECK(passed.out == kPage);
    }
  // The same where it is not whole, and nothing was put out.
  const std::string bytes = encoded(Coding::gzip, kPage);
  const Passed cut = pass(Coding::gzip, bytes.substr(0, 30), 100);
  CHECK(cut.out == bytes.substr(0, 30));
  CHECK(cut.end == PageStream::Status::hungry);
}

TEST_CASE("page: one that breaks after some was put out has no tidy end") {
  std::string page(kPage);
  unsigned state = 1;
  for (int n = 0; n < 30000; ++n) page += static_cast<char>('a' + (state = state * 1103515245U + 12345U) / 65536 % 26);
  std::string bytes = encoded(Coding::gzip, page);
  CHECK(pass(Coding::gzip, bytes.substr(0, bytes.size() - 3), 4000).end == PageStream::Status::corrupt);
  bytes[bytes.size() - 6] = static_cast<char>(~bytes[bytes.size() - 6]);
  CHECK(pass(Coding::gzip, bytes, 4000).end == PageStream::Status::corrupt);
}

TEST_CASE("page: what isn't decided after 64 KiB counts as a page, and goes on") {
  PageStream stream(Coding::identity, plan());
  std::string out;
  const std::string comment = "<!doctype html><!--" + std::string(70000, 'x');
  std::string_view input = comment;
  while (stream.feed(input, out) == PageStream::Status::more) continue;
  CHECK(stream.fate() == PageStream::Fate::injected);
  CHECK((out == comment));
  feed_all(stream, "--><head>", out);
  feed_all(stream, "</head><body>", out);
  CHECK((out == comment + "--><head>" + tag() + "</head><body>"));
}

TEST_CASE("page: a small body that unpacks to much is never in memory as a whole") {
  // 8 MB of white space before the page are some 50 bytes as br.
  Encoder encoder(Coding::br);
  std::string bytes;
  const std::string spaces(1 << 20, ' ');
  for (int n = 0; n < 8; ++n) encoder.write(spaces, bytes);
  encoder.write(kPage, bytes);
  encoder.finish(bytes);
  PageStream stream(Coding::br, plan());
  std::string out;
  std::string_view input = bytes;
  int turns = 0;
  while (stream.feed(input, out) == PageStream::Status::more) ++turns;
  stream.finish(out);
  CHECK(turns >= 512);
  CHECK(out.size() < 100000);
  CHECK(stream.fate() == PageStream::Fate::injected);
}

}  // namespace
}  // namespace martd::pages
