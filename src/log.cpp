#include "log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>

#include "wire/text.h"

namespace martd {
namespace {

/// `%*`: the message as the inside of a JSON string.
class JsonText final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string clean;
    wire::append_utf8_lossy(clean, {message.payload.data(), message.payload.size()});
    std::string text;
    wire::append_json_string(text, clean);
    out.append(text.data() + 1, text.data() + text.size() - 1);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonText>(); }
};

}  // namespace

void set_log(const Options& options) {
  auto log = std::make_shared<spdlog::logger>("martd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (options.log_format == LogFormat::json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<JsonText>('*').set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%*"})");
    log->set_formatter(std::move(formatter));
  } else {
    log->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  }
  switch (options.log_level) {
    case LogLevel::debug:
      log->set_level(spdlog::level::debug);
      break;
    case LogLevel::info:
      log->set_level(spdlog::level::info);
      break;
    case LogLevel::warning:
      log->set_level(spdlog::level::warn);
      break;
    case LogLevel::error:
      log->set_level(spdlog::level::err);
      break;
  }
  spdlog::set_default_logger(std::move(log));
}

}  // namespace martd
