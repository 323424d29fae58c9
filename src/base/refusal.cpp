#include "base/refusal.h"

#include <boost/throw_exception.hpp>
#include <stdexcept>

namespace martd {

void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where) {
  boost::throw_exception(std::logic_error("a value was asked of a refusal: " + refusal.message), where);
}

}  // namespace martd
