#include "admin/watching.h"

#include <utility>

#include "admin/answers.h"
#include "push/overseer.h"
#include "wire/event_stream.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBytesATime = 256 << 10;
constexpr auto kLookEvery = 200ms;
/// Silence after which a stream gets a sign, so that one whose reader is gone is noticed.
constexpr int kLooksOfSilence = 25;
constexpr auto kSendPatience = 5s;
constexpr auto kPollPatience = 60s;

bool send(httplib::DataSink& sink, std::string_view text) { return sink.write(text.data(), text.size()); }

}  // namespace

Watching::Lease Watching::enter() {
  if (count_->fetch_add(1) >= kMost) {
    count_->fetch_sub(1);
    return nullptr;
  }
  return Lease(count_.get(), [count = count_](const void*) { count->fetch_sub(1); });
}

void Watching::figures(httplib::Response& response, Lease lease) const {
  response.set_chunked_content_provider(
      "text/event-stream", [this, lease = std::move(lease), generation = generation_.load(), seen = std::uint64_t{0},
                            begun = false](std::size_t, httplib::DataSink& sink) mutable {
        if (!std::exchange(begun, true))
          return send(
              sink, std::string(wire::kEventStreamOpening) + "event: recent\ndata: " + sampler_.recent_json() + "\n\n");
        const auto tick = sampler_.after(seen, 2s);
        if (over(generation)) return sink.done(), true;
        if (!tick) return send(sink, wire::kEventStreamHeartbeat);
        seen = tick->number;
        return send(sink, "event: stats\ndata: " + *tick->stats + "\n\n");
      });
}

void Watching::channel(httplib::Response& response, Lease lease, const std::string& name, push::Cursor after) const {
  response.set_chunked_content_provider(
      "text/event-stream", [this, lease = std::move(lease), name, after, generation = generation_.load(), silent = 0,
                            begun = false](std::size_t, httplib::DataSink& sink) mutable {
        std::string text;
        const bool first = !std::exchange(begun, true);
        if (first) text = wire::kEventStreamOpening;
        const std::size_t opening = text.size();
        push::Etag clock{};
        const auto look = gate_.with([&](PublicSide& side) {
          clock = push::origin_at(side.now());
          return push::Overseer(side.hub()).read(name, after, kBytesATime, side.now());
        });
        if (!look || over(generation)) return sink.done(), true;
        if (const auto& resume = *look) {
          after = {push::Cursor::Kind::after, resume->cursor};
          if (const push::Missed missed = resume->missed())
            wire::append_missed_event(text, push::to_string(resume->cursor), name, missed);
          for (const push::Message& message : resume->messages) {
            if (!message.visible()) continue;
            wire::append_id(text, push::to_string(message.etag));
            wire::append_json_event_rest(text, name, message);
          }
        } else if (after.kind == push::Cursor::Kind::now) {
          after = {};  // it isn't there yet: everything in it will be new
        }
        // As every stream: who is cut off before the first message comes back to here.
        if (first && text.size() == opening) {
          const wire::Position place{name, *look ? (*look)->cursor : clock};
          wire::append_sub_event(text, std::span(&place, 1));
        }
        if (text.empty() && ++silent >= kLooksOfSilence) text = wire::kEventStreamHeartbeat;
        if (text.empty()) {
          sampler_.sleep(kLookEvery);
          return sink.is_writable();
        }
        silent = 0;
        return send(sink, text);
      });
}

void Watching::subscribe(const httplib::Request& request, httplib::Response& response, Lease lease,
                         std::string_view query) const {
  const auto peer = wire::parse_address(request.remote_addr);
  std::string target;
  const auto descriptor = gate_.with([&](PublicSide& side) {
    target = side.setup().prefix + "/sub?" + std::string(query);
    return side.connect(peer.value_or(wire::Address()), false);
  });
  if (!descriptor || *descriptor < 0) return answer_error(response, 503, "no event loop takes a connection now");
  const auto inner = inner_.begin(*descriptor);
  InnerRequest::Headers headers;
  for (const char* name : {"Accept", "Last-Event-ID", "If-None-Match"})
    for (std::string& line : lines_of(request, name)) headers.emplace_back(name, std::move(line));
  std::optional<InnerRequest::Head> head;
  if (inner->send("GET", target, headers, {}, kSendPatience)) head = inner->read_head(kPollPatience);
  if (!head) return answer_error(response, 504, "no answer within 60 seconds (taken: a .wait below that)");

  response.status = head->status;
  using Names = std::pair<const char*, const char*>;
  for (const auto& [name, lower] :
       {Names{"ETag", "etag"}, Names{"X-Accel-Buffering", "x-accel-buffering"}, Names{"Retry-After", "retry-after"}})
    if (const std::string value = head->header(lower); !value.empty()) response.set_header(name, value);
  const std::string type = head->header("content-type");
  if (head->headers.contains("content-length") || head->status == 304) {
    std::string body;
    if (!inner->read_all(body, kSendPatience)) return answer_error(response, 504, "the answer didn't come whole");
    if (head->status != 304) response.set_content(body, type.c_str());
    return;
  }
  response.set_chunked_content_provider(type.c_str(),
                                        [this, inner, lease = std::move(lease), generation = generation_.load()](
                                            std::size_t, httplib::DataSink& sink) mutable {
                                          std::string text;
                                          switch (inner->read(text, 500ms)) {
                                            case InnerRequest::Read::some:
                                              return send(sink, text);
                                            case InnerRequest::Read::nothing:
                                              if (over(generation)) break;
                                              return sink.is_writable();
                                            case InnerRequest::Read::end:
                                              break;
                                          }
                                          return sink.done(), true;
                                        });
}

}  // namespace martd::admin
