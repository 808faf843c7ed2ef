#include "data/cgroup.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "hermes/core/hash.hpp"

namespace hermes::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;

/// Calls `use` with each line until it returns true.
template <class Use>
void for_each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (use(text.substr(0, end))) {
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool lists_memory(std::string_view controllers) {
  while (!controllers.empty()) {
    const std::size_t end = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, end) == "memory") {
      return true;
    }
    controllers.remove_prefix(std::min(end + 1, controllers.size()));
  }
  return false;
}

std::uint64_t directory_id(const fs::path& directory) {
  struct ::stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    return 0;
  }
  return Fnv1a()
      .add(static_cast<std::uint64_t>(status.st_dev))
      .add(static_cast<std::uint64_t>(status.st_ino))
      .value();
}

}  // namespace

std::string small_text_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name) {
  std::optional<std::uint64_t> found;
  for_each_line(text, [&](std::string_view line) {
    if (line.substr(0, name.size()) != name) {
      return false;
    }
    found = leading_number(line.substr(name.size()));
    return true;
  });
  return found;
}

std::optional<std::uint64_t> parse_cgroup_limit(std::string_view text) {
  const std::optional<std::uint64_t> number = leading_number(text);
  return number && *number < kNoLimit ? number : std::nullopt;
}

std::optional<std::string> cgroup_path(std::string_view text, CgroupVersion version) {
  std::optional<std::string> path;
  for_each_line(text, [&](std::string_view line) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      return false;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool is_wanted = version == CgroupVersion::V1
                               ? lists_memory(controllers)
                               : line.substr(0, first) == "0" && controllers.empty();
    if (is_wanted) {
      path = line.substr(second + 1);
    }
    return is_wanted;
  });
  return path;
}

std::vector<Cgroup> memory_cgroups(const fs::path& root, CgroupVersion version) {
  std::vector<Cgroup> groups;
  const std::optional<std::string> path =
      cgroup_path(small_text_file(root / "proc/self/cgroup"), version);
  if (!path) {
    return groups;
  }
  const bool is_v1 = version == CgroupVersion::V1;
  const char* const file = is_v1 ? "memory.limit_in_bytes" : "memory.max";
  const fs::path mounts[] = {root / "sys/fs/cgroup" / (is_v1 ? "memory" : ""),
                             root / "sys/fs/cgroup/unified"};
  for (const fs::path& mount : mounts) {
    for (fs::path inside = fs::path(*path).relative_path();; inside = inside.parent_path()) {
      const fs::path directory = inside.empty() ? mount : mount / inside;
      const std::string text = small_text_file(directory / file);
      if (!text.empty()) {
        groups.push_back({directory / file, directory_id(directory), parse_cgroup_limit(text)});
      }
      if (inside.empty()) {
        break;
      }
    }
  }
  return groups;
}

}  // namespace hermes::data
