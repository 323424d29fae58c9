#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "run.h"

namespace bench {

/// The one line of JSON that a run prints.
class Report {
 public:
  explicit Report(const Options& o) {
    text("question", o.question);
    text("dialect", o.dialect);
  }

  Report& number(std::string_view name, double value) {
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.10g", value);
    return raw(name, digits);
  }
  Report& text(std::string_view name, std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return raw(name, quoted + '"');
  }
  /// The server's CPU time for each of `operations`, and how busy it was: near 1, the server was what limited.
  Report& cost(const Stopwatch& watch, double operations) { return cost(watch.cpu(), watch.time(), operations); }
  Report& cost(Nanoseconds cpu, Nanoseconds time, double operations) {
    number("operations", operations);
    number("seconds", to_seconds(time));
    number("cpu_us", static_cast<double>(cpu) / 1000 / operations);
    number("per_second", operations / to_seconds(time));
    return number("busy", static_cast<double>(cpu) / static_cast<double>(time));
  }
  Report& latency(const Histogram& h) {
    number("latency_p50_us", h.quantile_us(0.5));
    number("latency_p99_us", h.quantile_us(0.99));
    return number("latency_max_us", h.max_us());
  }

  std::string line() const { return '{' + fields_ + '}'; }

 private:
  Report& raw(std::string_view name, std::string_view value) {
    if (!fields_.empty()) fields_ += ',';
    fields_ += '"';
    fields_ += name;
    fields_ += "\":";
    fields_ += value;
    return *this;
  }

  std::string fields_;
};

}  // namespace bench
