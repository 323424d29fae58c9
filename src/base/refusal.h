#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace martd {

/// Why a request is not served: an HTTP status and a sentence that names the parameter and what is taken.
struct Refusal {
  int status = 400;
  std::string message;
};

/// Called by boost::system::result when a value is asked of a refusal: a programming error.
[[noreturn]] void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Refusal>;

inline Refusal bad_request(std::string message) { return Refusal{400, std::move(message)}; }

}  // namespace martd
