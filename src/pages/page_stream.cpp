#include "pages/page_stream.h"

#include <utility>

namespace martd::pages {

PageStream::PageStream(Coding coding, HtmlInjector::Plan plan)
    : coding_(coding), decoder_(coding), injector_(std::move(plan)), encoder_(coding) {}

PageStream::Status PageStream::feed(std::string_view& input, std::string& out) {
  if (passes()) {
    out.append(input);
    input = {};
    return Status::hungry;
  }
  const std::string_view before = input;
  plain_.clear();
  page_.clear();
  const Decoder::Status status = decoder_.step(input, plain_);
  if (fate_ == Fate::open) raw_.append(before.substr(0, before.size() - input.size()));
  if (status == Decoder::Status::corrupt) {
    if (fate_ != Fate::open) return Status::corrupt;
    // The browser gets what it would get without us.
    settle(Fate::untouched, out);
    out.append(input);
    input = {};
    return Status::hungry;
  }
  injector_.feed(plain_, page_);
  std::string& sink = fate_ == Fate::open ? ready_ : out;
  encoder_.write(page_, sink);
  const bool more = status == Decoder::Status::more || !input.empty();
  if (!more) encoder_.flush(sink);
  if (fate_ == Fate::open) decide(out);
  if (fate_ == Fate::untouched && !input.empty()) {
    out.append(input);
    input = {};
    return Status::hungry;
  }
  return more && fate_ != Fate::untouched ? Status::more : Status::hungry;
}

PageStream::Status PageStream::finish(std::string& out) {
  if (fate_ == Fate::untouched) return Status::hungry;
  if (!decoder_.whole()) {
    if (fate_ != Fate::open) return Status::corrupt;
    settle(Fate::untouched, out);
    return Status::hungry;
  }
  page_.clear();
  injector_.finish(page_);
  std::string& sink = fate_ == Fate::open ? ready_ : out;
  encoder_.write(page_, sink);
  encoder_.finish(sink);
  if (fate_ == Fate::open) decide(out);
  return Status::hungry;
}

void PageStream::decide(std::string& out) {
  if (injector_.injected())
    settle(Fate::injected, out);
  else if (injector_.done())
    settle(Fate::untouched, out);
  else if (raw_.size() > kMaxWaiting || ready_.size() > kMaxWaiting)
    settle(Fate::injected, out);
}

void PageStream::settle(Fate fate, std::string& out) {
  fate_ = fate;
  out.append(fate == Fate::untouched ? raw_ : ready_);
  raw_ = {};
  ready_ = {};
}

}  // namespace martd::pages
