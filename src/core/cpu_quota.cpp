#include "hermes/core/cpu_quota.hpp"

#include <fstream>

#include "hermes/core/cgroup.hpp"

namespace hermes {
namespace {

namespace fs = std::filesystem;

/// Of one group: "200000 100000" or "max 100000" in version 2; version 1 has a file for each number
/// and -1 for no quota.
std::optional<double> quota_of(const fs::path& group) {
  double quota = 0;
  double period = 0;
  const bool is_known = std::ifstream(group / "cpu.max") >> quota >> period ||
                        (std::ifstream(group / "cpu.cfs_quota_us") >> quota &&
                         std::ifstream(group / "cpu.cfs_period_us") >> period);
  return is_known && quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  std::optional<double> least;
  for (const CgroupVersion version : {CgroupVersion::V2, CgroupVersion::V1}) {
    for (const fs::path& group : cgroup_directories(root, version, "cpu")) {
      const std::optional<double> quota = quota_of(group);
      if (quota && (!least || *quota < *least)) {
        least = quota;
      }
    }
  }
  return least;
}

}  // namespace hermes
