#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hermes/doctor/finding.hpp"
#include "hermes/telemetry/human_units.hpp"

namespace hermes::doctor {
namespace {

using telemetry::counted;
using telemetry::human_bytes;

/// Of /dev/shm: what Open MPI's shared-memory transport takes for itself.
constexpr std::uint64_t kSharedMemoryPerRank = std::uint64_t{5} << 20U;
/// A small network, its buffers and the libraries.
constexpr std::uint64_t kMemoryMin = std::uint64_t{128} << 20U;

Finding fine(std::string subject, std::string found) {
  return {Severity::Fine, std::move(subject), std::move(found)};
}

/// "4.1" of "Open MPI v4.1.4, package: ...": the parts that must agree. Empty where there is none.
std::string_view main_version(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    const std::size_t before = text.find_last_not_of(kDigits, dot - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find_first_not_of(kDigits, dot + 1), text.size());
    if (dot > 0 && begin < dot && end > dot + 1) {
      return text.substr(begin, end - begin);
    }
  }
  return {};
}

Finding check_versions(const std::string& subject, const Versions& versions,
                       const std::string& advice) {
  if (main_version(versions.built) == main_version(versions.running)) {
    return fine(subject, versions.running);
  }
  return {Severity::Wrong, subject, versions.running, versions.built + ", as it was built with",
          advice};
}

Finding check_launcher(const RankFacts& facts) {
  const std::string subject = "launcher";
  const std::string found = counted(facts.ranks, "rank");
  if (facts.ranks_asked && *facts.ranks_asked != facts.ranks) {
    return {Severity::Wrong, subject, "jobs of " + found,
            "one job of " + counted(*facts.ranks_asked, "rank"),
            "start it with the mpirun of the MPI library above, or with srun --mpi=pmix"};
  }
  if (!facts.srun.empty()) {
    return fine(subject, found + ", srun of " + facts.srun);
  }
  if (facts.mpirun.empty()) {
    return {facts.ranks > 1 ? Severity::Fine : Severity::Slow, subject,
            found + ", no mpirun in PATH", facts.ranks > 1 ? "" : "mpirun",
            facts.ranks > 1 ? "" : "put the mpirun of the MPI library above into PATH"};
  }
  if (main_version(facts.mpirun) != main_version(facts.mpi.running)) {
    return {Severity::Wrong, subject, facts.mpirun, "one of " + facts.mpi.running,
            "put the mpirun of the same MPI library first in PATH"};
  }
  return fine(subject, found + ", " + facts.mpirun);
}

Finding check_threads(const RankFacts& facts) {
  const std::string subject = "MPI threads";
  if (facts.has_threads) {
    return fine(subject, "MPI_THREAD_FUNNELED");
  }
  return {Severity::Slow, subject, "MPI_THREAD_SINGLE", "MPI_THREAD_FUNNELED",
          "use an MPI library with thread support (prefetch and checkpoints use threads)"};
}

Finding check_cores(const RankFacts& facts) {
  const std::string subject = "cores";
  const std::string found = counted(facts.sharing_cores, "rank") + " on " +
                            counted(facts.own_cores, "core") + " of " +
                            std::to_string(facts.host_cores);
  if (facts.sharing_cores > facts.own_cores) {
    const bool is_bound = facts.own_cores < facts.host_cores;
    return {Severity::Slow, subject, found, "at most one rank per core",
            is_bound ? "mpirun --bind-to none, or fewer ranks on this host"
                     : "fewer ranks on this host"};
  }
  const std::uint32_t used =
      std::min(facts.host_cores, facts.ranks_on_host * (facts.own_cores / facts.sharing_cores));
  if (2 * used <= facts.host_cores && facts.own_cores < facts.host_cores) {
    return {Severity::Slow, subject, found,
            std::to_string(facts.host_cores / facts.ranks_on_host) + " for each rank",
            "mpirun --bind-to none, --map-by slot:PE=" +
                std::to_string(facts.host_cores / facts.ranks_on_host) +
                ", or srun --cpus-per-task"};
  }
  return fine(subject, found);
}

Finding check_blas(const RankFacts& facts) {
  const std::string subject = "OpenBLAS";
  const std::string found = facts.blas_core + " kernels, " + counted(facts.blas_threads, "thread");
  if (facts.better_core) {
    return {Severity::Slow, subject,
            found + (facts.asked_core ? " (OPENBLAS_CORETYPE=" + *facts.asked_core + ")" : ""),
            *facts.better_core + " kernels",
            facts.asked_core ? "unset OPENBLAS_CORETYPE"
                             : "export OPENBLAS_CORETYPE=" + *facts.better_core};
  }
  if (facts.blas_threads * facts.sharing_cores > facts.own_cores && facts.blas_threads > 1) {
    return {Severity::Slow, subject, found,
            "at most " + counted(std::max(1U, facts.own_cores / facts.sharing_cores), "thread"),
            "unset OPENBLAS_NUM_THREADS and OMP_NUM_THREADS"};
  }
  return fine(subject, found + "; vector kernels " + facts.vector_kernels);
}

Finding check_memory(const RankFacts& facts) {
  const std::string subject = "memory";
  if (!facts.memory) {
    return fine(subject, "no limit");
  }
  const std::string found = human_bytes(*facts.memory) + " per rank (" + facts.memory_source + ")";
  if (*facts.memory < kMemoryMin) {
    return {Severity::Wrong, subject, found, "at least " + human_bytes(kMemoryMin),
            "raise that limit, or fewer ranks on this host; hermes plan says what a run needs"};
  }
  return fine(subject, found);
}

Finding check_shared_memory(const RankFacts& facts) {
  const std::string subject = "/dev/shm";
  if (!facts.shared_memory_free) {
    return {Severity::Slow, subject, "none", "a tmpfs",
            "mount one; until then mpirun --mca btl self,tcp"};
  }
  const std::uint64_t needed = kSharedMemoryPerRank * std::max(2U, facts.ranks_on_host);
  const std::string found = human_bytes(*facts.shared_memory_free) + " free";
  if (*facts.shared_memory_free < needed) {
    return {Severity::Wrong, subject, found, "at least " + human_bytes(needed),
            "make it larger (docker run --shm-size=1g), remove what old jobs left there, or "
            "mpirun --mca btl self,tcp"};
  }
  return fine(subject, found);
}

Finding check_directory(const RankFacts& facts) {
  const std::string subject = "shared files";
  if (facts.sees_directory) {
    return fine(subject, facts.directory + (facts.ranks > 1 ? " is one and the same" : ""));
  }
  return {
      Severity::Wrong, subject, facts.directory + " is not that of rank 0",
      "one directory for all ranks",
      "use a shared file system, or data.delivery = \"server\" and copies of the configuration"};
}

}  // namespace

std::vector<Finding> examine(const RankFacts& facts) {
  return {
      check_versions("MPI library", facts.mpi, "load the module it was built with, or build again"),
      check_launcher(facts),
      check_threads(facts),
      fine("transport", facts.transport.empty() ? "chosen by MPI" : facts.transport),
      check_cores(facts),
      check_blas(facts),
      check_versions("HDF5 library", facts.hdf5,
                     "load the module it was built with, or build again"),
      check_memory(facts),
      check_shared_memory(facts),
      fine("Slurm", facts.slurm_job ? "job " + *facts.slurm_job : "not under Slurm"),
      check_directory(facts),
  };
}

}  // namespace hermes::doctor
