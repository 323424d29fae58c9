#include "http/request_reader.h"

#include "wire/request.h"

namespace martd::http {

RequestReader::Unread RequestReader::join(std::string_view came) {
  const std::size_t before = input_->size();
  *input_ += came;
  return {*input_, head_begun_ ? before : 0};
}

void RequestReader::wait_with(std::string_view rest) {
  if (rest.empty()) {
    input_.reset();
  } else if (input_) {
    input_->erase(0, input_->size() - rest.size());
  } else {
    input_ = std::make_unique<std::string>(rest);
  }
}

void RequestReader::keep(std::string_view ahead) {
  if (!input_) input_ = std::make_unique<std::string>();
  *input_ += ahead;
}

std::string RequestReader::release() { return input_ ? std::move(*std::exchange(input_, nullptr)) : std::string(); }

void RequestReader::give_up() {
  incoming_.reset();
  head_begun_ = false;
}

// --- heads ---

std::optional<Refusal> RequestReader::await_head(const Unread& unread, const Settings& settings) {
  const std::string_view begun = unread.bytes;
  head_begun_ = true;
  const HeadLimits limits = head_limits(begun, settings);
  if (begun.size() > limits.line() && begun.substr(0, limits.line()).find("\r\n") == begun.npos)
    return limits.refusal(true);
  if (begun.size() > limits.head) return limits.refusal(false);
  return std::nullopt;
}

std::optional<Refusal> RequestReader::read_long_head(std::string_view bytes, const Settings& settings,
                                                     wire::RequestHead& head) {
  const HeadLimits limits = head_limits(bytes, settings);
  if (bytes.size() > limits.head) return limits.refusal(bytes.find("\r\n") > limits.line());
  return wire::read_request_head(bytes, limits.target, head);
}

// --- bodies ---

bool RequestReader::await_body(const wire::RequestHead& head, std::string_view bytes, Route route,
                               const Settings& settings, BodyBudget& budget) {
  const bool form = route == Route::subscribe && head.method == "POST";
  const bool kept = form || (route == Route::publish && (head.method == "POST" || head.method == "PUT"));
  BodyBudget::Share share(budget, form ? BodyBudget::Sort::form : BodyBudget::Sort::push);
  const auto length = static_cast<std::size_t>(head.content_length.value_or(0));
  if (kept && !head.chunked && !share.grow(length, settings.max_bodies)) return false;
  incoming_ = std::make_unique<Incoming>(bytes, body_limit(route, settings),
                                         kept ? Incoming::Use::kept : Incoming::Use::ignored, std::move(share));
  return true;
}

void RequestReader::read_away(std::string_view bytes) {
  incoming_ = std::make_unique<Incoming>(bytes, kMostReadAway, Incoming::Use::answered, BodyBudget::Share());
}

Result<std::unique_ptr<Incoming>> RequestReader::read_body(Unread& unread, const Settings& settings) {
  Incoming& incoming = *incoming_;
  while (!unread.bytes.empty() && !incoming.reader.done()) {
    const std::string_view piece = incoming.reader.next(unread.bytes);
    if (!incoming.reader.wrong().empty())
      return bad_request("the request's body can't be read: " + std::string(incoming.reader.wrong()));
    switch (incoming.add(piece, settings.max_bodies)) {
      case Incoming::Took::all:
        break;
      case Incoming::Took::too_long: {
        const std::string_view path = wire::split_target(incoming.head.target).path;
        return body_too_long(route_of(path, settings.prefix, settings.has_upstream), incoming.limit);
      }
      case Incoming::Took::no_room:
        return no_room_for_body();
    }
  }
  if (!incoming.reader.done()) return std::unique_ptr<Incoming>();
  return std::exchange(incoming_, nullptr);
}

Refusal no_room_for_body() { return {503, "no room for another body now (a share of --max-memory)"}; }

}  // namespace martd::http
