#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hermes::doctor {

/// The library that the program was compiled with and the one that it runs with. A version is
/// "4.1.4", or whatever the library says of itself.
struct Versions {
  std::string built;
  std::string running;
};

/// What one rank knows of the machine, the job and the libraries around it. Bytes are bytes; what
/// is not known is empty.
struct RankFacts {
  Versions mpi;
  std::string mpirun;        ///< first line of `mpirun --version`; empty: none in PATH
  std::string srun;          ///< first line of `srun --version`; empty: it did not start this rank
  bool has_threads = false;  ///< MPI grants MPI_THREAD_FUNNELED
  std::string transport;     ///< the user's choice of MPI transports; empty: MPI's own
  std::string missing_interface;  ///< named in that choice, but not on this host

  std::uint32_t ranks = 1;  ///< of the job, as MPI says
  std::uint32_t ranks_on_host = 1;
  std::optional<std::uint32_t> ranks_asked;  ///< as the launcher says

  std::uint32_t host_cores = 1;
  std::uint32_t own_cores = 1;        ///< that this rank may run on
  std::uint32_t sharing_cores = 1;    ///< ranks that may run on the same ones
  std::optional<double> quota_cores;  ///< as much as the control group grants all ranks on the host

  std::string blas_core;                   ///< whose kernels OpenBLAS uses
  std::optional<std::string> better_core;  ///< whose it should use
  std::optional<std::string> asked_core;   ///< the user's OPENBLAS_CORETYPE
  std::uint32_t blas_threads = 1;
  std::string vector_kernels;

  Versions hdf5;

  std::optional<std::uint64_t> memory;  ///< that the rank may use; empty: no limit
  std::string memory_source;

  std::optional<std::string> slurm_job;
  std::optional<std::uint32_t> slurm_tasks;  ///< that it has room for

  std::optional<std::uint64_t> shared_memory_free;  ///< of /dev/shm, before MPI took its part
  std::string directory;                            ///< that all ranks should see
  bool sees_directory = true;
};

}  // namespace hermes::doctor
