#pragma once

#include <string_view>

namespace hermes::detail {

/// Prints rank (where a launcher told it), place, condition and message; then aborts.
[[noreturn]] void assertion_failed(std::string_view condition, std::string_view message,
                                   const char* file, int line) noexcept;

}  // namespace hermes::detail

/// A precondition or invariant of Hermes itself. Always on; keep it cheap.
#define HERMES_ASSERT(condition, message)                                            \
  do {                                                                               \
    if (!(condition)) {                                                              \
      ::hermes::detail::assertion_failed(#condition, (message), __FILE__, __LINE__); \
    }                                                                                \
  } while (false)

/// The same for hot loops: only in builds without NDEBUG.
#ifdef NDEBUG
#define HERMES_DEBUG_ASSERT(condition, message) static_cast<void>(0)
#else
#define HERMES_DEBUG_ASSERT(condition, message) HERMES_ASSERT(condition, message)
#endif
