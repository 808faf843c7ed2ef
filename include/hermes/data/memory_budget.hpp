#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How much memory a rank may use, from everything that says something about it.
namespace hermes::data {

enum class MemorySource : std::uint8_t {
  Configured,    ///< taken as said
  CgroupV2,      ///< memory.max of the own control group and of those around it
  CgroupV1,      ///< memory.limit_in_bytes, likewise
  SlurmPerNode,  ///< SLURM_MEM_PER_NODE
  SlurmPerCpu,   ///< SLURM_MEM_PER_CPU x SLURM_CPUS_ON_NODE
  AddressSpace,  ///< ulimit -v
  FreeMemory,    ///< MemAvailable
};

/// "configured", "cgroup v2", "cgroup v1", "SLURM_MEM_PER_NODE", "ulimit -v", "MemAvailable", ...
std::string_view to_string(MemorySource source);

/// What one source says.
struct MemoryLimit {
  MemorySource source = MemorySource::Configured;
  std::string where;        ///< key, file or variable
  std::uint64_t found = 0;  ///< bytes that it grants to all who share it
  std::uint32_t ranks = 1;  ///< of this run on this host, that share it
  std::uint64_t share = 0;  ///< bytes for this rank: the fraction is taken off

  friend bool operator==(const MemoryLimit&, const MemoryLimit&) = default;
};

/// The sources that limit a rank, and the one that decides.
struct MemoryBudget {
  std::vector<MemoryLimit> limits;

  /// The limit with the smallest share; null when nothing limits the rank.
  const MemoryLimit* decisive() const;
  /// Its share, at least 1; 0: no limit.
  std::uint64_t bytes() const;
};

/// Where `find_memory_budget` looks, and what it cannot find out by itself.
struct MemorySurroundings {
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  std::filesystem::path root = "/";  ///< of /proc and /sys
  Environment environment;           ///< may be empty
  std::uint32_t ranks_on_host = 1;
  /// `cgroup_ids` of all ranks on this host, one after the other: who shares a control group shares
  /// its memory, and who has one for itself does not. Empty: all ranks share all.
  std::vector<std::uint64_t> cgroups_on_host;
  std::optional<std::uint64_t> configured;  ///< bytes
  double fraction = 0.8;                    ///< of what is found (not of what is configured)
};

/// Asks all sources; those that are absent or set no limit do not appear in the result.
MemoryBudget find_memory_budget(const MemorySurroundings& surroundings);

/// The control groups with a memory controller that this process is in: one number for each, the
/// same in every process of this machine.
std::vector<std::uint64_t> cgroup_ids(const std::filesystem::path& root = "/");

}  // namespace hermes::data
