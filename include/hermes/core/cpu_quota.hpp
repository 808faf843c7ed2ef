#pragma once

#include <filesystem>
#include <optional>

namespace hermes {

/// How many cores' worth of time the control groups around this process grant it: the least of
/// cpu.max (version 2) and cpu.cfs_quota_us (version 1), of the own group and of those around it.
/// Empty: no quota. `root` is that of /proc and /sys.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace hermes
