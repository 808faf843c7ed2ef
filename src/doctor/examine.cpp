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
using telemetry::human_count;

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

Finding check_transport(const RankFacts& facts) {
  const std::string subject = "transport";
  if (!facts.missing_interface.empty()) {
    return {Severity::Wrong, subject, facts.transport, "interfaces of this host",
            "take " + facts.missing_interface + " out: one that is missing leaves MPI without TCP"};
  }
  return fine(subject, facts.transport.empty() ? "chosen by MPI" : facts.transport);
}

/// Ranks and the cores that they share.
struct Share {
  std::uint32_t ranks;
  double cores;
  bool is_quota;
};

/// By affinity or by the quota of all ranks on the host, whichever leaves less for a rank.
Share share_of_cores(const RankFacts& facts) {
  const Share own{facts.sharing_cores, static_cast<double>(facts.own_cores), false};
  const Share granted{facts.ranks_on_host, facts.quota_cores.value_or(facts.host_cores), true};
  const bool is_quota = facts.quota_cores && granted.cores / granted.ranks < own.cores / own.ranks;
  return is_quota ? granted : own;
}

/// How the ranks get more cores, where that is possible.
std::string way_to_more(const RankFacts& facts, const Share& share) {
  if (share.is_quota) {
    return "raise the quota (docker run --cpus=N), or ";
  }
  return facts.own_cores < facts.host_cores ? "mpirun --bind-to none, or " : "";
}

Finding check_cores(const RankFacts& facts) {
  const std::string subject = "cores";
  const Share share = share_of_cores(facts);
  const std::string found = counted(share.ranks, "rank") + " on " + human_count(share.cores) +
                            (share.cores == 1 ? " core" : " cores") + " of " +
                            std::to_string(facts.host_cores) +
                            (share.is_quota ? " by the cgroup's quota" : "");
  if (share.ranks > share.cores) {
    return {Severity::Slow, subject, found, "at most one rank per core",
            way_to_more(facts, share) + "fewer ranks on this host"};
  }
  if (share.is_quota) {
    return fine(subject, found);
  }
  const double granted = facts.quota_cores.value_or(facts.host_cores);
  const auto usable = static_cast<std::uint32_t>(std::min<double>(facts.host_cores, granted));
  const std::uint32_t used =
      std::min(usable, facts.ranks_on_host * (facts.own_cores / facts.sharing_cores));
  if (2 * used <= usable && facts.own_cores < facts.host_cores) {
    const std::string each = std::to_string(usable / facts.ranks_on_host);
    return {Severity::Slow, subject, found, each + " for each rank",
            "mpirun --bind-to none, --map-by slot:PE=" + each + ", or srun --cpus-per-task"};
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
  const Share share = share_of_cores(facts);
  const auto most = std::max(1U, static_cast<std::uint32_t>(share.cores / share.ranks));
  if (facts.blas_threads > most) {
    return {Severity::Slow, subject, found, "at most " + counted(most, "thread"),
            share.is_quota ? "export OPENBLAS_NUM_THREADS=" + std::to_string(most)
                           : "unset OPENBLAS_NUM_THREADS and OMP_NUM_THREADS"};
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

Finding check_slurm(const RankFacts& facts) {
  const std::string subject = "Slurm";
  if (!facts.slurm_job) {
    return fine(subject, "not under Slurm");
  }
  const std::string found = "job " + *facts.slurm_job;
  const std::uint32_t tasks = facts.slurm_tasks.value_or(0);
  if (tasks > facts.ranks) {
    return {Severity::Slow, subject, found + ", " + counted(facts.ranks, "rank"),
            counted(tasks, "rank") + ", as many as it has tasks",
            "mpirun -np " + std::to_string(tasks) + ", or ask Slurm for fewer tasks"};
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
      check_transport(facts),
      check_cores(facts),
      check_blas(facts),
      check_versions("HDF5 library", facts.hdf5,
                     "load the module it was built with, or build again"),
      check_memory(facts),
      check_shared_memory(facts),
      check_slurm(facts),
      check_directory(facts),
  };
}

}  // namespace hermes::doctor
