#pragma once

#include <optional>

#include "hermes/core/id.hpp"
#include "hermes/transport/local_time.hpp"

/// The simulated cluster that the program may run on (SimGrid's SMPI): all ranks are in one process
/// and take turns, computing takes no time but what is charged, and time is virtual.
namespace hermes::transport {

/// This rank of a simulated cluster; none on a real machine. Valid before MPI is started.
std::optional<Rank> simulated_rank();

/// Virtual time passes as it would on this rank's host for so many floating-point operations.
/// Nothing happens on a real machine.
void simulate_compute(double flops);

/// The time of a simulated rank that talks to itself only. Requires: simulated_rank(), and MPI has
/// been started.
LocalTime simulated_time();

}  // namespace hermes::transport
