#include "server/access_lines.h"

#include <chrono>
#include <cstdio>
#include <string_view>

#include "base/json_writer.h"
#include "process/log.h"

namespace martd {
namespace {

constexpr std::size_t kMostOfPath = 1000;

/// What a line of text can't be broken with.
std::string visible(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text.substr(0, kMostOfPath)) {
    if (c > ' ' && c < 0x7F) {
      out += c;
    } else {
      out += {'%', kDigits[static_cast<unsigned char>(c) >> 4], kDigits[c & 0xF]};
    }
  }
  if (text.size() > kMostOfPath) out += "...";
  return out;
}

}  // namespace

std::string access_line(const http::AccessEntry& entry, LogFormat format) {
  const std::string peer = entry.peer.to_string();
  const std::string method = visible(entry.method);
  const std::string path = visible(entry.path);
  if (format == LogFormat::text) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.6f", std::chrono::duration<double>(entry.took).count());
    const std::string status = entry.status == 0 ? "-" : std::to_string(entry.status);
    const std::string upstream = entry.upstream.empty() ? "-" : visible(entry.upstream);
    return peer + ' ' + method + ' ' + path + ' ' + status + ' ' + std::to_string(entry.bytes) + ' ' + seconds + ' ' +
           upstream;
  }
  std::string out;
  JsonObject json(out);
  json.string("peer", peer).string("method", method).string("path", path);
  entry.status == 0 ? json.null("status") : json.number("status", entry.status);
  json.number("bytes", entry.bytes).seconds("seconds", entry.took, 6);
  entry.upstream.empty() ? json.null("upstream") : json.string("upstream", visible(entry.upstream));
  return out.substr(1);  // its members are part of the log's object
}

http::AccessLog access_log(const Options& options) {
  if (!options.access_log) return {};
  return [format = options.log_format](const http::AccessEntry& entry) {
    write_access_line(access_line(entry, format), format);
  };
}

}  // namespace martd
