#pragma once

#include <string>
#include <vector>

#include "pages/html_tokenizer.h"

namespace martd::pages {

/// How an element's text is read, for a start tag of HTML's (WHATWG HTML, section 13.2.6, with scripting on).
HtmlTokenizer::Text text_of(std::string_view element);

/// What is open within a `<template>` in a page's head: nothing in it is the page's. Where SVG or MathML begins and
/// ends in it matters, as their `<style>` and `<script>` are read otherwise, and CDATA is theirs alone. Elements of
/// HTML are not kept track of, so with badly nested ones within SVG's `<foreignObject>` a browser may see its end
/// elsewhere.
class HtmlInert {
 public:
  bool open() const { return !open_.empty(); }
  void begin_template() { open_.push_back({"template", Kind::template_contents}); }
  /// A tag that ended while it is open.
  void tag(const HtmlTokenizer::Tag& tag, HtmlTokenizer& tokenizer);

 private:
  enum class Kind : unsigned char {
    template_contents,
    svg,
    math,
    html_point,  ///< an element of SVG's or MathML's that holds HTML
  };
  struct Element {
    std::string name;
    Kind kind;
  };
  bool foreign() const { return !open_.empty() && (open_.back().kind == Kind::svg || open_.back().kind == Kind::math); }
  void start(const HtmlTokenizer::Tag& tag, HtmlTokenizer& tokenizer);
  void end(const HtmlTokenizer::Tag& tag);

  std::vector<Element> open_;
};

}  // namespace martd::pages
