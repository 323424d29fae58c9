// Micro-benchmarks of the rooms that know no sockets.
//
//   micro list              the operations' names
//   micro try               each a few times: whether they work
//   micro NAME SECONDS      one line of JSON: CPU ns for each, and instructions where the processor counts them for us
//   micro NAME count N      N times and nothing else; under callgrind, collect in `micro_counted` only

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../client/clock.h"
#include "counter.h"
#include "operation.h"

/// Where what is counted begins and ends: a name that callgrind finds.
extern "C" [[gnu::noinline]] void micro_counted(const micro::Body& body, std::size_t count) { body(count); }

namespace {

using bench::Nanoseconds;
using micro::Body;
using micro::Operation;

std::vector<Operation> all_operations() {
  auto all = micro::push_operations();
  for (const auto& more : {micro::frame_operations(), micro::wire_operations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

const Operation& find(const std::vector<Operation>& all, std::string_view name) {
  for (const Operation& operation : all) {
    if (operation.name == name) return operation;
  }
  throw std::runtime_error("no such operation (micro list has them): " + std::string(name));
}

Nanoseconds cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * Nanoseconds{1'000'000'000} + t.tv_nsec;
}

/// In pieces of some milliseconds: the median of them doesn't see what else the machine did in one of them.
void measure(const Operation& operation, double seconds) {
  constexpr Nanoseconds kPiece = 4'000'000;
  const Body body = operation.make();
  std::size_t count = 1000;
  Nanoseconds took = 0;
  for (;; count *= 2) {
    const auto begin = cpu_time();
    micro_counted(body, count);
    took = cpu_time() - begin;
    if (took >= kPiece) break;
  }
  std::vector<double> pieces;
  const micro::InstructionCounter counter;
  const auto instructions = counter.read();
  std::size_t operations = 0;
  const auto end = bench::now() + bench::from_seconds(seconds);
  do {
    const auto begin = cpu_time();
    micro_counted(body, count);
    pieces.push_back(static_cast<double>(cpu_time() - begin) / static_cast<double>(count));
    operations += count;
  } while (bench::now() < end);
  const auto instructions_after = counter.read();
  const auto middle = pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() / 2);
  std::nth_element(pieces.begin(), middle, pieces.end());
  std::printf("{\"question\":\"micro\",\"operations\":%zu,\"cpu_ns\":%.4g", operations, *middle);
  if (instructions && instructions_after) {
    std::printf(",\"instructions\":%.1f",
                static_cast<double>(*instructions_after - *instructions) / static_cast<double>(operations));
  }
  std::puts("}");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto all = all_operations();
    if (words.size() == 1 && words[0] == "list") {
      for (const Operation& operation : all) std::printf("%s\n", std::string(operation.name).c_str());
    } else if (words.size() == 1 && words[0] == "try") {
      for (const Operation& operation : all) operation.make()(3);
    } else if (words.size() == 2) {
      measure(find(all, words[0]), std::atof(argv[2]));
    } else if (words.size() == 3 && words[1] == "count") {
      micro_counted(find(all, words[0]).make(), std::strtoull(argv[3], nullptr, 10));
    } else {
      throw std::runtime_error("taken: micro list, micro try, micro NAME SECONDS, micro NAME count N");
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "micro: %s\n", error.what());
    return 1;
  }
}
