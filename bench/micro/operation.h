#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace micro {

/// Does an operation so many times.
using Body = std::function<void(std::size_t count)>;

/// One operation of a room that knows no sockets. `make` sets up what it works on, which is not measured, and throws
/// where it would not do what its name says.
struct Operation {
  std::string_view name;
  Body (*make)();
};

std::vector<Operation> push_operations();
std::vector<Operation> frame_operations();
std::vector<Operation> wire_operations();

/// The compiler has to take it that somebody looks at `value`.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");  // NOLINT(hicpp-no-assembler)
}

/// `operation` as a body.
template <class F>
Body times(F operation) {
  return [operation = std::move(operation)](std::size_t count) mutable {
    for (std::size_t i = 0; i < count; ++i) operation();
  };
}

inline void expect(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace micro
