#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hermes/transport/mpi_environment.hpp"

/// Kernels and threads of OpenBLAS for this process. A user's own settings (OPENBLAS_CORETYPE,
/// OPENBLAS_NUM_THREADS, ...) always win.
namespace hermes::session {

/// Where OpenBLAS has taken older kernels than the processor can run, restarts the program with
/// better ones, once: it reads its variable only while it is loaded. Returns where there is nothing
/// to do, on a simulated cluster (a rank is no process there), and with a warning where the restart
/// fails. Call it first of all, before MPI starts.
void restart_with_better_blas(char** argv);

/// The cores that this process may run on. Ranks with equal ids share them.
struct OwnCores {
  std::uint32_t count = 1;
  std::uint64_t id = 0;
  std::optional<double> quota;  ///< cores' worth of time for all ranks of the host together

  /// How many of the ranks that told their ids share them, this one included.
  std::uint32_t sharing(const transport::HostRanks& ranks) const;
};

OwnCores own_cores();

/// BLAS threads for a rank on a host whose ranks told the ids of their cores: what the user's
/// environment says, or else its part of the cores and of the quota. At least 1. Call it before
/// set_blas_threads.
std::uint32_t blas_threads(const OwnCores& cores, const transport::HostRanks& ranks);

/// "OpenBLAS kernels: SkylakeX (chosen by Hermes), 2 threads; vector kernels: AVX-512".
std::string describe_kernels(std::uint32_t threads);

}  // namespace hermes::session
