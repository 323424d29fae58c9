#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pages/content_coding.h"
#include "pages/html_injector.h"

namespace martd::pages {

/// The body of a page on its way, in its content coding: decoded, given the tag, encoded again. A page that gets no tag
/// goes on byte for byte as it came: therefore nothing goes on before it is decided, and the response's head had better
/// wait, too, as it depends on it. No more than some 64 KiB wait; whatever is not decided by then counts as a page that
/// gets the tag. What is found not to be in its coding before that goes on as it came, too.
class PageStream {
 public:
  static constexpr std::size_t kMaxWaiting = std::size_t{64} << 10;

  enum class Status : std::uint8_t {
    hungry,   ///< all is taken; what can go on is in `out`
    more,     ///< pass on what is in `out`, then call again, with what is left of the input, even if that is nothing
    corrupt,  ///< the body is not in its coding, or not whole: what was passed on can't be ended tidily
  };
  enum class Fate : std::uint8_t {
    open,       ///< nothing has been put out
    injected,   ///< `out` is the page with the tag, in the same coding, of another length
    untouched,  ///< `out` is what came
  };

  PageStream(Coding coding, HtmlInjector::Plan plan);

  /// Takes from the front of `input`, some of it or all. All that is put out with the last byte of an `input` can be
  /// decoded at once by who gets it.
  Status feed(std::string_view& input, std::string& out);
  /// The body is over. `hungry` or `corrupt`.
  Status finish(std::string& out);
  Fate fate() const { return fate_; }
  /// All that is fed from now on would go on as it is: it need not be fed.
  bool passes() const {
    return fate_ == Fate::untouched || (fate_ == Fate::injected && injector_.done() && coding_ == Coding::identity);
  }

 private:
  void decide(std::string& out);
  void settle(Fate fate, std::string& out);

  const Coding coding_;
  Decoder decoder_;
  HtmlInjector injector_;
  Encoder encoder_;
  Fate fate_ = Fate::open;
  std::string raw_;    ///< what came, while it is open
  std::string ready_;  ///< encoded, while it is open
  std::string plain_;  ///< scratch
  std::string page_;   ///< scratch
};

}  // namespace martd::pages
