#include "hermes/core/cgroup.hpp"

#include <fstream>
#include <optional>
#include <string>

namespace hermes {
namespace {

namespace fs = std::filesystem;

/// The path of the own group, from lines "hierarchy:controllers:path". Version 2 is hierarchy 0 and
/// names no controllers.
std::optional<fs::path> own_group(const fs::path& root, CgroupVersion version,
                                  std::string_view controller) {
  std::ifstream groups(root / "proc/self/cgroup");
  std::string hierarchy;
  std::string controllers;
  std::string path;
  const std::string wanted = std::string(",").append(controller).append(",");
  while (std::getline(groups, hierarchy, ':') && std::getline(groups, controllers, ':') &&
         std::getline(groups, path)) {
    const bool is_listed =
        std::string(",").append(controllers).append(",").find(wanted) != std::string::npos;
    if (version == CgroupVersion::V1 ? is_listed : hierarchy == "0" && controllers.empty()) {
      return fs::path(path).relative_path();
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<fs::path> cgroup_directories(const fs::path& root, CgroupVersion version,
                                         std::string_view controller) {
  std::vector<fs::path> directories;
  const std::optional<fs::path> own = own_group(root, version, controller);
  if (!own) {
    return directories;
  }
  const fs::path tree = root / "sys/fs/cgroup";
  const std::vector<fs::path> mounts = version == CgroupVersion::V1
                                           ? std::vector{tree / controller}
                                           : std::vector{tree, tree / "unified"};
  for (const fs::path& mount : mounts) {
    for (fs::path inside = *own;; inside = inside.parent_path()) {
      const fs::path directory = inside.empty() ? mount : mount / inside;
      std::error_code error;
      if (fs::is_directory(directory, error)) {
        directories.push_back(directory);
      }
      if (inside.empty()) {
        break;
      }
    }
  }
  return directories;
}

}  // namespace hermes
