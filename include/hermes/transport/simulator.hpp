#pragma once

#include <optional>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/transport/local_time.hpp"

/// The simulated cluster that the program may run on (SimGrid's SMPI): all ranks are in one process
/// and take turns, computing takes no time but what is charged, and time is virtual.
namespace hermes::transport {

/// This rank of a simulated cluster; none on a real machine. Valid before MPI is started.
std::optional<Rank> simulated_rank();

/// Virtual time passes as it would on this rank's host for so many floating-point operations.
/// Nothing happens on a real machine.
void simulate_compute(double flops);

/// Work of a simulated rank whose time has not passed yet. Ranks change places whenever time
/// passes, and each finds the caches full of another's parameters; so a few milliseconds are saved
/// up. On a real machine nothing is ever owed.
class OwedTime {
 public:
  void add(double flops);
  Duration owed() const { return seconds(owed_flops_ / flops_per_second_); }
  /// Before anything that others can see.
  void pass();

 private:
  double owed_flops_ = 0.0;
  double flops_per_second_ = 1.0;  ///< of this host, at full speed; known once something is owed
};

/// The time of a simulated rank that talks to itself only. Requires: simulated_rank(), and MPI has
/// been started.
LocalTime simulated_time();

}  // namespace hermes::transport
