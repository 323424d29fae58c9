#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "options/option_values.h"
#include "options/options.h"

namespace martd {

using Values = std::vector<std::string>;
struct OptionRow;

/// What is done with an option's field: a kind of value, and where in Options it stands. A row of the table names one
/// (options/option_kinds.h has them).
struct Kind {
  /// Reads one value, or all of a repeatable option.
  Complaint (*set)(const OptionRow&, Options&, const Values&);
  /// The value in use, as it would be given; of a secret only whether there is one.
  std::string (*show)(const OptionRow&, const Options&);
  /// The field alone, and what goes along with it.
  void (*copy)(Options& to, const Options& from);
  /// As far as the field's type can be compared; what can't is never the same.
  bool (*same)(const Options&, const Options&);
  /// What is taken, `1ms to 1d`; empty: the option's form says all.
  std::string (*range)();
};

/// A field of Options, or of a member of it: `Field<&Options::publish, &wire::PublishLimits::max_size>`.
template <auto... Path>
struct Field {
  // A fold: options.*first.*second.
  static auto& of(auto& options) { return (options.*....*Path); }
};

/// What was said of an option whose type can't be shown; else its default.
std::string show_given(const OptionRow& row, const Options& options);

/// A kind by what reads and shows its values: `V::read(row, values, field)`, and where there are `V::show(row, field)`
/// and `V::range()`. `More` are fields that are set as the first is, copied and compared along with it.
template <class V, class First, class... More>
constexpr Kind kind_of() {
  return {
      .set = [](const OptionRow& row, Options& options, const Values& values) -> Complaint {
        Complaint complaint = V::read(row, values, First::of(options));
        if (complaint.empty()) ((More::of(options) = First::of(options)), ...);
        return complaint;
      },
      .show = [](const OptionRow& row, const Options& options) -> std::string {
        if constexpr (requires { V::show(row, First::of(options)); }) return V::show(row, First::of(options));
        return show_given(row, options);
      },
      .copy =
          [](Options& to, const Options& from) {
            First::of(to) = First::of(from);
            ((More::of(to) = More::of(from)), ...);
          },
      .same = [](const Options& a, const Options& b) -> bool {
        if constexpr (std::equality_comparable<std::remove_cvref_t<decltype(First::of(a))>>)
          return First::of(a) == First::of(b) && ((More::of(a) == More::of(b)) && ...);
        return false;
      },
      .range = []() -> std::string {
        if constexpr (requires { V::range(); }) return V::range();
        return {};
      },
  };
}

}  // namespace martd
