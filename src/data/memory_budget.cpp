#include "hermes/data/memory_budget.hpp"

#include <algorithm>
#include <array>

#include "data/cgroup.hpp"
#include "hermes/core/byte_size.hpp"
#include "hermes/data/process_memory.hpp"

namespace hermes::data {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kMostMiB = std::uint64_t{1} << 31;  // 2 PiB

class Search {
 public:
  explicit Search(const MemorySurroundings& around) : around_(around) {}

  void add(MemorySource source, std::string where, std::uint64_t found, std::uint32_t ranks) {
    const double fraction = source == MemorySource::Configured ? 1.0 : around_.fraction;
    const double share = static_cast<double>(found) / ranks * fraction;
    limits_.push_back({source, std::move(where), found, ranks, static_cast<std::uint64_t>(share)});
  }

  /// Of the groups around the process, the one that leaves the least.
  void add_cgroup(MemorySource source, CgroupVersion version) {
    const Groups groups = memory_cgroups(around_.root, version);
    const Cgroup* tightest = nullptr;
    const auto share = [this](const Cgroup& group) { return *group.limit / ranks_in(group.id); };
    for (const Cgroup& group : groups) {
      if (group.limit && (tightest == nullptr || share(group) < share(*tightest))) {
        tightest = &group;
      }
    }
    if (tightest != nullptr) {
      add(source, tightest->limit_file.string(), *tightest->limit, ranks_in(tightest->id));
    }
  }

  void add_slurm() {
    if (const auto node = variable("SLURM_MEM_PER_NODE")) {
      add(MemorySource::SlurmPerNode, "SLURM_MEM_PER_NODE", *node * kMiB, around_.ranks_on_host);
    }
    const auto per_cpu = variable("SLURM_MEM_PER_CPU");
    const auto cpus = variable("SLURM_CPUS_ON_NODE");
    if (per_cpu && cpus) {
      add(MemorySource::SlurmPerCpu, "SLURM_MEM_PER_CPU x SLURM_CPUS_ON_NODE",
          std::min(*per_cpu * *cpus, kMostMiB) * kMiB, around_.ranks_on_host);
    }
  }

  /// The limit counts addresses; what is reserved there but not in memory is taken off.
  void add_address_space() {
    const auto limit =
        number_after(small_text_file(around_.root / "proc/self/limits"), "Max address space");
    if (!limit) {
      return;  // "unlimited"
    }
    const ProcessMemory now = process_memory(around_.root);
    const std::uint64_t reserved = now.mapped - std::min(now.mapped, now.resident);
    add(MemorySource::AddressSpace, "less " + byte_size_text(reserved) + " reserved addresses",
        *limit - std::min(*limit, reserved), 1);
  }

  void add_free_memory() {
    const auto available =
        number_after(small_text_file(around_.root / "proc/meminfo"), "MemAvailable:");
    if (available) {
      add(MemorySource::FreeMemory, "/proc/meminfo", *available * kKiB, around_.ranks_on_host);
    }
  }

  std::vector<MemoryLimit> take() { return std::move(limits_); }

 private:
  using Groups = std::vector<Cgroup>;

  std::uint32_t ranks_in(std::uint64_t group) const {
    const auto count =
        std::count(around_.cgroups_on_host.begin(), around_.cgroups_on_host.end(), group);
    return count > 0 ? static_cast<std::uint32_t>(count) : around_.ranks_on_host;
  }

  /// Slurm writes 0 for "all that there is".
  std::optional<std::uint64_t> variable(const char* name) const {
    const auto text = around_.environment ? around_.environment(name) : std::nullopt;
    const auto number = text ? leading_number(*text) : std::nullopt;
    return number && *number > 0 && *number <= kMostMiB ? number : std::nullopt;
  }

  const MemorySurroundings& around_;
  std::vector<MemoryLimit> limits_;
};

}  // namespace

std::string_view to_string(MemorySource source) {
  static constexpr std::array<std::string_view, 7> kNames{
      "configured",        "cgroup v2", "cgroup v1",   "SLURM_MEM_PER_NODE",
      "SLURM_MEM_PER_CPU", "ulimit -v", "MemAvailable"};
  return kNames[static_cast<std::size_t>(source)];
}

const MemoryLimit* MemoryBudget::decisive() const {
  const auto least = std::min_element(
      limits.begin(), limits.end(),
      [](const MemoryLimit& a, const MemoryLimit& b) { return a.share < b.share; });
  return least == limits.end() ? nullptr : &*least;
}

std::uint64_t MemoryBudget::bytes() const {
  const MemoryLimit* limit = decisive();
  return limit == nullptr ? 0 : std::max<std::uint64_t>(limit->share, 1);
}

MemoryBudget find_memory_budget(const MemorySurroundings& surroundings) {
  Search search(surroundings);
  if (surroundings.configured) {
    search.add(MemorySource::Configured, "configuration", *surroundings.configured, 1);
  }
  search.add_cgroup(MemorySource::CgroupV2, CgroupVersion::V2);
  search.add_cgroup(MemorySource::CgroupV1, CgroupVersion::V1);
  search.add_slurm();
  search.add_address_space();
  search.add_free_memory();
  return {search.take()};
}

std::vector<std::uint64_t> cgroup_ids(const std::filesystem::path& root) {
  std::vector<std::uint64_t> ids;
  for (const CgroupVersion version : {CgroupVersion::V2, CgroupVersion::V1}) {
    for (const Cgroup& group : memory_cgroups(root, version)) {
      ids.push_back(group.id);
    }
  }
  return ids;
}

}  // namespace hermes::data
