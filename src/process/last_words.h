#pragma once

#include <exception>
#include <string>

namespace martd {

/// Standard streams that are closed are opened on nothing: reading and writing them fail as before, but no socket or
/// file of ours gets their number, and so no line of the log is written into it. First of all.
void keep_standard_streams();

/// What an exception says, on one line, with what is to be done where the system had no more to give.
std::string said_by(const std::exception& error);

/// From now on an exception that reaches the end of a thread is told in one line on standard error, and ends the
/// process with exit code 1.
void tell_last_words();

}  // namespace martd
