#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace martd::pages {

/// Validators of pages that carry the script tag. Such a page is another representation than the upstream's, so it has
/// an entity tag of its own: weak, with the upstream's inside and a mark behind, by which it is known when it comes
/// back. The mark says which script was put in: with another `--prefix`, or a later martd that puts it in differently,
/// the tags of the pages from before are strange ones.
///
///     "abc"    W/"abc-m1a2b3c4d"        the upstream's was strong
///     W/"abc"  W/"abc-w1a2b3c4d"        weak
///     none     W/"Tue,_15_Nov_1994_12:45:26_GMT-d1a2b3c4d"    there was none, but a Last-Modified
class PageTags {
 public:
  /// `src` is the script's path.
  explicit PageTags(std::string_view src);

  /// Of an upstream's entity tag; empty where that is none (RFC 9110, section 8.8.3).
  std::string mark(std::string_view etag) const;
  std::string mark_date(std::string_view last_modified) const;

  /// What a tag of ours stands for.
  struct Original {
    std::string etag;           ///< the upstream's, or empty, and then
    std::string last_modified;  ///< the upstream's date
  };
  /// Nothing where it is none of ours. What a front put behind it (see without_coding()) is taken off.
  std::optional<Original> original(std::string_view etag) const;

 private:
  std::string with_mark(std::string_view opaque, char kind) const;
  std::string mark_;  ///< eight digits
};

}  // namespace martd::pages
