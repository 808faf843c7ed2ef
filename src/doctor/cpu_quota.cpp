#include "hermes/doctor/cpu_quota.hpp"

#include <fstream>
#include <string>

namespace hermes::doctor {
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

/// From the group at `path` up to the root of the tree. A container may show its group as that root
/// while /proc still tells the path outside: groups that are not there have no quota.
void tighten(std::optional<double>& least, const fs::path& mount, const fs::path& path) {
  for (fs::path inside = path.relative_path();; inside = inside.parent_path()) {
    const std::optional<double> quota = quota_of(mount / inside);
    if (quota && (!least || *quota < *least)) {
      least = quota;
    }
    if (inside.empty()) {
      return;
    }
  }
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::optional<double> least;
  std::ifstream groups(root / "proc/self/cgroup");
  std::string hierarchy;
  std::string controllers;
  std::string path;
  while (std::getline(groups, hierarchy, ':') && std::getline(groups, controllers, ':') &&
         std::getline(groups, path)) {
    if (controllers.empty()) {  // version 2
      tighten(least, mounts, path);
      tighten(least, mounts / "unified", path);
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      tighten(least, mounts / "cpu", path);
    }
  }
  return least;
}

}  // namespace hermes::doctor
