#pragma once

#include <chrono>

namespace hermes {

/// The clock of a run. It has no `now()`: time comes from the transport (real or simulated) and
/// is handed to every decision as an argument.
struct RunClock {
  using rep = double;
  using period = std::ratio<1>;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<RunClock>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): std's name
};

using Duration = RunClock::duration;   ///< seconds, double precision
using Instant = RunClock::time_point;  ///< since the start of the transport

constexpr Duration seconds(double value) {
  return Duration(value);
}
constexpr Instant at_seconds(double value) {
  return Instant(Duration(value));
}

}  // namespace hermes
