#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "follow/outlet.h"
#include "follow/push_waiter.h"
#include "forward/answer_opening.h"
#include "forward/gate.h"
#include "forward/last_piece.h"
#include "forward/page_answer.h"
#include "forward/positions.h"
#include "forward/take_watch.h"
#include "wire/answer_head.h"
#include "wire/request_head.h"

namespace martd::forward {

/// The site's answer on its way to the client: its head by the rules of a proxy, with where the page's channels stand;
/// its body piece by piece, in chunks where its length isn't known; with the script tag, where it is a page; its end
/// after what it publishes can be seen. It watches whether the client takes what it is given.
///
/// What comes in one turn goes out together, with flush(). A piece goes to the client's socket or into its outbox, and
/// the next one is to be read from the site when there has_room(): so what one read brings waits at most, and of a
/// page that grows as it is unpacked 64 KiB more.
///
/// It knows neither the request's body nor the connection to the site, and ends nothing: it says when it is over, and
/// whoever forwards draws the consequence. On its loop's thread.
class SiteAnswer {
 public:
  enum class Progress : std::uint8_t {
    under_way,
    whole,  ///< all of it was written; from now on only the client's pace is still watched
    cut,    ///< it can't go on, and must not look whole
  };

  /// Both must outlive it.
  SiteAnswer(follow::Outlet& outlet, Gate& gate) : outlet_(outlet), gate_(gate) {}

  // --- before the site is asked ---

  /// The page is told these.
  void tell(Positions positions) { positions_ = std::move(positions); }
  /// The answer may be a page that gets the script tag. What goes to the site in place of the head's lines; stays as
  /// long as `head` and this.
  std::span<const wire::Field> expect_page(const wire::RequestHead& head);

  // --- from the site ---

  /// A 1xx; nothing where the client knows none, or after the answer's head.
  void interim(const wire::AnswerHead& head);
  /// `close`: the client's connection is to end after it. `waiter` is told what the store says of what the answer
  /// publishes, and hands it to settled(). Reads `head`, which need not stay.
  void begin(const wire::AnswerHead& head, bool close, follow::PushWaiter& waiter);
  Progress add(std::string_view piece);
  /// The site has said all of it.
  Progress end(follow::PushWaiter& waiter);

  // --- from the store ---

  Progress settled(std::uint64_t ticket, const push::PushAnswer& answer);
  /// It isn't waited for any more.
  void let_go();

  // --- to the client ---

  /// Writes what came in this turn.
  void flush();
  /// Goes on with a page for which there was no room, or no time in this turn (Outlet::call_later()).
  Progress go_on();
  /// The next piece can be read from the site: the last one was written.
  bool has_room() const { return outlet_.queued() == 0 && !page_waits(); }
  /// The outbox is empty.
  void all_taken() { taking_.all_taken(); }
  /// When on_deadline() is to be called; the end of time where nothing is due.
  Time due() const;
  Progress on_deadline(Time now);

  // --- what is known of it ---

  /// Its head was made: no other answer can be given any more.
  bool begun() const { return begun_; }
  /// The client's connection ends after it: its head said so, or its end is the connection's.
  bool closes() const { return closes_; }
  /// Only the connection's end tells the client that it is whole.
  bool ends_with_connection() const { return framing_ == Framing::until_close; }
  /// An event stream: it isn't waited for.
  bool endless() const { return endless_; }

 private:
  /// What may wait before no more of a page is made.
  static constexpr std::size_t kMostUnsent = std::size_t{64} * 1024;

  /// An answer that is, or may be, a page that gets the script tag.
  struct Page {
    Page(Pages& pages, const wire::RequestHead& head, PageAddress address) : answer(pages, head, std::move(address)) {}

    PageAnswer answer;
    AnswerOpening as_it_came;  ///< until it is known which of them
    AnswerOpening with_tag;
  };

  bool page_waits() const { return page_ && page_->answer.waiting(); }
  AnswerOpening open(const wire::AnswerHead& head, std::span<const wire::Field> lines, bool sized, bool close) const;
  void end_head(AnswerOpening& opening) const;
  void start(const AnswerOpening& opening);
  Progress pass(std::string_view piece);
  bool pass_part(PageAnswer::Status status, std::string_view part);
  void append_body(std::string_view piece);
  Progress finish();
  Progress release(bool ended);
  void put(std::string_view bytes);

  follow::Outlet& outlet_;
  Gate& gate_;
  Positions positions_;              ///< until the head was written
  std::unique_ptr<LastPiece> last_;  ///< while something of it may have to wait for the store
  std::unique_ptr<Page> page_;
  TakeWatch taking_;  ///< the client, while some of the answer waits for it
  Framing framing_ = Framing::as_it_came;
  bool begun_ = false;
  bool ended_ = false;  ///< the site has said all of it, and all of it may go
  bool closes_ = false;
  bool endless_ = false;
};

}  // namespace martd::forward
