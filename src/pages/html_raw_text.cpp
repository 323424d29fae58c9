// The states within the text of an element: RCDATA, RAWTEXT and script data.

#include "base/ascii.h"
#include "pages/html_bytes.h"
#include "pages/html_tokenizer.h"

namespace martd::pages {

using namespace html;

/// RCDATA and RAWTEXT, and what follows a `</` in script.
void HtmlTokenizer::in_raw(char c, bool& again, Event& event) {
  switch (state_) {
    case State::raw:
      if (c == '<') state_ = State::raw_less;
      break;
    case State::raw_less:
      state_ = c == '/' ? State::raw_end_open : State::raw;
      again = c != '/';
      word_.clear();
      break;
    case State::raw_end_open:
      state_ = is_letter(c) ? State::raw_end_name : raw_return_;
      again = true;
      break;
    default:  // raw_end_name
      if (is_letter(c)) {
        if (word_.size() <= kMaxName) word_ += lower(c);
      } else if (ends_name(c) && word_ == last_start_) {
        begin_tag(true);
        tag_.name = last_start_;
        if (c == '>') {
          event = end_tag();
        } else {
          state_ = c == '/' ? State::self_closing : State::before_attribute;
          event = Event::named;
        }
      } else {
        state_ = raw_return_;
        again = true;
      }
  }
}

/// The script data states: `<!--` … `<script` … in a script hides the next `</script`.
void HtmlTokenizer::in_script(char c, bool& again) {
  const auto otherwise = [&](State state) {
    state_ = state;
    again = true;
  };
  const auto end_tag_or = [&](State state) {
    raw_return_ = state;
    word_.clear();
    state_ = State::raw_end_open;
  };
  switch (state_) {
    case State::script:
      if (c == '<') state_ = State::script_less;
      break;
    case State::script_less:
      if (c == '/')
        end_tag_or(State::script);
      else if (c == '!')
        state_ = State::escape_start;
      else
        otherwise(State::script);
      break;
    case State::escape_start:
      if (c == '-')
        state_ = State::escape_start_dash;
      else
        otherwise(State::script);
      break;
    case State::escape_start_dash:
      if (c == '-')
        state_ = State::escaped_dash_dash;
      else
        otherwise(State::script);
      break;
    case State::escaped:
    case State::escaped_dash:
    case State::escaped_dash_dash:
      if (c == '<')
        state_ = State::escaped_less;
      else if (c == '-')
        state_ = state_ == State::escaped ? State::escaped_dash : State::escaped_dash_dash;
      else
        state_ = c == '>' && state_ == State::escaped_dash_dash ? State::script : State::escaped;
      break;
    case State::escaped_less:
      if (c == '/') {
        end_tag_or(State::escaped);
      } else if (is_letter(c)) {
        word_.clear();
        otherwise(State::double_escape_start);
      } else {
        otherwise(State::escaped);
      }
      break;
    case State::double_escape_start:
    case State::double_escape_end: {
      const State before = state_ == State::double_escape_start ? State::escaped : State::double_escaped;
      const State after = before == State::escaped ? State::double_escaped : State::escaped;
      if (ends_name(c)) {
        state_ = word_ == "script" ? after : before;
      } else if (is_letter(c)) {
        if (word_.size() <= kMaxName) word_ += lower(c);
      } else {
        otherwise(before);
      }
      break;
    }
    case State::double_escaped:
    case State::double_dash:
    case State::double_dash_dash:
      if (c == '<')
        state_ = State::double_less;
      else if (c == '-')
        state_ = state_ == State::double_escaped ? State::double_dash : State::double_dash_dash;
      else
        state_ = c == '>' && state_ == State::double_dash_dash ? State::script : State::double_escaped;
      break;
    default:  // double_less
      if (c == '/') {
        word_.clear();
        state_ = State::double_escape_end;
      } else {
        otherwise(State::double_escaped);
      }
  }
}

}  // namespace martd::pages
