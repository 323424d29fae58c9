#pragma once

#include <boost/container/small_vector.hpp>
#include <string_view>

#include "wire/text.h"

namespace martd::wire {

/// One header field (RFC 9110 section 5). Views into the head that it was read from; the value without the white space
/// around it.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// The fields of one head, in their order. Room for those of ordinary requests without an allocation.
class Fields : public boost::container::small_vector<Field, 24> {
 public:
  /// The value of the first of that name (compared without case), or empty.
  std::string_view value(std::string_view name) const {
    for (const Field& field : *this)
      if (field.name.size() == name.size() && iequals(field.name, name)) return field.value;
    return {};
  }
  /// Calls `visit` with the value of each of that name.
  template <class Visit>
  void each(std::string_view name, Visit visit) const {
    for (const Field& field : *this)
      if (field.name.size() == name.size() && iequals(field.name, name)) visit(field.value);
  }
};

/// Whether `token` is in the list (RFC 9110 section 5.6.1), compared without case; `token` is in lower case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace martd::wire
