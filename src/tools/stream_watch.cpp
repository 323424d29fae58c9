#include "tools/stream_watch.h"

#include <httplib.h>

#include "tools/http_client.h"
#include "tools/subscription.h"

namespace martd::tools {

StreamWatch::StreamWatch(const ServerAddress& address, Certificate certificate, std::string target, Headers headers)
    : client_(make_http_client(address, certificate)) {
  seen_.asked = Clock::now();
  thread_ = std::thread([this, target = address.prefix + target, headers = std::move(headers)] {
    follow(target, headers);
    const std::lock_guard lock(mutex_);
    over_ = true;
    seen_.ended = Clock::now();
    changed_.notify_all();
  });
}

StreamWatch::~StreamWatch() {
  {
    std::unique_lock lock(mutex_);
    while (!over_) {
      // Again until it has noticed: one that is still connecting has no socket that could be shut.
      lock.unlock();
      client_->stop();
      lock.lock();
      changed_.wait_for(lock, std::chrono::milliseconds(50), [&] { return over_; });
    }
  }
  thread_.join();
}

StreamWatch::Seen StreamWatch::await(Duration limit, const std::function<bool(const Seen&)>& enough) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return over_ || enough(seen_); });
  return seen_;
}

void StreamWatch::follow(const std::string& target, const Headers& headers) {
  client_->set_read_timeout(std::chrono::hours(24));
  client_->set_decompress(false);
  httplib::Headers lines{{"Accept", "text/event-stream"}};
  for (const auto& [name, value] : headers) lines.emplace(name, value);
  LineCutter cutter;
  client_->Get(
      target, lines,
      [this](const httplib::Response& response) {
        const std::lock_guard lock(mutex_);
        seen_.status = response.status;
        seen_.type = response.get_header_value("Content-Type");
        seen_.coding = response.get_header_value("Content-Encoding");
        changed_.notify_all();
        return true;
      },
      [this, &cutter](const char* data, std::size_t size) {
        const auto now = Clock::now();
        const std::lock_guard lock(mutex_);
        if (!seen_.first_byte) seen_.first_byte = now;
        if (!cutter.add({data, size})) return false;
        while (const auto line = cutter.next()) take(*line, now);
        seen_.last_byte = now;
        changed_.notify_all();
        return true;
      });
}

void StreamWatch::take(std::string_view line, Clock::time_point now) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto value = [&](std::string_view name) -> std::optional<std::string> {
    if (!line.starts_with(name)) return std::nullopt;
    line.remove_prefix(name.size());
    if (line.starts_with(' ')) line.remove_prefix(1);
    return std::string(line);
  };
  if (line.starts_with(": heartbeat ")) {
    // How long it may be silent, at its beginning: no sign of life.
  } else if (line.starts_with(':')) {
    seen_.heartbeat = now;
    seen_.silence = now - seen_.last_byte.value_or(seen_.asked);
  } else if (line.empty()) {
    event_.at = now;
    Event event = std::exchange(event_, {});
    if (!event.data.empty() && event.name != "martd.sub") seen_.events.push_back(std::move(event));
  } else if (auto id = value("id:")) {
    event_.id = *std::move(id);
  } else if (auto name = value("event:")) {
    event_.name = *std::move(name);
  } else if (auto data = value("data:")) {
    event_.data += *data;
  }
}

}  // namespace martd::tools
