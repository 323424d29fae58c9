#pragma once

#include <cstddef>
#include <string>

#include "base/refusal.h"
#include "base/time.h"
#include "forward/settings.h"
#include "push/hub.h"
#include "wire/request_head.h"

namespace martd::forward {

/// Where the channels of a page stand: looked up before the site is asked, told with its answer (`Martd-Cursor`, and
/// `Server-Timing` for scripts). What is published from the look on is news to the page. A value.
class Positions {
 public:
  /// Of no channel: nothing is told.
  Positions() = default;
  /// Of the channels that `head` names in `Martd-Channels`, as many as a subscriber may follow, and of those of
  /// --snapshot. Refused (400) is what is no name of a channel.
  static Result<Positions> look_up(const wire::RequestHead& head, const Settings& settings, push::Hub& hub, Time now);

  /// Leaves out channels, the last ones first, until a head of `size` bytes keeps to 8 KiB with what append_lines()
  /// adds to it and its end: who asks for many channels is to get an answer that the proxies before this server take.
  void fit(std::size_t size);
  /// Appends the lines that tell them, each with its CR LF; none where there are no channels.
  void append_lines(std::string& head) const;
  /// `a=<etag>&b=<etag>`, the form of a query of /sub. Empty: no channels.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace martd::forward
