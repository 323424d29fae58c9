#include "process/log.h"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/json_string.h"
#include "base/utf8.h"

namespace martd {
namespace {

constexpr std::string_view kAccessText = "access text";
constexpr std::string_view kAccessJson = "access json";

/// `%*`: the message as the inside of a JSON string.
class JsonText final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string clean;
    append_utf8_lossy(clean, {message.payload.data(), message.payload.size()});
    std::string text;
    append_json_string(text, clean);
    out.append(text.data() + 1, text.data() + text.size() - 1);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonText>(); }
};

std::unique_ptr<spdlog::formatter> pattern(std::string text) {
  auto made = std::make_unique<spdlog::pattern_formatter>();
  made->add_flag<JsonText>('*').set_pattern(std::move(text));
  return made;
}

/// A line of the access log comes in the format that it was made for, by its logger's name: a reload may change the
/// format between the two.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {
    said_ = pattern(format == LogFormat::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%*"})"
                                              : "%Y-%m-%d %H:%M:%S.%e %l %v");
    access_text_ = pattern("%Y-%m-%d %H:%M:%S.%e access %v");
    access_json_ = pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"access",%v})");
  }

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string_view logger(message.logger_name.data(), message.logger_name.size());
    auto& chosen = logger == kAccessText ? access_text_ : logger == kAccessJson ? access_json_ : said_;
    chosen->format(message, out);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(format_); }

 private:
  LogFormat format_;
  std::unique_ptr<spdlog::formatter> said_, access_text_, access_json_;
};

/// Standard error or a file, which can be changed while others write.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// An empty path: standard error.
  std::optional<std::string> open(const std::string& path) {
    int opened = STDERR_FILENO;
    if (!path.empty()) opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (opened < 0) return "--log-file: can't be written: " + path + ": " + std::strerror(errno);
    const std::lock_guard lock(mutex_);
    if (descriptor_ != STDERR_FILENO) ::close(descriptor_);
    descriptor_ = opened;
    path_ = path;
    return std::nullopt;
  }

  std::optional<std::string> reopen() {
    std::string path;
    {
      const std::lock_guard lock(mutex_);
      path = path_;
    }
    return path.empty() ? std::nullopt : open(path);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* rest = line.data();
    for (std::size_t left = line.size(); left > 0;) {
      const ssize_t written = ::write(descriptor_, rest, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // a full disk: there is nowhere to say so
      rest += written;
      left -= static_cast<std::size_t>(written);
    }
  }
  void flush_() override {}

 private:
  int descriptor_ = STDERR_FILENO;
  std::string path_;
};

/// Made once and never let go of: loops write while a reload changes it.
struct Log {
  Log() {
    spdlog::set_default_logger(said);
    access_text->set_level(spdlog::level::info);
    access_json->set_level(spdlog::level::info);
  }

  std::shared_ptr<LogSink> sink = std::make_shared<LogSink>();
  std::shared_ptr<spdlog::logger> said = std::make_shared<spdlog::logger>("martd", sink);
  std::shared_ptr<spdlog::logger> access_text = std::make_shared<spdlog::logger>(std::string(kAccessText), sink);
  std::shared_ptr<spdlog::logger> access_json = std::make_shared<spdlog::logger>(std::string(kAccessJson), sink);
};

Log& log() {
  static Log& made = *new Log;
  return made;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

std::optional<std::string> set_log(const LogSettings& settings) {
  if (auto wrong = log().sink->open(settings.file)) return wrong;
  log().sink->set_formatter(std::make_unique<LineFormatter>(settings.format));
  log().said->set_level(level_of(settings.level));
  return std::nullopt;
}

void write_to_standard_error(std::string_view lines, LogFormat format) {
  spdlog::memory_buf_t out;
  if (format == LogFormat::text) out.append(lines.data(), lines.data() + lines.size());
  for (LineFormatter formatter(format); format == LogFormat::json && !lines.empty();) {
    const std::size_t end = lines.find('\n');
    std::string_view line = lines.substr(0, end);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    formatter.format({std::string(), spdlog::level::info, spdlog::string_view_t(line.data(), line.size())}, out);
    lines.remove_prefix(std::min(end, lines.size() - 1) + 1);
  }
  std::fwrite(out.data(), 1, out.size(), stderr);
}

void reopen_log() {
  if (const auto wrong = log().sink->reopen()) return spdlog::error("{}", *wrong);
  spdlog::info("log reopened");
}

void write_access_line(std::string_view line, LogFormat format) {
  const auto& logger = format == LogFormat::json ? log().access_json : log().access_text;
  logger->info(spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace martd
