#include "forward/site_answer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "wire/chunks.h"

namespace martd::forward {
namespace {

/// Pieces up to this are joined with what goes before them into one write.
constexpr std::size_t kJoined = 16 * 1024;
/// So many parts of a page are made in one turn, so that others don't have to wait.
constexpr int kMostParts = 32;

}  // namespace

// --- before the site is asked ---

std::span<const wire::Field> SiteAnswer::expect_page(const wire::RequestHead& head) {
  page_ = std::make_unique<Page>(gate_.pages(), head,
                                 page_address(head, outlet_.peer(), outlet_.secure(), gate_.settings().access));
  return page_->answer.request_lines();
}

// --- its head ---

void SiteAnswer::interim(const wire::AnswerHead& head) {
  if (!outlet_.manner().http_1_0 && !begun_) append_interim(gate_.scratch(), head);
}

void SiteAnswer::begin(const wire::AnswerHead& head, bool close, follow::PushWaiter& waiter) {
  endless_ = is_event_stream(head);
  if (gate_.settings().upstream_publishes) last_ = LastPiece::of(head, gate_.settings());
  if (last_) last_->begin(gate_.desk(), waiter);
  if (!is_html(head)) positions_ = {};
  const PageAnswer::Kind kind = page_ ? page_->answer.examine(head, outlet_.manner().head) : PageAnswer::Kind::alone;
  AnswerOpening opening = kind == PageAnswer::Kind::lines
                              ? open(head, page_->answer.lines(), false, close)
                              : open(head, head.fields, head.content_length.has_value(), close);
  if (kind != PageAnswer::Kind::body) {
    page_.reset();
    positions_.fit(opening.text.size());
    end_head(opening);
    start(opening);
  } else {
    // Which of the two heads it is, its body will tell.
    page_->as_it_came = std::move(opening);
    page_->with_tag = open(head, page_->answer.lines(), false, close);
    positions_.fit(std::max(page_->as_it_came.text.size(), page_->with_tag.text.size()));
    end_head(page_->as_it_came);
    end_head(page_->with_tag);
    page_->answer.begin(positions_.text());
  }
  positions_ = {};
}

AnswerOpening SiteAnswer::open(const wire::AnswerHead& head, std::span<const wire::Field> lines, bool sized,
                               bool close) const {
  follow::Outlet::Manner manner = outlet_.manner();
  manner.close = close || gate_.desk().stopping();
  return open_answer(head, lines, sized, manner, outlet_.hsts());
}

void SiteAnswer::end_head(AnswerOpening& opening) const {
  positions_.append_lines(opening.text);
  opening.text += "\r\n";
}

void SiteAnswer::start(const AnswerOpening& opening) {
  begun_ = true;
  framing_ = opening.framing;
  closes_ = opening.close;
  gate_.scratch() += opening.text;
}

// --- its body ---

SiteAnswer::Progress SiteAnswer::add(std::string_view piece) {
  if (last_ && last_->keeps()) return pass(last_->keep(piece));
  return pass(piece);
}

SiteAnswer::Progress SiteAnswer::pass(std::string_view piece) {
  if (page_) {
    page_->answer.give(piece);
  } else {
    append_body(piece);
  }
  return go_on();
}

SiteAnswer::Progress SiteAnswer::go_on() {
  std::string part;
  for (int made = 0; page_waits(); ++made) {
    flush();
    const bool full = outlet_.queued() > kMostUnsent;
    if (made == kMostParts && !full) outlet_.call_later();
    if (made == kMostParts || full) return Progress::under_way;
    part.clear();
    const PageAnswer::Status status = page_->answer.step(part);
    if (!pass_part(status, part)) return Progress::cut;
  }
  return ended_ ? finish() : Progress::under_way;
}

/// False: what the site sent is not what it said it was.
bool SiteAnswer::pass_part(PageAnswer::Status status, std::string_view part) {
  if (!begun_ && page_->answer.decided()) {
    start(page_->answer.injected() ? page_->with_tag : page_->as_it_came);
    page_->as_it_came = page_->with_tag = {};
  }
  append_body(part);
  if (status == PageAnswer::Status::corrupt) return false;
  if (page_->answer.passes()) page_.reset();
  return true;
}

void SiteAnswer::append_body(std::string_view piece) {
  if (piece.empty()) return;
  std::string& out = gate_.scratch();
  const bool chunked = framing_ == Framing::chunked;
  if (chunked) wire::append_chunk_size(out, piece.size());
  if (chunked || piece.size() <= kJoined) {
    out += piece;
    if (chunked) out += wire::kChunkEnd;
    return;
  }
  flush();
  put(piece);
}

// --- its end ---

SiteAnswer::Progress SiteAnswer::end(follow::PushWaiter& waiter) {
  if (!last_) {
    ended_ = true;
    return go_on();
  }
  last_->end(gate_.desk(), waiter);
  if (!last_->keeps()) return release(true);
  std::string head;
  if (last_->empty()) {
    head = std::exchange(gate_.scratch(), {});
  } else {
    flush();
  }
  last_->keep_end(std::move(head), gate_.desk().loop().now() + gate_.settings().upstream_timeouts.answer);
  return Progress::under_way;
}

/// What was kept goes on; `ended`: and then the answer's end.
SiteAnswer::Progress SiteAnswer::release(bool ended) {
  const std::unique_ptr<LastPiece> last = std::move(last_);
  ended_ = ended;
  gate_.scratch() += last->head();
  return pass(last->piece());
}

SiteAnswer::Progress SiteAnswer::finish() {
  if (page_) {
    std::string part;
    const PageAnswer::Status status = page_->answer.finish(part);
    if (!pass_part(status, part)) return Progress::cut;
  }
  if (framing_ == Framing::chunked && !outlet_.manner().head) gate_.scratch() += wire::kLastChunk;
  flush();
  return Progress::whole;
}

// --- the store ---

SiteAnswer::Progress SiteAnswer::settled(std::uint64_t ticket, const push::PushAnswer& answer) {
  if (!last_) return Progress::under_way;
  last_->settled(ticket, answer);
  return last_->keeps() ? Progress::under_way : release(last_->ended());
}

void SiteAnswer::let_go() {
  if (last_) last_->leave(gate_.desk());
  last_.reset();
}

// --- the client ---

void SiteAnswer::flush() {
  std::string& out = gate_.scratch();
  if (out.empty()) return;
  put(out);
  out.clear();
}

void SiteAnswer::put(std::string_view bytes) {
  if (outlet_.put(bytes) == follow::Outlet::Sent::closed) return outlet_.broken();
  const Settings& settings = gate_.settings();
  const Duration patience = settings.upstream_timeouts.taking;
  taking_.gave(bytes.size(), outlet_.queued(), gate_.desk().loop().now(), patience);
  if (taking_.watching()) outlet_.wait_for_reader(patience + settings.peer_silence());
}

Time SiteAnswer::due() const { return last_ ? std::min(taking_.due(), last_->due()) : taking_.due(); }

SiteAnswer::Progress SiteAnswer::on_deadline(Time now) {
  if (last_ && now >= last_->due()) {
    // A disk that hangs doesn't take the site's pages with it.
    spdlog::warn(
        "Martd-Publish of the site's: the store has not answered in time (--upstream-timeout); not waited for");
    last_->leave(gate_.desk());
    return release(true);
  }
  if (now < taking_.due()) return Progress::under_way;
  // Else a client could hold the site's connection for as long as it likes.
  const bool takes = taking_.goes_on(outlet_.queued(), now, gate_.settings().upstream_timeouts.taking);
  return takes ? Progress::under_way : Progress::cut;
}

}  // namespace martd::forward
