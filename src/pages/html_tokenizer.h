#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martd::pages {

/// Reads HTML a byte at a time, in any ASCII-compatible encoding, by the tokenization states of the WHATWG's HTML
/// standard (section 13.2.5). What a tree builder tells a tokenizer (how the text of an element is read, whether there
/// is CDATA) its caller tells it. Character references are left as they are. Keeps a tag's name and some kilobytes of
/// its attributes, and nothing else. It is one machine, as the standard has one: its states go from each to each.
class HtmlTokenizer {
 public:
  enum class Event : std::uint8_t {
    none,     ///< within something
    space,    ///< white space between tags
    text,     ///< other text between tags
    named,    ///< the name of a tag that goes on is known
    tag,      ///< a tag ended; one without white space in it was not `named` before
    comment,  ///< a comment, or what is read as one, ended
    doctype,  ///< a document type ended
  };
  enum class Text : std::uint8_t { data, rcdata, rawtext, script, plaintext };

  /// Valid from `named` or `tag` until the next byte. Names are lower case.
  struct Tag {
    std::string name;  ///< its first 32 bytes
    bool end = false;
    bool self_closing = false;
    /// In their order; a name's first occurrence counts. Those past 8 KiB are left out.
    std::vector<std::pair<std::string, std::string>> attributes;

    bool has(std::string_view name) const;
    std::string_view attribute(std::string_view name) const;  ///< empty where there is none
  };

  Event step(char c);
  /// How many bytes `bytes` begins with that step() would say nothing of, and could as well not be given: within
  /// comments, scripts and style sheets, which are most of many heads.
  std::size_t idle(std::string_view bytes) const;
  const Tag& tag() const { return tag_; }
  /// How what follows the start tag that just ended is read.
  void read_as(Text text);
  /// Whether `<![CDATA[` begins a CDATA section: only where the current element is SVG's or MathML's.
  void set_cdata(bool allowed) { cdata_ = allowed; }
  /// Bytes since the `<` of the tag that is being read or just ended, with it.
  std::size_t since_tag() const { return since_start_; }
  /// After `text`: bytes since it began. A `<` that begins no tag is text, but only the next byte tells.
  std::size_t since_text() const;
  /// A tag may have begun whose name is not known yet.
  bool unnamed() const {
    return state_ == State::tag_open || state_ == State::end_tag_open || state_ == State::tag_name;
  }
  /// Between tags: what would follow is not part of anything that was begun.
  bool between() const { return state_ == State::data; }

 private:
  enum class State : std::uint8_t {
    data,
    tag_open,
    end_tag_open,
    tag_name,
    before_attribute,
    attribute_name,
    after_attribute_name,
    before_value,
    double_quoted,
    single_quoted,
    unquoted,
    after_quoted,
    self_closing,
    declaration,
    bogus_comment,
    comment_start,
    comment_start_dash,
    comment,
    comment_dash,
    comment_end,
    comment_end_bang,
    doctype,
    cdata,
    cdata_bracket,
    cdata_end,
    raw,
    raw_less,
    raw_end_open,
    raw_end_name,
    plaintext,
    script,
    script_less,
    escape_start,
    escape_start_dash,
    escaped,
    escaped_dash,
    escaped_dash_dash,
    escaped_less,
    double_escape_start,
    double_escaped,
    double_dash,
    double_dash_dash,
    double_less,
    double_escape_end,
  };

  Event markup(char c, bool& again);
  Event in_tag(char c, bool& again);
  Event in_comment(char c, bool& again);
  void in_raw(char c, bool& again, Event& event);
  void in_script(char c, bool& again);
  Event declare(char c, bool& again);
  Event end_tag();
  void begin_tag(bool end);
  void begin_attribute();
  void add_to_name(char c);
  void add_to_value(char c);
  void keep_attribute();

  State state_ = State::data;
  State raw_return_ = State::raw;  ///< where a `</` that is not the element's end leads back to
  Tag tag_;
  std::string last_start_;  ///< the name of the last start tag: what ends raw text
  std::string word_;        ///< of a declaration, or after `<` and `</` in raw text
  std::string name_;        ///< of the attribute that is read
  std::string value_;
  std::size_t kept_ = 0;  ///< bytes of attributes
  std::size_t since_start_ = 0;
  bool cdata_ = false;
};

}  // namespace martd::pages
