#include "forward/page_answer.h"

#include <utility>

#include "access/asker.h"
#include "base/ascii.h"
#include "wire/request.h"

namespace martd::forward {

PageAddress page_address(const wire::RequestHead& head, const wire::Address& peer, bool secure,
                         const access::Settings& settings) {
  PageAddress address{secure, std::string(wire::host_of(head)), std::string(head.target)};
  if (head.target.front() != '/') {
    const wire::Target target = wire::split_target(head.target);
    address.target = target.path;
    if (target.query.data() != nullptr) (address.target += '?') += target.query;
  }
  if (!settings.trusted_proxies.contains(peer)) return address;
  if (const std::string_view told = head.field("X-Forwarded-Host"); !told.empty())
    address.host = trim(told.substr(0, told.find(',')));
  address.tls = access::proxied_tls(head, peer, settings).value_or(address.tls);
  return address;
}

PageAnswer::PageAnswer(Pages& pages, const wire::RequestHead& head, PageAddress address)
    : pages_(pages),
      address_(std::move(address)),
      known_alone_(pages.memory.left_alone(address_.host, address_.target)),
      read_only_(head.method == "GET" || head.method == "HEAD") {
  const bool may_be_page = !known_alone_ && pages::may_ask_for_page(head.fields);
  request_ = pages::edit_page_request(head.method, head.fields, may_be_page, pages.tags);
}

PageAnswer::Kind PageAnswer::examine(const wire::AnswerHead& head, bool head_only) {
  const pages::ScriptPlace place{address_.tls, address_.host, pages_.script};
  const bool revalidated = head.status == 304 && request_.has_page;
  auto page = revalidated ? pages::find_revalidated(head.fields, place)
                          : pages::find_page(head.status, head.fields, request_.no_transform, place);
  if (!page) {
    if (read_only_ && !head_only && head.status == 200) pages_.memory.note(address_.host, address_.target, false);
    return Kind::alone;
  }
  if (head_only && known_alone_) return Kind::alone;
  lines_ = pages::edit_page_response(head.fields, *page, pages_.tags);
  if (revalidated || head_only) return Kind::lines;
  found_ = *std::move(page);
  return Kind::body;
}

void PageAnswer::begin(std::string cursor) {
  pages::HtmlInjector::Plan plan;
  plan.src = pages_.script;
  plan.cursor = std::move(cursor);
  plan.nonce = std::move(found_.nonce);
  plan.host = address_.host;
  plan.path = address_.target.substr(0, address_.target.find('?'));
  stream_.emplace(found_.coding, std::move(plan));
}

PageAnswer::Status PageAnswer::step(std::string& out) {
  std::string_view input = std::string_view(waiting_).substr(used_);
  const pages::PageStream::Status status = stream_->feed(input, out);
  more_ = status == pages::PageStream::Status::more;
  used_ = waiting_.size() - input.size();
  if (used_ == waiting_.size()) {
    waiting_.clear();
    used_ = 0;
  }
  remember();
  if (status == pages::PageStream::Status::corrupt) return Status::corrupt;
  return waiting() ? Status::more : Status::fed;
}

PageAnswer::Status PageAnswer::finish(std::string& out) {
  const pages::PageStream::Status status = stream_->finish(out);
  remember();
  return status == pages::PageStream::Status::corrupt ? Status::corrupt : Status::fed;
}

void PageAnswer::remember() {
  if (remembered_ || !decided() || !read_only_) return;
  remembered_ = true;
  pages_.memory.note(address_.host, address_.target, injected());
}

}  // namespace martd::forward
