#pragma once

#include <optional>
#include <thread>

namespace hermes::session {

/// While this object lives, the ranks wait for each other: MPI starts, or all share what they know.
/// Open MPI waits without end for a rank that has died, and nobody is there yet who would miss it.
/// After HERMES_START_SECONDS (300) the process says so and ends with exit code 3. A simulated rank
/// has no such deadline, as its time is not that of threads. Throws ConfigError for a variable that
/// is no number of seconds.
class StartDeadline {
 public:
  StartDeadline();

 private:
  std::optional<std::jthread> watch_;  // its end stops it
};

}  // namespace hermes::session
