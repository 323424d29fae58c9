#include "server_process.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

/// The parent of a process, or 0 when it is gone. The command's name in /proc/PID/stat may hold spaces and brackets.
int parent_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  if (name_end == line.npos || name_end + 4 > line.size()) return 0;
  return std::atoi(line.c_str() + name_end + 4);
}

}  // namespace

ServerProcess::ServerProcess(int root) : pids_{root} {
  std::vector<std::pair<int, int>> parents;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == name.npos) parents.emplace_back(std::stoi(name), parent_of(name));
  }
  for (std::size_t i = 0; i < pids_.size(); ++i) {
    for (const auto& [pid, parent] : parents) {
      if (parent == pids_[i]) pids_.push_back(pid);
    }
  }
  for (const int pid : pids_) {
    clockid_t clock{};
    if (clock_getcpuclockid(pid, &clock) != 0) throw std::runtime_error("no such process: " + std::to_string(pid));
    clocks_.push_back(clock);
  }
}

Nanoseconds ServerProcess::cpu() const {
  Nanoseconds sum = 0;
  for (const clockid_t clock : clocks_) {
    timespec t{};
    if (clock_gettime(clock, &t) != 0) throw std::runtime_error("a process of the server has ended");
    sum += t.tv_sec * Nanoseconds{1'000'000'000} + t.tv_nsec;
  }
  return sum;
}

std::uint64_t ServerProcess::memory() const {
  std::uint64_t kilobytes = 0;
  for (const int pid : pids_) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("Pss:", 0) == 0) kilobytes += std::strtoull(line.c_str() + 4, nullptr, 10);
    }
  }
  return kilobytes * 1024;
}

}  // namespace bench
