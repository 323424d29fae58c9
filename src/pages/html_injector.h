#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pages/html_inert.h"
#include "pages/html_tokenizer.h"

namespace martd::pages {

/// Puts `<script src="…/client.js"></script>` into a page, once, while the page streams by. Every other byte is passed
/// on as it came, and however the page is cut into pieces, what comes out is the same.
///
/// The tag stands at the beginning of the head: after `<head>`, or where a browser opens the head by itself; after the
/// declaration of the encoding where that comes first, as browsers look for it in the first 1024 bytes; always before
/// a `<base>` and before a policy in a `<meta>`, which count for what follows them.
///
/// Left as it is: a page whose head has such a script already; a fragment, that is, what begins with neither a document
/// type nor `<html>`, `<head>`, `<body>`, `<frameset>`, `<title>`, `<base>` or `<meta>`; UTF-16, and ISO-2022-JP.
///
/// To know what the head has, the head is held back until it ends, 64 KiB of it at most: what comes after that is not
/// looked at. Before and after the head nothing is held back but the beginning of a tag.
class HtmlInjector {
 public:
  static constexpr std::size_t kLook = std::size_t{64} << 10;  ///< bytes of the head

  struct Plan {
    std::string src;     ///< of the script, `/client.js`; a path
    std::string cursor;  ///< for `data-cursor`; empty: none
    std::string nonce;   ///< that the page's policy asks for; empty: none
    std::string host;    ///< of the page, `host[:port]`, and
    std::string path;    ///< its path: what the `src` of a script in the page is relative to. Both may be empty
  };

  explicit HtmlInjector(Plan plan);

  /// Appends to `out` what can be passed on now.
  void feed(std::string_view bytes, std::string& out);
  /// The page is over: appends the rest. Not to be called where it broke off.
  void finish(std::string& out);

  bool injected() const { return injected_; }
  /// All that is fed from now on is passed on unread.
  bool done() const { return phase_ == Phase::done; }

  /// The tag that the plan comes to.
  static std::string tag(const Plan& plan);

 private:
  enum class Phase : std::uint8_t {
    prologue,    ///< before the head
    head,        ///< in it: `at_` is where the tag will be, if at all
    after_head,  ///< between `</head>` and what opens the body
    done,
  };

  bool looking() const { return phase_ == Phase::head || phase_ == Phase::after_head; }
  std::size_t skip(std::string_view bytes);
  void read(char c);
  void prologue(HtmlTokenizer::Event event);
  void open_head(std::size_t at);
  void head(HtmlTokenizer::Event event);
  bool ends_head(const HtmlTokenizer::Tag& tag) const;
  void head_tag(const HtmlTokenizer::Tag& tag);
  void meta(const HtmlTokenizer::Tag& tag);
  bool is_ours(const HtmlTokenizer::Tag& tag) const;
  void decide(bool inject);
  void pass_on(std::string& out);

  Plan plan_;
  std::string tag_;
  HtmlTokenizer tokenizer_;
  HtmlInert inert_;
  Phase phase_ = Phase::prologue;
  std::string held_;
  std::size_t passed_ = 0;  ///< bytes of the page that came before `held_`
  std::size_t at_ = 0;      ///< in `held_`
  std::size_t opened_ = 0;  ///< where the head began, in `held_`
  std::size_t mark_ = 0;    ///< bytes of a byte order mark
  std::string base_;        ///< the first `<base href>`
  bool document_ = false;   ///< not a fragment
  bool named_ = false;      ///< the tag that is read was seen to when its name was known
  bool fixed_ = false;      ///< something stands in the head that the tag had better come before
  bool strict_ = false;     ///< and it must
  bool encoding_ = false;   ///< its declaration was met
  bool injected_ = false;
};

}  // namespace martd::pages
