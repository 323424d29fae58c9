#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "access/settings.h"
#include "pages/page_headers.h"
#include "pages/page_stream.h"
#include "wire/address.h"
#include "wire/answer_head.h"
#include "wire/request_head.h"

namespace martd::forward {

/// What one loop knows of the site's pages (`--inject`).
struct Pages {
  /// `prefix`: of our own paths.
  explicit Pages(const std::string& prefix) : script(prefix + "/client.js"), tags(script) {}

  std::string script;
  pages::PageTags tags;
  pages::PageMemory memory;
};

/// Where a browser takes the page to be.
struct PageAddress {
  bool tls = false;
  std::string host;    ///< `host[:port]`
  std::string target;  ///< path and query
};

/// What a trusted proxy says of that, or what we see: a client at `peer`, and whether it came by https.
PageAddress page_address(const wire::RequestHead& head, const wire::Address& peer, bool secure,
                         const access::Settings& settings);

/// One forwarded request whose answer may be a page that gets the script tag. Decides about lines and turns pieces of
/// the body into other pieces; whoever forwards sends them. `pages` must outlive it.
class PageAnswer {
 public:
  enum class Kind : std::uint8_t {
    alone,  ///< no page: this has nothing more to do with it
    lines,  ///< only the head of one (HEAD, 304): lines() instead of what came
    body,   ///< one: lines() if it gets the tag, else what came; which of them, the body tells
  };
  enum class Status : std::uint8_t {
    fed,      ///< all that was given went through
    more,     ///< there is more to come out
    corrupt,  ///< it can't be ended tidily
  };

  /// Reads `head`, which need not stay.
  PageAnswer(Pages& pages, const wire::RequestHead& head, PageAddress address);

  /// What goes to the site. Views into `head` as it was given, and into this.
  std::span<const wire::Field> request_lines() const { return request_.lines.fields; }

  Kind examine(const wire::AnswerHead& head, bool head_only);
  /// Of the answer that was examined, while its head is there.
  std::span<const wire::Field> lines() const { return lines_.fields; }

  // --- a body ---
  /// Before the first piece. `cursor`: for the tag; where the page's channels stood.
  void begin(std::string cursor);
  void give(std::string_view piece) { waiting_.append(piece); }
  /// Whether there may be something to come out.
  bool waiting() const { return more_ || used_ < waiting_.size(); }
  /// The next part, some 16 KiB at most (but for the head's, which comes at once).
  Status step(std::string& out);
  /// The answer is whole, and nothing is waiting.
  Status finish(std::string& out);
  bool decided() const { return stream_->fate() != pages::PageStream::Fate::open; }
  bool injected() const { return stream_->fate() == pages::PageStream::Fate::injected; }
  /// What is still to come goes through as it is.
  bool passes() const { return !waiting() && stream_->passes(); }

 private:
  void remember();

  Pages& pages_;
  PageAddress address_;
  pages::PageRequest request_;
  bool known_alone_;  ///< what was answered last at this address was left alone
  bool read_only_;    ///< GET or HEAD
  pages::EditedFields lines_;
  pages::Page found_;  ///< until begin()
  std::optional<pages::PageStream> stream_;
  std::string waiting_;
  std::size_t used_ = 0;  ///< of it
  bool more_ = false;     ///< the stream has more, whatever is waiting
  bool remembered_ = false;
};

}  // namespace martd::forward
