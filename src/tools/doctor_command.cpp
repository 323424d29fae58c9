#include "tools/doctor_command.h"

#include <cstdio>

#include "base/units.h"
#include "tools/client_command.h"
#include "tools/diagnosis.h"
#include "tools/doctor_probe.h"
#include "tools/server_option.h"
#include "wire/origin.h"

namespace martd::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kUsage =
    "Usage: martd doctor URL [options]\n"
    "\n"
    "Tries a server as its clients see it, through whatever stands before it. Each line says PASS, WARN or FAIL, and\n"
    "below it what to change, for nginx, HAProxy and Caddy. It publishes to a channel of its own where it may, and is\n"
    "best run from another machine than the server's.";

constexpr std::string_view kFooter =
    "URL is where clients find the server: http://HOST[:PORT][/PREFIX] or https://...\n"
    "Exit code: 0 nothing failed; 1 something did; 2 wrong use.";

/// The longest that anything but a heartbeat may take.
constexpr Duration kPatience = 5s;

/// Prints findings as they come.
class Report {
 public:
  void add(const Finding& finding) {
    failed_ |= finding.grade == Grade::fail;
    std::fputs(text_of(finding).c_str(), stdout);
    std::fflush(stdout);
  }
  bool failed() const { return failed_; }

 private:
  bool failed_ = false;
};

struct Settings {
  ServerOption server;
  std::string secret;
  std::string origin;  ///< empty: none to try
  bool outside;
  Duration wait;
};

int examine(const Settings& settings) {
  Report report;
  const ServerOption& server = settings.server;
  DoctorProbe probe(server.address, server.certificate, settings.secret, random_name("doctor-"));
  const SeenReach reach = probe.reach();
  const SeenTls tls = probe.tls(server.certificate == Certificate::verified);
  report.add(judge(reach));
  if (server.address.tls || reach.problem.empty()) report.add(judge(tls));
  if (!reach.martd) return 1;
  report.add(judge(probe.clock()));
  report.add(judge(probe.keep_alive()));
  report.add(judge(probe.pushing(settings.outside)));
  report.add(judge(probe.own_pages()));
  if (!settings.origin.empty()) report.add(judge(probe.origin(settings.origin)));
  const Duration patience = std::min(kPatience, std::max<Duration>(settings.wait, 1s));
  report.add(judge(probe.compression(patience)));
  report.add(judge(probe.stream(patience)));
  report.add(judge(probe.delivery(patience)));
  report.add(judge(probe.resume(patience)));
  report.add(judge(probe.heartbeat(settings.wait)));
  return report.failed() ? 1 : 0;
}

}  // namespace

const command::CommandText& doctor_command_text() {
  constexpr std::string_view kWhat = "What is tried";
  static const command::CommandText text{
      kUsage,
      kFooter,
      {
          kInsecureOption,
          kAuthoritiesOption,
          kSecretOption,
          {"origin", "ORIGIN", kWhat, "another site whose pages are to use it, as\nhttps://www.example"},
          {"wait", "DURATION", kWhat, "for a heartbeat (20s)"},
          {"outside", "", kWhat, "this machine is not to publish without a secret\n(so it is, unless URL is loopback)"},
          {"inside", "", kWhat, "this machine may publish by its address"},
      },
  };
  return text;
}

namespace {

int run(const command::CommandLine& line, const command::Environment& environment) {
  if (line.arguments.size() != 1) return wrong_use("URL is missing (taken: martd doctor URL)");
  const auto given = server_at(line.arguments[0], "URL", line);
  if (const auto* wrong = std::get_if<command::Wrong>(&given)) return wrong_use(wrong->line);
  const auto secret = secret_option(line, environment);
  if (const auto* wrong = std::get_if<command::Wrong>(&secret)) return wrong_use(wrong->line);
  const std::string origin = value_or(line, "origin", "");
  if (!origin.empty() && (!wire::OriginList::parse(origin) || origin == "*" || origin.find(',') != origin.npos)) {
    return wrong_use("--origin: not an origin: " + origin + " (taken: one, as https://www.example)");
  }
  const auto wait = parse_duration(value_or(line, "wait", "20s"));
  if (!wait || *wait > std::chrono::hours(1)) {
    return wrong_use("--wait: not a duration: " + value_or(line, "wait", "") +
                     " (taken: " + std::string(kDurationForms) + ", up to 1h)");
  }
  if (line.values.contains("inside") && line.values.contains("outside"))
    return wrong_use("--inside: --outside is given, too (taken: one of them)");

  const auto& server = std::get<ServerOption>(given);
  const bool outside =
      line.values.contains("outside") || (!line.values.contains("inside") && !is_local(server.address));
  return examine({server, std::get<std::string>(secret), origin, outside, *wait});
}

}  // namespace

int doctor_command(const std::vector<std::string>& arguments, const command::Environment& environment) {
  return client_command(doctor_command_text(), arguments, environment, run);
}

}  // namespace martd::tools
