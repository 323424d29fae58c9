#include "server/access_lines.h"

#include <chrono>
#include <cstdio>
#include <string_view>

#include "base/json_string.h"
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
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.6f", std::chrono::duration<double>(entry.took).count());
  const std::string peer = entry.peer.to_string();
  const std::string method = visible(entry.method);
  const std::string path = visible(entry.path);
  const std::string bytes = std::to_string(entry.bytes);
  if (format == LogFormat::text) {
    const std::string status = entry.status == 0 ? "-" : std::to_string(entry.status);
    const std::string upstream = entry.upstream.empty() ? "-" : visible(entry.upstream);
    return peer + ' ' + method + ' ' + path + ' ' + status + ' ' + bytes + ' ' + seconds + ' ' + upstream;
  }
  std::string out = "\"peer\":";
  append_json_string(out, peer);
  out += ",\"method\":";
  append_json_string(out, method);
  out += ",\"path\":";
  append_json_string(out, path);
  out += ",\"status\":" + (entry.status == 0 ? "null" : std::to_string(entry.status));
  out += ",\"bytes\":" + bytes + ",\"seconds\":" + seconds + ",\"upstream\":";
  if (entry.upstream.empty()) return out + "null";
  append_json_string(out, visible(entry.upstream));
  return out;
}

http::AccessLog access_log(const Options& options) {
  if (!options.access_log) return {};
  return [format = options.log_format](const http::AccessEntry& entry) {
    write_access_line(access_line(entry, format), format);
  };
}

}  // namespace martd
