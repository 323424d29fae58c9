#include "pages/html_injector.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "pages/script_url.h"

namespace martd::pages {
namespace {

using Event = HtmlTokenizer::Event;
using Tag = HtmlTokenizer::Tag;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr char kEscape = '\x1B';
/// Where browsers look for the declaration of the encoding: all of it must be within.
constexpr std::size_t kEncodingWithin = 1024;
constexpr std::size_t kLongestName = 64;  ///< of a tag; what is longer is none that we know

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A page that begins with one of these is no fragment.
bool begins_document(const Tag& tag) {
  return !tag.end && is_one_of(tag.name, {"html", "head", "body", "frameset", "title", "base", "meta"});
}

bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at)
    if (iequals(text.substr(at, word.size()), word)) return true;
  return false;
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out.append(name);
  out += "=\"";
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

}  // namespace

std::string HtmlInjector::tag(const Plan& plan) {
  std::string tag = "<script";
  append_attribute(tag, "src", plan.src);
  if (!plan.cursor.empty()) append_attribute(tag, "data-cursor", plan.cursor);
  if (!plan.nonce.empty()) append_attribute(tag, "nonce", plan.nonce);
  tag += "></script>";
  return tag;
}

HtmlInjector::HtmlInjector(Plan plan) : plan_(std::move(plan)), tag_(tag(plan_)) {}

void HtmlInjector::feed(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size() && phase_ != Phase::done) {
    at += skip(bytes.substr(at));
    if (at == bytes.size()) break;
    held_ += bytes[at];
    read(bytes[at]);
    ++at;
  }
  pass_on(out);
  out.append(bytes.substr(at));
}

void HtmlInjector::finish(std::string& out) {
  // A browser opens the head at the end of a page that has none.
  if (phase_ == Phase::prologue && document_ && tokenizer_.between()) at_ = held_.size();
  const bool inject = phase_ != Phase::prologue || (document_ && tokenizer_.between());
  if (phase_ != Phase::done) decide(inject);
  pass_on(out);
}

/// All but what may turn out to come after the tag.
void HtmlInjector::pass_on(std::string& out) {
  std::size_t passed = held_.size();
  if (phase_ == Phase::prologue && tokenizer_.unnamed()) passed -= tokenizer_.since_tag();
  if (looking()) {
    passed = opened_;
    at_ -= opened_;
    opened_ = 0;
  }
  out.append(held_, 0, passed);
  held_.erase(0, passed);
  passed_ += passed;
}

/// Takes what read() would make nothing of.
std::size_t HtmlInjector::skip(std::string_view bytes) {
  std::size_t run = tokenizer_.idle(bytes);
  if (run == 0) return 0;
  run = std::min(run, bytes.substr(0, run).find(kEscape));
  if (looking()) run = std::min(run, kLook - (held_.size() - opened_) - 1);
  held_.append(bytes.substr(0, run));
  return run;
}

void HtmlInjector::read(char c) {
  const std::size_t position = passed_ + held_.size() - 1;
  if (position == mark_ && mark_ < kByteOrderMark.size()) {
    if (c == kByteOrderMark[mark_]) {
      ++mark_;
      return;
    }
    if (mark_ > 0) return decide(false);
  }
  // It changes what the bytes after it mean, to us as to the browser.
  if (c == kEscape) return decide(false);
  Event event = tokenizer_.step(c);
  if (phase_ == Phase::prologue) {
    if (tokenizer_.unnamed() && tokenizer_.since_tag() >= kLongestName) event = Event::named;
    prologue(event);
  } else {
    head(event);
  }
  if (looking() && held_.size() - opened_ >= kLook) decide(true);
}

void HtmlInjector::prologue(Event event) {
  switch (event) {
    case Event::none:
    case Event::space:
    case Event::comment:
      return;
    case Event::doctype:
      document_ = true;
      return;
    case Event::text:
      if (!document_) return decide(false);
      open_head(held_.size() - tokenizer_.since_text());
      return decide(true);
    case Event::named:
    case Event::tag:
      break;
  }
  const Tag& tag = tokenizer_.tag();
  const bool seen = named_;
  named_ = event == Event::named;
  if (!tag.end && (tag.name == "html" || tag.name == "head")) {
    document_ = true;
    if (event == Event::tag && tag.name == "head") open_head(held_.size());
    return;
  }
  if (seen || (tag.end && !is_one_of(tag.name, {"head", "body", "html", "br"}))) return;
  if (begins_document(tag)) document_ = true;
  if (!document_) return decide(false);
  open_head(held_.size() - tokenizer_.since_tag());
  head(event);
}

void HtmlInjector::open_head(std::size_t at) {
  opened_ = at_ = at;
  phase_ = Phase::head;
}

void HtmlInjector::head(Event event) {
  if (inert_.open()) {
    if (event == Event::tag) inert_.tag(tokenizer_.tag(), tokenizer_);
    return;
  }
  if (event == Event::text) return decide(true);
  if (event == Event::named && ends_head(tokenizer_.tag())) return decide(true);
  if (event == Event::tag) head_tag(tokenizer_.tag());
}

bool HtmlInjector::ends_head(const Tag& tag) const {
  if (tag.end) return is_one_of(tag.name, {"body", "html", "br"});
  if (tag.name == "noscript") return phase_ == Phase::after_head;
  return !is_one_of(tag.name, {"html", "head", "base", "basefont", "bgsound", "link", "meta", "title", "noframes",
                               "style", "script", "template"});
}

void HtmlInjector::head_tag(const Tag& tag) {
  if (ends_head(tag)) return decide(true);
  if (tag.end) {
    if (tag.name == "head") phase_ = Phase::after_head;
    return;
  }
  if (tag.name == "html" || tag.name == "head") return;
  if (tag.name == "script" && is_ours(tag)) return decide(false);
  if (tag.name == "meta") return meta(tag);
  if (tag.name == "base" && tag.has("href")) {
    if (base_.empty()) base_ = tag.attribute("href");
    strict_ = true;
  }
  if (tag.name != "title") fixed_ = true;
  if (tag.name == "template") return inert_.begin_template();
  if (const auto text = text_of(tag.name); text != HtmlTokenizer::Text::data) tokenizer_.read_as(text);
}

void HtmlInjector::meta(const Tag& tag) {
  const std::string_view equivalent = tag.attribute("http-equiv");
  if (iequals(equivalent, "content-security-policy")) fixed_ = strict_ = true;
  const bool declares =
      tag.has("charset") || (iequals(equivalent, "content-type") && contains_word(tag.attribute("content"), "charset"));
  if (!declares || encoding_ || phase_ != Phase::head) return;
  encoding_ = true;
  const std::size_t end = passed_ + held_.size();
  const bool pushed_out = end <= kEncodingWithin && end + tag_.size() > kEncodingWithin;
  if (!fixed_ || (pushed_out && !strict_)) at_ = held_.size();
  fixed_ = true;
}

/// A script that runs: not one of another type, nor one for old browsers only.
bool HtmlInjector::is_ours(const Tag& tag) const {
  if (!tag.has("src") || tag.has("nomodule")) return false;
  const std::string_view type = tag.attribute("type");
  if (!type.empty() && !iequals(type, "module") && !contains_word(type, "javascript") &&
      !contains_word(type, "ecmascript"))
    return false;
  return leads_to(tag.attribute("src"), plan_.src, {plan_.host, plan_.path, base_});
}

void HtmlInjector::decide(bool inject) {
  phase_ = Phase::done;
  if (!inject) return;
  held_.insert(at_, tag_);
  injected_ = true;
}

}  // namespace martd::pages
