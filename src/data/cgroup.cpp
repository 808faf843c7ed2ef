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

namespace {

/// The content of memory.max or memory.limit_in_bytes. Nothing for "max", and for the number near
/// 2^63 that version 1 uses instead.
std::optional<std::uint64_t> limit_of(std::string_view text) {
  const std::optional<std::uint64_t> number = leading_number(text);
  return number && *number < kNoLimit ? number : std::nullopt;
}

}  // namespace

std::vector<Cgroup> memory_cgroups(const fs::path& root, CgroupVersion version) {
  std::vector<Cgroup> groups;
  for (const fs::path& directory : cgroup_directories(root, version, "memory")) {
    const fs::path file =
        directory / (version == CgroupVersion::V1 ? "memory.limit_in_bytes" : "memory.max");
    const std::string text = small_text_file(file);
    if (!text.empty()) {
      groups.push_back({file, directory_id(directory), limit_of(text)});
    }
  }
  return groups;
}

}  // namespace hermes::data
