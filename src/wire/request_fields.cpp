#include "wire/request_fields.h"

#include <string>

#include "wire/query.h"

namespace martd::wire {
namespace {

/// The lengths of the names that may stand once: they tell them from most others.
constexpr std::uint32_t kLengths = [] {
  std::uint32_t lengths = 0;
  for (const RequestField& row : kRequestFields)
    if (row.lines == Lines::once) lengths |= std::uint32_t{1} << row.name.size();
  return lengths;
}();

constexpr std::size_t kNone = kRequestFields.size();

/// Its row, if it may stand once.
std::size_t row_of(std::string_view name) {
  if (name.size() >= 32 || (kLengths >> name.size() & 1) == 0) return kNone;
  for (std::size_t row = 0; row < kNone; ++row)
    if (kRequestFields[row].lines == Lines::once && iequals(kRequestFields[row].name, name)) return row;
  return kNone;
}

}  // namespace

std::optional<Refusal> refuse_repeated(const Fields& fields) {
  static_assert(kNone <= 64);
  std::uint64_t seen = 0;  // a bit a row
  for (const Field& field : fields) {
    const std::size_t row = row_of(field.name);
    if (row == kNone) continue;
    const std::uint64_t bit = std::uint64_t{1} << row;
    if ((seen & bit) != 0 && fields.value(field.name) != field.value)
      return bad_request(std::string(field.name) + ": given twice, and not the same (taken: once)");
    seen |= bit;
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_body_fields(const Fields& fields) {
  bool part = false;
  fields.each("Content-Range", [&](std::string_view) { part = true; });
  if (part) return bad_request("Content-Range: a part of a body is not taken (taken: all of it)");
  std::string joined;
  for (std::string_view list = fields.list("Content-Encoding", joined); !list.empty();) {
    const std::string_view coding = next_element(list);
    if (!coding.empty() && !iequals(coding, kTakenCodings))
      return Refusal{415, "Content-Encoding: " + shown(coding) +
                              " is not unpacked here (taken: " + std::string(kTakenCodings) + ")"};
  }
  return std::nullopt;
}

}  // namespace martd::wire
