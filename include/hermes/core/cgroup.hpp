#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace hermes {

/// Version 1 has a tree of control groups for each controller, version 2 one for all.
enum class CgroupVersion : std::uint8_t { V1, V2 };

/// The directories of the control groups that this process is in, as far as a controller ("memory",
/// "cpu") goes: the own one and those around it, innermost first. A container may show its group as
/// the root of the tree while /proc still tells the path outside: directories that are not there
/// are left out. `root` is that of /proc and /sys.
std::vector<std::filesystem::path> cgroup_directories(const std::filesystem::path& root,
                                                      CgroupVersion version,
                                                      std::string_view controller);

}  // namespace hermes
