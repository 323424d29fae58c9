#include "pages/html_inert.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"

namespace martd::pages {
namespace {

/// Start tags that end SVG and MathML wherever they stand (WHATWG HTML, section 13.2.6.5).
constexpr auto kBreakOut = std::to_array<std::string_view>(
    {"b",     "big",   "blockquote", "body",   "br",   "center", "code",  "dd", "div",  "dl",   "dt",
     "em",    "embed", "h1",         "h2",     "h3",   "h4",     "h5",    "h6", "head", "hr",   "i",
     "img",   "li",    "listing",    "menu",   "meta", "nobr",   "ol",    "p",  "pre",  "ruby", "s",
     "small", "span",  "strong",     "strike", "sub",  "sup",    "table", "tt", "u",    "ul",   "var"});

constexpr auto kMathTexts = std::to_array<std::string_view>({"mi", "mn", "mo", "ms", "mtext"});
constexpr auto kSvgPoints = std::to_array<std::string_view>({"desc", "foreignobject", "title"});

bool is_one_of(std::string_view name, const auto& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool breaks_out(const HtmlTokenizer::Tag& tag) {
  if (tag.end) return tag.name == "p" || tag.name == "br";
  return is_one_of(tag.name, kBreakOut) ||
         (tag.name == "font" && (tag.has("color") || tag.has("face") || tag.has("size")));
}

}  // namespace

HtmlTokenizer::Text text_of(std::string_view element) {
  using Text = HtmlTokenizer::Text;
  if (element == "title" || element == "textarea") return Text::rcdata;
  if (element == "script") return Text::script;
  if (element == "plaintext") return Text::plaintext;
  constexpr auto kRaw = std::to_array<std::string_view>({"style", "noscript", "noframes", "noembed", "iframe", "xmp"});
  return is_one_of(element, kRaw) ? Text::rawtext : Text::data;
}

void HtmlInert::tag(const HtmlTokenizer::Tag& tag, HtmlTokenizer& tokenizer) {
  if (foreign() && breaks_out(tag))
    while (foreign()) open_.pop_back();
  if (tag.end)
    end(tag);
  else
    start(tag, tokenizer);
  tokenizer.set_cdata(foreign());
}

void HtmlInert::start(const HtmlTokenizer::Tag& tag, HtmlTokenizer& tokenizer) {
  const bool is_math_text = open_.back().kind == Kind::html_point && is_one_of(open_.back().name, kMathTexts);
  if (!foreign() && !(is_math_text && (tag.name == "mglyph" || tag.name == "malignmark"))) {
    if (tag.name == "template") begin_template();
    if ((tag.name == "svg" || tag.name == "math") && !tag.self_closing)
      open_.push_back({tag.name, tag.name == "svg" ? Kind::svg : Kind::math});
    if (const auto text = text_of(tag.name); text != HtmlTokenizer::Text::data) tokenizer.read_as(text);
    return;
  }
  if (tag.self_closing) return;
  Kind kind = is_math_text ? Kind::math : open_.back().kind;
  if (kind == Kind::svg && is_one_of(tag.name, kSvgPoints)) kind = Kind::html_point;
  if (kind == Kind::math && is_one_of(tag.name, kMathTexts)) kind = Kind::html_point;
  if (kind == Kind::math && tag.name == "annotation-xml") {
    const std::string_view encoding = tag.attribute("encoding");
    if (iequals(encoding, "text/html") || iequals(encoding, "application/xhtml+xml")) kind = Kind::html_point;
  }
  open_.push_back({tag.name, kind});
}

void HtmlInert::end(const HtmlTokenizer::Tag& tag) {
  for (auto element = open_.rbegin(); element != open_.rend(); ++element) {
    if (element->name == tag.name) {
      open_.erase(element.base() - 1, open_.end());
      return;
    }
    if (element->kind == Kind::template_contents && tag.name != "template") return;
  }
}

}  // namespace martd::pages
