// The load generator: puts one question to one running server, checks all that comes back, prints one line of JSON.

#include <sched.h>
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string_view>

#include "client/options.h"
#include "client/report.h"
#include "questions/questions.h"

namespace {

using bench::Options;
using bench::Report;

const std::map<std::string_view, Report (*)(const Options&)> kQuestions = {
    {"fanout", bench::fanout},         {"burst", bench::burst},       {"latency", bench::latency},
    {"loops", bench::loops},           {"longpoll", bench::longpoll}, {"idle", bench::idle},
    {"publish", bench::publish},       {"connect", bench::connect},   {"reconnect", bench::reconnect},
    {"proxy", bench::proxy},           {"store", bench::store},       {"channels", bench::channels},
    {"sweep", bench::sweep},           {"crowd", bench::crowd},       {"backlog", bench::backlog},
    {"handshakes", bench::handshakes}, {"hellos", bench::hellos},
};

void take_core(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("--core: no such core");
}

void raise_open_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  try {
    options = bench::parse_options(argc, argv);
    const auto question = kQuestions.find(options.question);
    if (question == kQuestions.end()) throw std::runtime_error("unknown question: " + options.question);
    take_core(options.core);
    raise_open_files();
    std::puts(question->second(options).line().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::puts(Report(options).text("error", error.what()).line().c_str());
    return 1;
  }
}
