#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace martd::wire {

/// One header field (RFC 9110 section 5). Views into the head that it was read from; the value without the white space
/// around it.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// The fields of one head, in their order. Room for those of ordinary requests without an allocation.
///
/// A request is asked for some twenty names, and has few of them: that one isn't there is nearly always known by its
/// length alone.
class Fields : private boost::container::small_vector<Field, 24> {
  using Lines = boost::container::small_vector<Field, 24>;

 public:
  using typename Lines::const_iterator;
  using typename Lines::iterator;
  using typename Lines::value_type;

  Fields() = default;
  Fields(std::initializer_list<Field> fields) {
    for (const Field& field : fields) push_back(field);
  }

  using Lines::begin;
  using Lines::data;
  using Lines::empty;
  using Lines::end;
  using Lines::erase;
  using Lines::size;
  using Lines::operator[];

  const Field& push_back(const Field& field) {
    lengths_ |= length_bit(field.name);
    return Lines::emplace_back(field);
  }
  void clear() {
    lengths_ = 0;
    Lines::clear();
  }

  /// The value of the first of that name (compared without case), or empty.
  std::string_view value(std::string_view name) const {
    if (!may_have(name)) return {};
    for (const Field& field : *this)
      if (field.name.size() == name.size() && iequals(field.name, name)) return field.value;
    return {};
  }
  /// All lines of that name as one list (RFC 9110 section 5.3). Nearly always there is one, and it is that line's
  /// value; else they are put together in `joined`, which must stay as long as what is returned.
  std::string_view list(std::string_view name, std::string& joined) const {
    if (!may_have(name)) return {};
    const Field* only = nullptr;
    bool several = false;
    for (const Field& field : *this) {
      if (field.name.size() != name.size() || !iequals(field.name, name)) continue;
      if (only == nullptr) {
        only = &field;
        continue;
      }
      if (!several) joined = only->value;
      several = true;
      joined.append(", ").append(field.value);
    }
    if (several) return joined;
    return only == nullptr ? std::string_view() : only->value;
  }
  /// Whether the list of that name has the token (in lower case), in whichever line.
  bool names(std::string_view name, std::string_view token) const;
  /// Calls `visit` with the value of each of that name.
  template <class Visit>
  void each(std::string_view name, Visit visit) const {
    if (!may_have(name)) return;
    for (const Field& field : *this)
      if (field.name.size() == name.size() && iequals(field.name, name)) visit(field.value);
  }

 private:
  static constexpr std::uint64_t length_bit(std::string_view name) { return std::uint64_t{1} << (name.size() & 63); }
  bool may_have(std::string_view name) const { return (lengths_ & length_bit(name)) != 0; }

  std::uint64_t lengths_ = 0;  ///< of all names that were ever here
};

/// Whether `token` is in the list (RFC 9110 section 5.6.1), compared without case; `token` is in lower case.
bool has_token(std::string_view list, std::string_view token);

inline bool Fields::names(std::string_view name, std::string_view token) const {
  bool found = false;
  each(name, [&](std::string_view value) { found |= has_token(value, token); });
  return found;
}

}  // namespace martd::wire
