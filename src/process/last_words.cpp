#include "process/last_words.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

namespace martd {
namespace {

/// The system's error, or 0.
int code_of(const std::exception& error) {
  if (const auto* known = dynamic_cast<const std::system_error*>(&error)) return known->code().value();
  if (const auto* known = dynamic_cast<const boost::system::system_error*>(&error)) return known->code().value();
  return 0;
}

[[noreturn]] void end() {
  const std::exception_ptr thrown = std::current_exception();
  if (!thrown) std::abort();
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "martd: ended by an error that nobody expected: %s\n", said_by(error).c_str());
  } catch (...) {
    std::abort();
  }
  ::_exit(1);
}

}  // namespace

void keep_standard_streams() {
  // Each the wrong way round, so that a read or a write fails rather than seems to work.
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      // The lowest free number is this one.
      [[maybe_unused]] const int taken = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

std::string said_by(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "no memory left";
  std::string line = error.what();
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  switch (code_of(error)) {
    case EMFILE:
      return line + " (taken: a higher limit of open files, ulimit -n)";
    case ENFILE:
      return line + " (taken: a higher limit of open files of the whole system, fs.file-max)";
    case EAGAIN:
      return line + " (taken: a higher limit of threads, ulimit -u or a container's of pids, or less --threads)";
    default:
      return line;
  }
}

void tell_last_words() { std::set_terminate(end); }

}  // namespace martd
