#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pages/content_coding.h"
#include "pages/content_policy.h"
#include "pages/html_injector.h"
#include "pages/page_tags.h"
#include "wire/fields.h"

namespace martd::pages {

/// The header lines of proxied messages where pages get the script tag (`--inject`): what is asked of the upstream,
/// which of its responses are pages, and what their lines become. Applied before the rules of proxy_headers.h.

/// Edited lines: views into the message they were made of, and texts of their own.
struct EditedFields {
  std::vector<wire::Field> fields;
  std::deque<std::string> texts;  ///< in place for as long as this lives, and when it is moved
};

/// Whether the answer can be a page as far as a browser says what it wants it for (Sec-Fetch-Dest): not for an image, a
/// script, a style sheet, a font and so on.
bool may_ask_for_page(std::span<const wire::Field> fields);

struct PageRequest {
  EditedFields lines;
  bool no_transform = false;  ///< the client's Cache-Control: its pages are left alone
  bool has_page = false;      ///< it revalidates a page with the tag: a 304 is about that one
};

/// What is asked of the upstream. `may_be_page`: may_ask_for_page(), and nothing better is known of this address.
///
/// - Accept-Encoding: only what can be read (gzip, deflate, br).
/// - If-None-Match, If-Match: tags of ours become the upstream's. Other tags in an If-None-Match, and an
///   If-Modified-Since without one of ours, are left out: they stand for a page without the script tag, of which the
///   client must not be told that it is still good.
/// - If-Range with a tag of ours: left out together with Range. The parts of the two pages don't fit together.
///
/// All but the tags of ours is left as it is where the answer can't be a page.
PageRequest edit_page_request(std::string_view method, std::span<const wire::Field> fields, bool may_be_page,
                              const PageTags& tags);

/// A response that is a page, as far as its head tells.
struct Page {
  Coding coding = Coding::identity;
  std::string nonce;  ///< for HtmlInjector::Plan
  std::vector<std::string>
      policies;  ///< what its Content-Security-Policy lines become, report-only ones, too; in order
};

/// Returns nullopt if it is left alone. A page is a whole response with a body (2xx but 204, 205 and 206; 4xx; 5xx) of
/// the type text/html, in a coding that is read and an ASCII-compatible encoding, neither a download
/// (Content-Disposition) nor `no-transform`, whose policies permit the script. A HEAD is decided as the GET would be.
/// XHTML is left alone: there one misplaced byte ends the page.
std::optional<Page> find_page(int status, std::span<const wire::Field> fields, bool no_transform,
                              const ScriptPlace& script);

/// The same for the 304 of a request whose `has_page` is set: its lines replace those of the page that the client has.
std::optional<Page> find_revalidated(std::span<const wire::Field> fields, const ScriptPlace& script);

/// The lines of a page that gets the tag. Off: Content-Length, Accept-Ranges, Content-MD5 and the digests. ETag becomes
/// ours, made of Last-Modified where there is none.
EditedFields edit_page_response(std::span<const wire::Field> fields, const Page& page, const PageTags& tags);

/// Which addresses were no pages when they were asked for last, so that their revalidations are left as they are. Of a
/// limited number, the newest; not for several threads.
class PageMemory {
 public:
  void note(std::string_view host, std::string_view target, bool got_tag);
  /// It was there, and its answer was no page, or one that was left alone.
  bool left_alone(std::string_view host, std::string_view target) const;

 private:
  static constexpr std::size_t kPlaces = 4096;
  std::vector<std::uint64_t> places_;  ///< a hash of the address, or 0
};

}  // namespace martd::pages
