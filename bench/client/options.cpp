#include "options.h"

#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>

namespace bench {
namespace {

template <class Number>
Number number(std::string_view name, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error(std::string(name) + ": not a number: " + std::string(text));
  }
  return value;
}

std::vector<std::size_t> numbers(std::string_view name, std::string_view text) {
  std::vector<std::size_t> values;
  while (!text.empty()) {
    const auto comma = text.find(',');
    values.push_back(number<std::size_t>(name, text.substr(0, comma)));
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  return values;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options o;
  using Take = std::function<void(std::string_view name, std::string_view value)>;
  const auto into = [](auto& field) -> Take {
    using Number = std::remove_reference_t<decltype(field)>;
    return [&field](std::string_view name, std::string_view value) { field = number<Number>(name, value); };
  };
  const auto text = [](std::string& field) -> Take {
    return [&field](std::string_view, std::string_view value) { field = value; };
  };
  const auto flag = [](bool& field) -> Take {
    return [&field](std::string_view, std::string_view value) { field = value == "1"; };
  };
  const std::map<std::string_view, Take> known = {
      {"--dialect", text(o.dialect)},
      {"--kind", text(o.kind)},
      {"--levels", [&o](std::string_view name, std::string_view value) { o.levels = numbers(name, value); }},
      {"--port", into(o.port)},
      {"--publish-port", into(o.publish_port)},
      {"--pid", into(o.pid)},
      {"--core", into(o.core)},
      {"--rest", flag(o.rest)},
      {"--spin", flag(o.spin)},
      {"--tls", flag(o.tls)},
      {"--subscribers", into(o.subscribers)},
      {"--size", into(o.size)},
      {"--channels", into(o.channels)},
      {"--rate", into(o.rate)},
      {"--batch", into(o.batch)},
      {"--publishers", into(o.publishers)},
      {"--missed", into(o.missed)},
      {"--in-flight", into(o.in_flight)},
      {"--seconds", into(o.seconds)},
      {"--warmup", into(o.warmup)},
      {"--limit", into(o.limit)},
  };
  if (argc < 2) throw std::runtime_error("no question: load QUESTION --port N --pid N [--name value …]");
  o.question = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const auto option = known.find(argv[i]);
    if (option == known.end()) throw std::runtime_error("unknown option: " + std::string(argv[i]));
    if (i + 1 == argc) throw std::runtime_error("no value: " + std::string(argv[i]));
    option->second(argv[i], argv[i + 1]);
  }
  if (o.port == 0 || o.pid == 0) throw std::runtime_error("--port and --pid of the server are needed");
  if (o.publish_port == 0) o.publish_port = o.port;
  return o;
}

}  // namespace bench
