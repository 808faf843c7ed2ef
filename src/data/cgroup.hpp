#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hermes/core/cgroup.hpp"

/// Control groups as far as they limit memory. Private.
namespace hermes::data {

/// A directory of the control group tree that this process is in.
struct Cgroup {
  std::filesystem::path limit_file;
  std::uint64_t id = 0;                ///< of the directory, on this machine
  std::optional<std::uint64_t> limit;  ///< bytes; none: no limit
};

/// The own group and those around it, innermost first (see cgroup_directories).
std::vector<Cgroup> memory_cgroups(const std::filesystem::path& root, CgroupVersion version);

/// A file of /proc or /sys; empty when it cannot be read.
std::string small_text_file(const std::filesystem::path& file);

/// The number at the begin of a text, after blanks.
std::optional<std::uint64_t> leading_number(std::string_view text);

/// The number after `name` at the begin of a line: "MemAvailable:   123 kB".
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name);

}  // namespace hermes::data
