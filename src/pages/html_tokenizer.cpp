#include "pages/html_tokenizer.h"

#include <algorithm>

#include "base/ascii.h"
#include "pages/html_bytes.h"

namespace martd::pages {

using namespace html;

namespace {

constexpr std::size_t kMaxAttributes = std::size_t{8} << 10;

}  // namespace

bool HtmlTokenizer::Tag::has(std::string_view wanted) const {
  return std::any_of(attributes.begin(), attributes.end(), [&](const auto& a) { return a.first == wanted; });
}

std::string_view HtmlTokenizer::Tag::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes)
    if (key == wanted) return value;
  return {};
}

void HtmlTokenizer::read_as(Text text) {
  last_start_ = tag_.name;
  switch (text) {
    case Text::data:
      state_ = State::data;
      break;
    case Text::rcdata:
    case Text::rawtext:
      state_ = raw_return_ = State::raw;
      break;
    case Text::script:
      state_ = State::script;
      break;
    case Text::plaintext:
      state_ = State::plaintext;
      break;
  }
}

std::size_t HtmlTokenizer::since_text() const {
  if (state_ != State::data) return 2;  // `<<`: the first one was text
  return std::max<std::size_t>(since_start_, 1);
}

std::size_t HtmlTokenizer::idle(std::string_view bytes) const {
  switch (state_) {
    case State::comment:
      return std::min(bytes.find('-'), bytes.size());
    case State::bogus_comment:
      return std::min(bytes.find('>'), bytes.size());
    case State::raw:
    case State::script:
      return std::min(bytes.find('<'), bytes.size());
    case State::plaintext:
      return bytes.size();
    default:
      return 0;
  }
}

HtmlTokenizer::Event HtmlTokenizer::step(char c) {
  if (state_ == State::data) since_start_ = 0;
  ++since_start_;
  Event event = Event::none;
  // A byte that is read again by another state has not ended anything yet, but for the `<` that turned out to be text.
  for (bool again = true; again;) {
    again = false;
    if (state_ == State::data) {
      if (c == '<') {
        since_start_ = 1;
        state_ = State::tag_open;
      } else if (event == Event::none) {
        since_start_ = 0;
        event = is_space(c) ? Event::space : Event::text;
      }
    } else if (state_ < State::declaration) {
      const Event made = state_ < State::tag_name ? markup(c, again) : in_tag(c, again);
      if (made != Event::none) event = made;
    } else if (state_ < State::raw) {
      const Event made = in_comment(c, again);
      if (made != Event::none) event = made;
    } else if (state_ < State::plaintext) {
      in_raw(c, again, event);
    } else if (state_ > State::plaintext) {
      in_script(c, again);
    }
  }
  return event;
}

/// After `<` and `</`.
HtmlTokenizer::Event HtmlTokenizer::markup(char c, bool& again) {
  if (is_letter(c)) {
    begin_tag(state_ == State::end_tag_open);
    state_ = State::tag_name;
    again = true;
    return Event::none;
  }
  if (state_ == State::end_tag_open) {
    if (c == '>') {  // `</>` is nothing
      state_ = State::data;
      return Event::comment;
    }
    state_ = State::bogus_comment;
    again = true;
    return Event::none;
  }
  if (c == '/') {
    state_ = State::end_tag_open;
  } else if (c == '!') {
    word_.clear();
    state_ = State::declaration;
  } else if (c == '?') {
    state_ = State::bogus_comment;
  } else {
    state_ = State::data;
    again = true;
    return Event::text;
  }
  return Event::none;
}

