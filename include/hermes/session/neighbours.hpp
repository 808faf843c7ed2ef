#pragma once

#include <cstdint>

#include "hermes/transport/mpi_environment.hpp"

namespace hermes::session {

/// What the ranks of a host know of each other.
struct Neighbours {
  transport::HostRanks ranks;  ///< with the control groups of each
  std::uint32_t threads = 1;   ///< for BLAS, in this rank
};

/// Every rank calls it, once MPI has started and within a StartDeadline.
Neighbours find_neighbours();

}  // namespace hermes::session