HtmlTokenizer::Event HtmlTokenizer::in_tag(char c, bool& again) {
  switch (state_) {
    case State::tag_name:
      if (c == '>') return end_tag();
      if (!ends_name(c)) {
        if (tag_.name.size() < kMaxName) tag_.name += lower(c);
        return Event::none;
      }
      state_ = c == '/' ? State::self_closing : State::before_attribute;
      return Event::named;
    case State::before_attribute:
      if (is_space(c)) break;
      if (c == '/' || c == '>') {
        state_ = State::after_attribute_name;
        again = true;
        break;
      }
      begin_attribute();
      state_ = State::attribute_name;
      if (c == '=')
        add_to_name(c);  // a name may begin so
      else
        again = true;
      break;
    case State::attribute_name:
      if (ends_name(c)) {
        state_ = State::after_attribute_name;
        again = true;
      } else if (c == '=') {
        state_ = State::before_value;
      } else {
        add_to_name(lower(c));
      }
      break;
    case State::after_attribute_name:
      if (is_space(c)) break;
      if (c == '=') {
        state_ = State::before_value;
        break;
      }
      keep_attribute();
      if (c == '/') {
        state_ = State::self_closing;
      } else if (c == '>') {
        return end_tag();
      } else {
        state_ = State::before_attribute;
        again = true;
      }
      break;
    case State::before_value:
      if (is_space(c)) break;
      if (c == '"') {
        state_ = State::double_quoted;
      } else if (c == '\'') {
        state_ = State::single_quoted;
      } else {
        state_ = State::unquoted;  // `>` ends it there, too
        again = true;
      }
      break;
    case State::double_quoted:
    case State::single_quoted:
      if (c == (state_ == State::double_quoted ? '"' : '\'')) {
        keep_attribute();
        state_ = State::after_quoted;
      } else {
        add_to_value(c);
      }
      break;
    case State::unquoted:
      if (is_space(c)) {
        keep_attribute();
        state_ = State::before_attribute;
      } else if (c == '>') {
        keep_attribute();
        return end_tag();
      } else {
        add_to_value(c);
      }
      break;
    case State::after_quoted:
      if (c == '/') {
        state_ = State::self_closing;
      } else if (c == '>') {
        return end_tag();
      } else {
        state_ = State::before_attribute;
        again = !is_space(c);
      }
      break;
    default:  // self_closing
      if (c == '>') {
        tag_.self_closing = true;
        return end_tag();
      }
      state_ = State::before_attribute;
      again = true;
  }
  return Event::none;
}

HtmlTokenizer::Event HtmlTokenizer::declare(char c, bool& again) {
  // What is read so far is a beginning of one of these, or it is a bogus comment.
  word_ += c;
  if (word_ == "--") {
    state_ = State::comment_start;
  } else if (iequals(word_, "doctype")) {
    state_ = State::doctype;
  } else if (cdata_ && word_ == "[CDATA[") {
    state_ = State::cdata;
  } else if (word_ != "-" && !iequals(word_, std::string_view("doctype").substr(0, word_.size())) &&
             !(cdata_ && std::string_view("[CDATA[").starts_with(word_))) {
    state_ = State::bogus_comment;
    again = true;
  }
  return Event::none;
}

HtmlTokenizer::Event HtmlTokenizer::in_comment(char c, bool& again) {
  const auto ended = [this](Event event) {
    state_ = State::data;
    return event;
  };
  switch (state_) {
    case State::declaration:
      return declare(c, again);
    case State::bogus_comment:
      return c == '>' ? ended(Event::comment) : Event::none;
    case State::doctype:  // `>` ends it even between quotes
      return c == '>' ? ended(Event::doctype) : Event::none;
    case State::comment_start:
      if (c == '>') return ended(Event::comment);
      state_ = c == '-' ? State::comment_start_dash : State::comment;
      break;
    case State::comment_start_dash:
      if (c == '>') return ended(Event::comment);
      state_ = c == '-' ? State::comment_end : State::comment;
      break;
    case State::comment:
      if (c == '-') state_ = State::comment_dash;
      break;
    case State::comment_dash:
      state_ = c == '-' ? State::comment_end : State::comment;
      break;
    case State::comment_end:
      if (c == '>') return ended(Event::comment);
      if (c != '-') state_ = c == '!' ? State::comment_end_bang : State::comment;
      break;
    case State::comment_end_bang:
      if (c == '>') return ended(Event::comment);
      state_ = c == '-' ? State::comment_dash : State::comment;
      break;
    case State::cdata:
      if (c == ']') state_ = State::cdata_bracket;
      break;
    case State::cdata_bracket:
      state_ = c == ']' ? State::cdata_end : State::cdata;
      break;
    default:  // cdata_end
      if (c == '>') return ended(Event::text);
      if (c != ']') state_ = State::cdata;
  }
  return Event::none;
}

HtmlTokenizer::Event HtmlTokenizer::end_tag() {
  state_ = State::data;
  return Event::tag;
}

void HtmlTokenizer::begin_tag(bool end) {
  tag_.name.clear();
  tag_.end = end;
  tag_.self_closing = false;
  tag_.attributes.clear();
  name_.clear();
  value_.clear();
  kept_ = 0;
}

void HtmlTokenizer::begin_attribute() {
  name_.clear();
  value_.clear();
}

void HtmlTokenizer::add_to_name(char c) {
  if (name_.size() <= kMaxName) name_ += c;
}

void HtmlTokenizer::add_to_value(char c) {
  if (kept_ + value_.size() <= kMaxAttributes) value_ += c;
}

void HtmlTokenizer::keep_attribute() {
  if (name_.empty()) return;
  const std::size_t size = name_.size() + value_.size();
  if (kept_ + size <= kMaxAttributes && !tag_.has(name_)) {
    tag_.attributes.emplace_back(name_, value_);
    kept_ += size + sizeof(tag_.attributes[0]);
  }
  begin_attribute();
}

}  // namespace martd::pages
